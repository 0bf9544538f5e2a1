import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isostreamWith } from './support/run.ts';

describe('what conformance proves', () => {
  const nowhere = 'kafka://alice:hunter2@127.0.0.1:1';
  const file = join(mkdtempSync(join(tmpdir(), 'isostream-cli-')), 'isostream.json');
  writeFileSync(file, JSON.stringify({ kafka: { brokers: ['127.0.0.1:1'] }, provider: 'kafka' }));
  const one = ['conformance', '--scenario', 'fidelity/bytes'];

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
    expect([status, stdout]).toEqual([2, '']);
  });

  it('is memory where nothing says anything, and other commands refuse a contradiction as well', () => {
    expect(isostreamWith({}, ...one).stdout).toBe('1 passed, 0 failed\n');
    const { status, stderr } = isostreamWith({ ISOSTREAM_PROVIDER: 'kinesis' }, 'topics', '--url', nowhere);
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/--url is an address of kafka, and ISOSTREAM_PROVIDER is kinesis/),
    ]);
  });
});
