import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { command, shell } from './support/run.ts';

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
  clients: ['careless-client 1.2.3'],
  sessionTimeoutMs: 1_000,
  createAdapter() {
    const adapter = createMemory({ broker });
    const createSink = (topic) => forgetting(adapter.createSink(topic));
    return new Proxy(adapter, { get: (all, name) => (name === 'createSink' ? createSink : all[name]) });
  },
};`,
);

interface Written {
  readonly provider: string;
  readonly command: string;
  readonly seed: number;
  readonly versions: { readonly commit?: string; readonly clients: readonly string[] };
}

function written(report: string): Written {
  return JSON.parse(readFileSync(report, 'utf8')) as Written;
}

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

  it('writes into the report the command that repeats the run, the commit and the clients', () => {
    const report = join(folder, 'report.json');
    const known = file('still.json', '{ "fidelity/headers": "one header\'s name is forgotten" }');
    expect(prove(careless, '--expected-failures', known, '--json', report).status).toBe(0);
    const first = written(report);
    const head = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).stdout.trim();
    expect((first.versions.commit ?? '').replace('+', '')).toBe(head);
    expect(first.versions.clients).toEqual(['careless-client 1.2.3']);
    const again = shell(`${first.command} --json '${report}'`, {});
    expect([again.status, again.stdout]).toEqual([0, expect.stringContaining('failing as expected: fidelity/headers')]);
    const second = written(report);
    expect([second.command, second.seed, second.provider]).toEqual([first.command, first.seed, 'careless']);
  });

  it('runs wrong versions of it, and writes them as a page that says what each did', () => {
    const page = join(folder, 'wrong.html');
    const args = ['conformance', '--harness', mine, '--mutants', 'header-case-folded', '--seed', '1'];
    const { status, stdout } = isostream(...args, '--html', page);
    expect([status, stdout]).toEqual([0, expect.stringContaining('1 passed, 0 failed')]);
    const data = /<script type="application\/json" id="data">(.*)<\/script>/.exec(readFileSync(page, 'utf8'))?.[1];
    expect(JSON.parse(data ?? '')).toMatchObject([
      {
        provider: 'mine, header-case-folded',
        mutant: { name: 'header-case-folded', verdict: 'killed' },
        command: `isostream conformance --harness ${mine} --mutants header-case-folded --seed 1`,
        scenarios: [{ scenario: 'fidelity/headers', verdict: 'failed', timeline: expect.any(String) }],
      },
    ]);
    const { status: refused, stderr } = isostream(...args, '--junit', 'x.xml');
    expect([refused, stderr]).toEqual([2, expect.stringContaining('Leave out --junit and --github')]);
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

describe('conformance report and compare', () => {
  const report = { format: 'isostream-conformance', version: 1 };
  it.each([
    ['is not there', undefined, 'there is no such file'],
    ['is empty', '', 'it is empty, as after a run that did not end'],
    ['is not JSON', 'nope', 'it is not JSON'],
    ['is something else', '{ "a": 1 }', 'it is not a report'],
    ['is of another version', JSON.stringify({ ...report, version: 2 }), 'it has version 2 of the format'],
    [
      'is cut',
      JSON.stringify({ ...report, provider: 'p', broker: 'b', versions: {}, scenarios: [{}] }),
      'parts are missing',
    ],
    ['is of wrong versions', '{ "seed": 1, "mutants": [] }', 'which --mutants wrote'],
  ])('refuse a file that %s, and say so', (name, text, why) => {
    const path = join(folder, `${name}.json`);
    if (text !== undefined) writeFileSync(path, text);
    const page = join(folder, 'never.html');
    for (const args of [
      ['report', path, '--html', page],
      ['compare', path, path],
    ]) {
      const { status, stdout, stderr } = isostream('conformance', ...args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain(`${path}: `);
      expect(stderr).toContain(why);
      expect(stderr).toContain('Write a report with "isostream conformance --json <file>"');
    }
  });
});
