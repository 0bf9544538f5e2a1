import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playSource, sourceChecks, sourceDistortions, type SourceSubject } from '@isostream/connect/testing';
import { describe, expect, it } from 'vitest';
import { fileStreamSource } from '../../src/sources/file.ts';
import { httpSource } from '../../src/sources/http.ts';
import { FeedServer } from './feed-server.ts';
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

/** An endpoint with a cursor in each item, or one of the next page in its answers. */
function feed(cursor: Readonly<Record<string, string>>): SourceSubject {
  return {
    source: httpSource,
    async open() {
      const server = new FeedServer();
      const url = await server.listen();
      const properties = {
        url,
        topic: 'rides',
        'items.pointer': '/items',
        'interval.ms': '10',
        'cursor.parameter': 'after',
      };
      return {
        properties: {
          ...properties,
          ...cursor,
          'value.converter': 'JsonConverter',
          'value.converter.schemas.enable': 'false',
        },
        add: async (numbers) => void server.numbers.push(...numbers),
        read: ({ value }) => (JSON.parse(Buffer.from(value ?? []).toString()) as { readonly id: number }).id,
        gate: server.gate,
        close: async () => server.close(),
      };
    },
    service: memoryService,
  };
}

const subjects = {
  'lines of a file': lines,
  'an endpoint with a cursor in each item': feed({ 'item.cursor.pointer': '/id' }),
  'an endpoint with a cursor of the next page': feed({ 'cursor.pointer': '/next' }),
};

describe.each(Object.entries(subjects))('a source of the package: %s', (_, subject: SourceSubject) => {
  it.each(sourceChecks)('$name', async (check) => {
    expect((await playSource(check, subject)).findings).toEqual([]);
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
