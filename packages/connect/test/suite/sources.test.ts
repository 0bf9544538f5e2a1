import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playSource, sourceChecks, sourceDistortions, type SourceSubject } from '@isostream/connect/testing';
import { describe, expect, it } from 'vitest';
import { fileStreamSource } from '../../src/sources/file.ts';
import { memoryService } from './service.ts';

const lines: SourceSubject = {
  source: fileStreamSource,
  async open() {
    const file = join(mkdtempSync(join(tmpdir(), 'isostream-suite-')), 'in.txt');
    return {
      properties: { file, topic: 'rides', 'batch.size': '3' },
      add: async (numbers) => appendFileSync(file, numbers.map((n) => `${n}\n`).join('')),
      read: ({ value }) => Number(Buffer.from(value ?? []).toString()),
      close: async () => undefined,
    };
  },
  service: memoryService,
};

describe('a source of the package: lines of a file', () => {
  it.each(sourceChecks)('$name', async (check) => {
    expect((await playSource(check, lines)).findings).toEqual([]);
  });
});

describe('a wrong version is seen', () => {
  // It may lose something: nobody waits for that for long.
  const patienceMs = 700;

  it.each(sourceDistortions)('of a source: $name', async ({ killedBy, source }) => {
    const check = sourceChecks.find(({ name }) => name === killedBy);
    expect(check).toBeDefined();
    if (check !== undefined)
      expect((await playSource(check, lines, { distort: source, patienceMs })).findings).not.toEqual([]);
  });
});
