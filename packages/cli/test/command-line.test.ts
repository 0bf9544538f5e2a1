import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const bin = new URL('../bin/isostream.js', import.meta.url).pathname;

function isostream(...args: readonly string[]) {
  const { ISOSTREAM_URL: _url, ISOSTREAM_PROVIDER: _provider, ...env } = process.env;
  return spawnSync('node', [bin, ...args], { encoding: 'utf8', env });
}

function isostreamWith(variables: NodeJS.ProcessEnv, ...args: readonly string[]) {
  const { ISOSTREAM_URL: _url, ISOSTREAM_PROVIDER: _provider, ISOSTREAM_CONFIG: _config, ...env } = process.env;
  return spawnSync('node', [bin, ...args], { encoding: 'utf8', env: { ...env, ...variables } });
}

describe('what conformance proves', () => {
  const nowhere = 'kafka://alice:hunter2@127.0.0.1:1';
  const file = join(mkdtempSync(join(tmpdir(), 'isostream-cli-')), 'isostream.json');
  writeFileSync(file, JSON.stringify({ kafka: { brokers: ['127.0.0.1:1'] }, provider: 'kafka' }));
  const one = ['conformance', '--scenario', 'G1'];

  it.each<[name: string, variables: NodeJS.ProcessEnv, args: readonly string[]]>([
    ['--url', {}, ['--url', nowhere]],
    ['ISOSTREAM_URL', { ISOSTREAM_URL: nowhere }, []],
    ['--config', {}, ['--config', file]],
    ['ISOSTREAM_CONFIG', { ISOSTREAM_CONFIG: file }, []],
    ['--url before ISOSTREAM_URL', { ISOSTREAM_URL: 'memory:' }, ['--url', nowhere]],
    ['--provider and ISOSTREAM_URL, which agree', { ISOSTREAM_URL: nowhere }, ['--provider', 'kafka']],
  ])('is the service of %s', (_, variables, args) => {
    const { status, stdout, stderr } = isostreamWith(variables, ...one, ...args);
    expect(stderr).toMatch(/127\.0\.0\.1:1/);
    expect(stderr).not.toContain('hunter2');
    expect([status, stdout]).not.toEqual([0, '1 passed, 0 failed\n']);
  });

  it.each<[name: string, variables: NodeJS.ProcessEnv, args: readonly string[], says: RegExp]>([
    [
      '--provider and --url',
      {},
      ['--provider', 'memory', '--url', nowhere],
      /--provider is memory, and the address in --url is of kafka/,
    ],
    [
      '--provider and ISOSTREAM_URL',
      { ISOSTREAM_URL: nowhere },
      ['--provider', 'memory'],
      /--provider is memory, and the address in ISOSTREAM_URL/,
    ],
    [
      '--provider and ISOSTREAM_PROVIDER',
      { ISOSTREAM_PROVIDER: 'kafka' },
      ['--provider', 'memory'],
      /memory, and ISOSTREAM_PROVIDER is kafka/,
    ],
    [
      '--provider and a file',
      { ISOSTREAM_CONFIG: file },
      ['--provider', 'memory-individual'],
      /memory-individual, and the config file names kafka/,
    ],
    [
      '--url and ISOSTREAM_PROVIDER',
      { ISOSTREAM_PROVIDER: 'memory' },
      ['--url', nowhere],
      /--url is an address of kafka, and ISOSTREAM_PROVIDER is memory/,
    ],
    [
      'ISOSTREAM_URL and ISOSTREAM_PROVIDER',
      { ISOSTREAM_PROVIDER: 'memory', ISOSTREAM_URL: nowhere },
      [],
      /provider is memory, but url is an address of kafka/,
    ],
  ])('is not guessed where %s contradict each other', (_, variables, args, says) => {
    const { status, stdout, stderr } = isostreamWith(variables, ...one, ...args);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('hunter2');
    expect([status, stdout]).toEqual([1, '']);
  });

  it('is memory where nothing says anything, and other commands refuse a contradiction as well', () => {
    expect(isostreamWith({}, ...one).stdout).toBe('1 passed, 0 failed\n');
    const { status, stderr } = isostreamWith({ ISOSTREAM_PROVIDER: 'kinesis' }, 'topics', '--url', nowhere);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/--url is an address of kafka, and ISOSTREAM_PROVIDER is kinesis/),
    ]);
  });
});

