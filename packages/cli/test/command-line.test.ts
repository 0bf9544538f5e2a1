import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, isostreamWith } from './support/run.ts';

const bin = new URL('../bin/isostream.js', import.meta.url).pathname;

function isostream(...args: readonly string[]) {
  const { ISOSTREAM_URL: _url, ISOSTREAM_PROVIDER: _provider, ...env } = process.env;
  return spawnSync('node', [bin, ...args], { encoding: 'utf8', env });
}

describe('the command line', () => {
  it('puts reports of runs into one page, and compares them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'isostream-cli-'));
    const [before, after, page] = ['before.json', 'after.json', 'page.html'].map((name) => join(folder, name));
    isostream('conformance', '--scenario', 'fidelity/bytes', '--seed', '7', '--json', String(before));
    isostream('conformance', '--scenario', 'fidelity/headers', '--seed', '7', '--json', String(after));
    expect(isostream('conformance', 'report', String(before), String(after), '--html', String(page)).status).toBe(0);
    expect(readFileSync(String(page), 'utf8')).toMatch(
      /^<!doctype html>[\s\S]*"scenario":"fidelity\/bytes"[\s\S]*"scenario":"fidelity\/headers"/,
    );

    const compared = isostream('conformance', 'compare', String(before), String(after));
    expect([compared.status, compared.stdout]).toEqual([
      1,
      expect.stringMatching(/✗ fidelity\/bytes: passed → absent[\s\S]*/),
    ]);
    expect(isostream('conformance', 'compare', String(before), String(before)).stdout).toBe(
      'every scenario ended as before\n',
    );
    expect(isostream('conformance', 'report', String(page), '--html', String(page)).stderr).toMatch(
      /page\.html: it is not JSON/,
    );
  });

  it('runs a scenario, repeats it by its seed, and writes the report', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isostream-cli-')), 'report.json');
    const { status, stdout, stderr } = isostream(
      'conformance',
      '--scenario',
      'fidelity/bytes',
      '--seed',
      '7',
      '--json',
      file,
    );
    expect([status, stdout]).toEqual([0, '1 passed, 0 failed\n']);
    expect(stderr).toContain('seed 7');
    const report: unknown = JSON.parse(readFileSync(file, 'utf8'));
    expect(report).toMatchObject({
      format: 'isostream-conformance',
      provider: 'memory',
      seed: 7,
      scenarios: [{ scenario: 'fidelity/bytes', clause: 'FIDELITY', verdict: 'passed', failures: {} }],
    });
    expect(stderr).not.toContain('\u001b');
  });

  it.each<[name: string, args: readonly string[], says: RegExp, code?: number]>([
    [
      'a scenario that is not there',
      ['conformance', '--scenario', 'Z9'],
      /there is no scenario Z9\. Valid: what one of .*key-order/,
    ],
    [
      'a scenario by its old id',
      ['conformance', '--scenario', 'B4'],
      /there is no scenario B4\. Scenario ids have changed: it is now key-order\/a-failed-event-blocks-its-key/,
    ],
    ['scenarios by an old letter', ['conformance', '--scenario', 'H'], /it is now errors\/[\s\S]*,capabilities\//],
    [
      'a wrong version that is not there',
      ['conformance', '--mutants', 'slow'],
      /memory has no mutant slow\. Valid: all, own, reverse-order/,
    ],
    [
      'scenarios for wrong versions',
      ['conformance', '--mutants', '--scenario', 'key-order'],
      /Leave out --scenario or --mutants/,
    ],
    [
      'a report that could not be written once all has run',
      ['conformance', '--provider', 'memory', '--junit', 'none/r.xml'],
      /cannot write none\/r\.xml: its folder does not exist/,
    ],
    ['no provider', ['topics'], /no provider is set\. Set ISOSTREAM_PROVIDER/],
    ['an address nobody listens at', ['topics', '--url', 'kafka://127.0.0.1:1'], /Check the address/, 1],
    [
      'a missing option',
      ['reset', 'orders'],
      /^error: required option '--group <name>' not specified\. Help: isostream reset --help\n$/,
    ],
    [
      'a time that is none',
      ['replay', 'orders', '--url', 'memory:', '--from', 'yesterday'],
      /--from is "yesterday"\. Give a time such as/,
    ],
    [
      'data that is not JSON',
      ['send', 'orders', '--url', 'memory:', '--type', 't', '--data', '{total:9}'],
      /--data is not valid JSON.*Quote it for the shell/,
    ],
    [
      'a number that would be rounded',
      ['send', 'orders', '--url', 'memory:', '--type', 't', '--data', '{"id":9007199254740993}'],
      /--data has the number 9007199254740993.*Write it as a string/,
    ],
    [
      'three brokers that run already, which are not to be killed',
      ['conformance', '--provider', 'kafka-replicated', '--url', 'kafka://127.0.0.1:1'],
      /starts them itself\. Leave --url out/,
    ],
    [
      'no events',
      ['tail', 'orders', '--url', 'memory:', '--limit', '0'],
      /--limit is "0"\. Give a whole number of 1 or more/,
    ],
    ['no runs', ['conformance', '--repeat', '0'], /--repeat is "0"\. Give a whole number of 1 or more/],
    ['half a run', ['conformance', '--repeat', '1.5'], /--repeat is "1\.5"\. Give a whole number/],
    [
      'no letters',
      ['redrive', 'orders', '--group', 'g', '--url', 'memory:', '--rate', '0'],
      /--rate is "0"\. Give a number above 0/,
    ],
    ['a topic that does not exist', ['describe', 'orders', '--url', 'memory:'], /topic "orders" does not exist/, 4],
    ['lag of a topic that does not exist', ['lag', 'orders', '--url', 'memory:'], /topic "orders" does not exist/, 4],
    ['letters of no topic', ['dlq', 'list', 'orders', '--group', 'g', '--url', 'memory:'], /does not exist/, 4],
    ['a group without its topic', ['lag', '--group', 'g', '--url', 'memory:'], /--group needs a topic/],
    [
      'a form with a field that is not there',
      ['tail', 'orders', '--url', 'memory:', '--format', '%k %y'],
      /--format has "%y"\. Valid: %d %p/,
    ],
    [
      'two places at once',
      ['reset', 'o', '--group', 'g', '--to', 'latest', '--at', '0=1', '--url', 'memory:'],
      /Give one of/,
    ],
    [
      'a place that is none',
      ['get', 'orders', '17', '--url', 'memory:'],
      /"17" is not a place\. Give partition\/position/,
    ],
    [
      'two sides that differ only in their users',
      ['mirror', 'run', 'o', '--from', 'kafka://a:hunter2@h', '--to', 'kafka://b:hunter2@h'],
      /both sides are called "kafka:\/\/h\/o"[^@]*give --name-from and --name-to/,
    ],
    [
      'two sides that differ only in their parameters',
      ['mirror', 'verify', 'o', '--from', 'kinesis://r?endpoint=http://a', '--to', 'kinesis://r?endpoint=http://b'],
      /both sides are called "kinesis:\/\/r\/o"[^?]*give --name-from and --name-to/,
    ],
    [
      'a topic that does not exist, on two sides of one address with names',
      ['mirror', 'verify', 'o', '--from', 'memory:', '--to', 'memory:', '--name-from', 'a', '--name-to', 'b'],
      /topic "o" does not exist/,
      4,
    ],
    ['a port that is none', ['exporter', '--port', 'x', '--url', 'memory:'], /--port is "x"/],
  ])('ends with a code and a cure for %s', (_, args, expected, code = 2) => {
    const { status, stderr, stdout } = isostream(...args);
    expect(stderr).toMatch(expected);
    expect([status, stdout]).toEqual([code, '']);
  });

  it('ends with 3 where three brokers are to run in Docker, which has no proxies before them', () => {
    const { status, stderr, stdout } = isostream('conformance', '--provider', 'kafka-replicated', '--mode', 'docker');
    expect(stderr).toMatch(
      /Apache Kafka cannot be started: several brokers.* are native only\. Install Java 17 and Maven/,
    );
    expect([status, stdout]).toEqual([3, '']);
  });

  it('tells its version', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(isostream('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it.each<[name: string, args: readonly string[]]>([
    ['an unknown command', ['lags']],
    ['an unknown option', ['topics', '--urll', 'x']],
    ['an unknown option with an address', ['topics', '--urll=kafka://a:hunter2@h']],
    ['an address in the wrong place', ['kafka://a:hunter2@h']],
    ['an address as a choice', ['conformance', '--provider', 'kafka://a:hunter2@h']],
    ['an address with line breaks as a choice', ['conformance', '--mode', 'kafka://a:hun\nter2@h hunter2']],
    ['too many arguments', ['topics', 'kafka://a:hunter2@h']],
    ['a command of a group that is none', ['dlq', 'lists']],
    ['a missing argument', ['describe']],
  ])('says in one line what is wrong with %s', (_, args) => {
    const { status, stderr, stdout } = isostream(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: [^\n]*\. Help: isostream[a-z ]* --help\n$/);
    expect(stderr).not.toMatch(/hunter2|ter2/);
  });

  it('prints a sentence where there are no topics, and an empty list for programs', () => {
    expect(isostream('topics', '--url', 'memory:')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: 'there are no topics\n',
    });
    expect(isostream('topics', '--url', 'memory:', '--json')).toMatchObject({ status: 0, stdout: '[]\n' });
  });

  it.each(['bash', 'zsh', 'fish'])('completes commands, options and choices in %s', (shell) => {
    const { status, stdout } = isostream('completion', shell);
    expect(status).toBe(0);
    for (const word of ['conformance', 'delete-group', 'dlq', 'memory-individual', 'event-hubs'])
      expect(stdout).toContain(word);
  });

  it('completes in bash what has been typed so far', () => {
    const script = isostream('completion', 'bash').stdout;
    const complete = (...words: readonly string[]): readonly string[] =>
      spawnSync(
        'bash',
        [
          '-c',
          `${script}\nCOMP_WORDS=(isostream "$@"); COMP_CWORD=$#; _isostream; printf '%s\\n' "\${COMPREPLY[@]}"`,
          'bash',
          ...words,
        ],
        { encoding: 'utf8' },
      )
        .stdout.trim()
        .split('\n');
    expect(complete('de')).toEqual(['describe', 'delete-group']);
    expect(complete('dlq', '')).toContain('list');
    expect(complete('lag', 'orders', '--gr')).toEqual(['--group']);
    expect(complete('conformance', '--provider', 'kafka-')).toEqual(['kafka-replicated', 'kafka-consumer-groups']);
    expect(complete('broker', 'start', 'kin')).toEqual(['kinesis']);
  });

  it('shows no escape of a tool in what doctor says', () => {
    const folder = mkdtempSync(join(tmpdir(), 'isostream-tools-'));
    for (const name of ['java', 'mvn', 'gcloud', 'docker']) {
      writeFileSync(join(folder, name), `#!/bin/sh\nprintf '\\033[1mtool \\033]0;title\\007one\\033[m\\r\\n'\n`, {
        mode: 0o755,
      });
    }
    for (const args of [[], ['--json']]) {
      const { stdout } = isostreamWith(
        { PATH: `${folder}:${process.env['PATH'] ?? ''}`, ISOSTREAM_PUBSUB_JAR: '/x' },
        'doctor',
        ...args,
      );
      expect(stdout).toContain('tool one');
      expect(stdout).not.toMatch(/\\u00|\[1m|title/);
      expect(stdout.includes('\u001b')).toBe(false);
    }
  });

  it('shows no stack trace of an error that it does not know', () => {
    const { status, stderr } = isostreamWith(
      {
        NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent('Object.defineProperty(process.stdout,"write",{value(){throw new TypeError("odd")}})')}`,
      },
      'completion',
      'bash',
    );
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^error odd\. isostream does not know this error[^\n]*\n$/),
    ]);
  });

  it('shows no stack trace of an error that comes on its own', () => {
    const stray =
      'process.on("newListener", (name) => { if (name === "unhandledRejection") setTimeout(() => { Promise.reject(new TypeError("stray")) }, 0) })';
    const { status, stderr } = isostreamWith(
      { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(stray)}` },
      'topics',
      '--url',
      'kafka://127.0.0.1:1',
    );
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^error stray\. isostream does not know this error[^\n]*\n$/),
    ]);
  });

  it('shows what a change would do, and changes nothing without --execute', () => {
    expect(isostream('topic', 'create', 'orders', '--url', 'memory:')).toMatchObject({
      status: 0,
      stderr: 'nothing was changed. With --execute it creates topic orders\n',
    });
    const made = isostream('topic', 'create', 'orders', '--partitions', '3', '--execute', '--url', 'memory:', '--json');
    expect(JSON.parse(made.stdout)).toMatchObject({ executed: true, settings: { partitions: 3 } });
    expect(isostream('topic', 'delete', 'orders', '--url', 'memory:').status).toBe(4);
  });

  it('prints a sentence where there are no groups, and JSON for programs', () => {
    expect(isostream('groups', '--url', 'memory:')).toMatchObject({ status: 0, stderr: 'there are no groups\n' });
    expect(JSON.parse(isostream('lag', '--url', 'memory:', '--json').stdout)).toMatchObject({
      groups: [],
      problems: [],
    });
  });

  it('answers a scrape at once while the service is away', async () => {
    const child = spawn('node', [bin, 'exporter', '--url', 'kafka://127.0.0.1:1', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [url] = (await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve))).toString().split('\n');
    const answer = await fetch(url ?? '');
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('isostream_exporter_up 0\n')]);
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(143);
  });

  it('helps', () => {
    const { status, stdout } = isostream('--help');
    expect(status).toBe(0);
    for (const command of ['conformance', 'broker', 'lag', 'tail', 'dlq', 'redrive', 'replay', 'reset', 'doctor'])
      expect(stdout).toContain(`  ${command}`);
  });
});
