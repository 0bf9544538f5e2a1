import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { command } from './support/run.ts';

function isostream(...args: readonly string[]) {
  return spawnSync('node', [...command, ...args], { encoding: 'utf8' });
}

const folder = mkdtempSync(join(tmpdir(), 'isostream-harness-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const memory = new URL('../../../adapters/memory/dist/index.js', import.meta.url).href;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** An adapter that is nowhere in this repository. */
const mine = file(
  'mine.mjs',
  `import { createMemory, createMemoryBroker } from ${JSON.stringify(memory)};
const broker = createMemoryBroker({ sessionTimeout: '1s' });
export default async () => ({
  name: 'mine',
  sessionTimeoutMs: 1_000,
  createAdapter: () => Object.assign(Object.create(createMemory({ broker })), { name: 'mine' }),
});`,
);
/** The same, but that it forgets the headers of events. */
const careless = file(
  'careless.mjs',
  `import { createMemory, createMemoryBroker } from ${JSON.stringify(memory)};
const broker = createMemoryBroker({ sessionTimeout: '1s' });
const forgetting = (sink) => ({
  limits: sink.limits,
  get maxEventBytes() { return sink.maxEventBytes; },
  open: (signal) => sink.open(signal),
  lane: (event) => sink.lane(event),
  route: (lane) => sink.route(lane),
  abandon: (batch) => sink.abandon(batch),
  close: () => sink.close(),
  write: (route, batches, signal) => sink.write(route, batches.map(without), signal),
});
const without = (batch) => ({ ...batch, events: batch.events.map(({ headers, ...event }) => (
  { ...event, headers: headers.filter(([name]) => name !== 'MixedCase') }
)) });
export default {
  name: 'careless',
  sessionTimeoutMs: 1_000,
  createAdapter() {
    const adapter = createMemory({ broker });
    const createSink = (topic) => forgetting(adapter.createSink(topic));
    return new Proxy(adapter, { get: (all, name) => (name === 'createSink' ? createSink : all[name]) });
  },
};`,
);

const prove = (harness: string, ...args: readonly string[]) =>
  isostream(
    'conformance',
    '--harness',
    harness,
    '--scenario',
    'fidelity/bytes,fidelity/headers',
    '--seed',
    '1',
    ...args,
  );

describe('conformance --harness', () => {
  it('tests the adapter of a module outside of this repository', () => {
    const { status, stdout, stderr } = prove(mine);
    expect([status, stdout]).toEqual([0, expect.stringContaining('2 passed, 0 failed')]);
    expect(stderr).toContain('2 scenarios on mine');
    expect(folder.startsWith(fileURLToPath(new URL('../../..', import.meta.url)))).toBe(false);
  });

  it('fails for what that adapter does wrong', () => {
    const { status, stdout } = prove(careless);
    expect([status, stdout]).toEqual([1, expect.stringContaining('1 passed, 1 failed')]);
  });

  it('lets known failures fail, and says why', () => {
    const known = file('known.json', '{ "fidelity/headers": "one header is forgotten" }');
    const { status, stdout, stderr } = prove(careless, '--expected-failures', known);
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining('1 passed, 0 failed, failing as expected: fidelity/headers'),
    ]);
    expect(stderr).toContain('one header is forgotten');
  });

  it('fails when a known failure passes', () => {
    const known = file('mended.json', '{ "fidelity/headers": "one header is forgotten" }');
    const { status, stderr } = prove(mine, '--expected-failures', known);
    expect(status).toBe(1);
    expect(stderr).toMatch(/fidelity\/headers passes, and .*mended\.json says that it fails/);
  });

  it.each([
    ['a module that is not there', ['--harness', join(folder, 'none.mjs')], /none\.mjs cannot be loaded/],
    ['a module without a harness', ['--harness', file('empty.mjs', 'export default {};')], /does not export a harness/],
    ['a harness and a provider', ['--harness', mine, '--provider', 'kafka'], /Leave out --provider and --url/],
    [
      'a known failure of no scenario',
      ['--harness', mine, '--expected-failures', file('x.json', '{ "x/y": "z" }')],
      /names x\/y, which is not a scenario/,
    ],
    [
      'a known failure without a reason',
      ['--harness', mine, '--expected-failures', file('r.json', '{ "fidelity/bytes": "" }')],
      /gives no reason for fidelity\/bytes/,
    ],
  ])('refuses %s', (_, args, why) => {
    const { status, stderr } = isostream('conformance', ...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(why);
  });
});