describe('the command line', () => {
  it('puts reports of runs into one page, and compares them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'isostream-cli-'));
    const [before, after, page] = ['before.json', 'after.json', 'page.html'].map((name) => join(folder, name));
    isostream('conformance', '--scenario', 'G1', '--seed', '7', '--json', String(before));
    isostream('conformance', '--scenario', 'G2', '--seed', '7', '--json', String(after));
    expect(isostream('conformance', 'report', String(before), String(after), '--html', String(page)).status).toBe(0);
    expect(readFileSync(String(page), 'utf8')).toMatch(/^<!doctype html>[\s\S]*"scenario":"G1"[\s\S]*"scenario":"G2"/);

    const compared = isostream('conformance', 'compare', String(before), String(after));
    expect([compared.status, compared.stdout]).toEqual([1, expect.stringMatching(/✗ G1 {3}passed → absent[\s\S]*/)]);
    expect(isostream('conformance', 'compare', String(before), String(before)).stdout).toBe(
      'every scenario ended as before\n',
    );
    expect(isostream('conformance', 'report', String(page), '--html', String(page)).stderr).toMatch(
      /page\.html: it is not JSON/,
    );
  });

  it('runs a scenario, repeats it by its seed, and writes the report', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isostream-cli-')), 'report.json');
    const { status, stdout, stderr } = isostream('conformance', '--scenario', 'G1', '--seed', '7', '--json', file);
    expect([status, stdout]).toEqual([0, '1 passed, 0 failed\n']);
    expect(stderr).toContain('seed 7');
    const report: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(report).toMatchObject({
      format: 'isostream-conformance',
      provider: 'memory',
      seed: 7,
      scenarios: [{ scenario: 'G1', clause: 'FIDELITY', verdict: 'passed', failures: {} }],
    });
    expect(stderr).not.toContain('\u001b');
  });

  it.each([
    ['a scenario that is not there', ['conformance', '--scenario', 'Z9'], /there is no scenario Z9\. Known are A1/],
    [
      'a wrong version that is not there',
      ['conformance', '--mutants', 'slow'],
      /memory has no wrong version slow\. Known are all, own, reverse-order/,
    ],
    ['scenarios for wrong versions', ['conformance', '--mutants', '--scenario', 'B1'], /Leave --scenario out, or/],
    ['no provider', ['topics'], /no provider is set\. Set ISOSTREAM_PROVIDER/],
    ['an address nobody listens at', ['topics', '--url', 'kafka://127.0.0.1:1'], /Check the address/],
    ['a missing option', ['lag', 'orders'], /--group <name>.*\n\nUsage: isostream lag/],
    [
      'a time that is none',
      ['replay', 'orders', '--url', 'memory:', '--from', 'yesterday'],
      /--from is "yesterday"\. Give a time such as/,
    ],
    [
      'data that is no JSON',
      ['send', 'orders', '--url', 'memory:', '--type', 't', '--data', '{total:9}'],
      /--data is no JSON.*Quote it for the shell/,
    ],
    [
      'three brokers that run already, which are not to be killed',
      ['conformance', '--provider', 'kafka-replicated', '--url', 'kafka://127.0.0.1:1'],
      /starts them itself\. Leave --url out/,
    ],
    ['a topic that does not exist', ['describe', 'orders', '--url', 'memory:'], /topic "orders" does not exist/],
  ])('ends with 1 and a cure for %s', (_, args, expected) => {
    const { status, stderr, stdout } = isostream(...args);
    expect(stderr).toMatch(expected);
    expect([status, stdout]).toEqual([1, '']);
  });

  it('ends with 3 where three brokers are to run in Docker, which has no proxies before them', () => {
    const { status, stderr, stdout } = isostream('conformance', '--provider', 'kafka-replicated', '--mode', 'docker');
    expect(stderr).toMatch(
      /Apache Kafka cannot be started: several brokers.* are native only\. Install Java 17 and Maven/,
    );
    expect([status, stdout]).toEqual([3, '']);
  });

  it('helps', () => {
    const { status, stdout } = isostream('--help');
    expect(status).toBe(0);
    for (const command of ['conformance', 'broker', 'lag', 'tail', 'dlq', 'redrive', 'replay', 'reset', 'doctor'])
      expect(stdout).toContain(`  ${command}`);
  });
});
