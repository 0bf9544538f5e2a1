import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createObserving } from '../src/observing.ts';
import { runCity } from '../src/run-city.ts';

it('what runs can be looked at: metrics, probes, and a trace from one service to the next', async () => {
  const observing = createObserving();
  let address = '';
  let page = '';
  await runCity({
    url: 'memory:observed-city',
    drivers: 10,
    riders: 20,
    paceMs: 5,
    say: () => undefined,
    observing,
    observed: async ({ metrics, console }) => {
      address = metrics;
      for (const path of ['/livez', '/readyz', '/metrics']) expect((await fetch(metrics + path)).status).toBe(200);
      page = console;
    },
    atEnd: async () => {
      const text = await (await fetch(`${address}/metrics`)).text();
      expect(text).toMatch(/^messaging_process_duration_seconds_count\{.*result="ok"\} \d/m);
      expect(text).toMatch(/^isostream_consumer_dead_letters_total\{.*"notification"\} [1-9]/m);
      const { origin, hash } = new URL(page);
      const authorization = `Bearer ${hash.slice('#token='.length)}`;
      const about: unknown = await (await fetch(`${origin}/api/about`, { headers: { authorization } })).json();
      expect(about).toMatchObject({ provider: 'memory', allowed: [] });
      const spans: unknown = await (await fetch(`${address}/traces`)).json();
      expect(spans).toContainEqual(expect.objectContaining({ name: expect.stringMatching(/^send /) }));
      expect(spans).toContainEqual(
        expect.objectContaining({ name: expect.stringMatching(/^process /), parent: expect.any(String) }),
      );
    },
  });
  await observing.close();
});

it('what the program did can be looked at until it is interrupted', async () => {
  const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const city = ['--drivers', '4', '--riders', '4', '--pace', '5'];
  const child = spawn(process.execPath, [program, '--observe', ...city], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  let metrics = '';
  for await (const line of createInterface(child.stdout)) {
    metrics = /curl (\S+\/metrics)/.exec(line)?.[1] ?? metrics;
    if (line.includes('until Ctrl-C')) break;
  }
  expect(await (await fetch(metrics)).text()).toMatch(/^isostream_consumer_assignments\{.*\} [1-9]/m);
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
});
