import { expect, it } from 'vitest';
import { createObserving } from '../src/observing.ts';
import { runCity } from '../src/run-city.ts';

it('what runs can be looked at: metrics, probes, and a trace from one service to the next', async () => {
  const observing = createObserving();
  let address = '';
  await runCity({
    url: 'memory:observed-city',
    drivers: 10,
    riders: 20,
    paceMs: 5,
    say: () => undefined,
    observing,
    observed: async (url) => {
      address = url;
      for (const path of ['/livez', '/readyz', '/metrics']) expect((await fetch(url + path)).status).toBe(200);
    },
    atEnd: async () => {
      const text = await (await fetch(`${address}/metrics`)).text();
      expect(text).toMatch(/^messaging_process_duration_seconds_count\{.*result="ok"\} \d/m);
      expect(text).toMatch(/^isostream_consumer_dead_letters_total\{.*"notification"\} [1-9]/m);
      const spans: unknown = await (await fetch(`${address}/traces`)).json();
      expect(spans).toContainEqual(expect.objectContaining({ name: expect.stringMatching(/^send /) }));
      expect(spans).toContainEqual(
        expect.objectContaining({ name: expect.stringMatching(/^process /), parent: expect.any(String) }),
      );
    },
  });
  await observing.close();
});
