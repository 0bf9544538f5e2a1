import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const bin = new URL('../bin/isostream.js', import.meta.url).pathname;

function isostream(...args: readonly string[]) {
  const { ISOSTREAM_URL: _url, ISOSTREAM_PROVIDER: _provider, ...env } = process.env;
  return spawnSync('node', [bin, ...args], { encoding: 'utf8', env });
}

describe('the command line', () => {
  it('runs a scenario, repeats it by its seed, and writes the report', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isostream-cli-')), 'report.json');
    const { status, stdout, stderr } = isostream('conformance', '--scenario', 'G1', '--seed', '7', '--json', file);
    expect([status, stdout]).toEqual([0, '1 passed, 0 failed\n']);
    expect(stderr).toContain('seed 7');
    const report: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(report).toMatchObject({
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
