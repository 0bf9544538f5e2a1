import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { applyTransforms, type ConnectRecord, createConverter, createTransforms, type Typed } from '@isostream/connect';
import { describe, expect, it } from 'vitest';
import { comparable, type Entry, field, meant, properties, shown, vectors } from './support/vector.ts';

/** What Kafka Connect's own classes made of inputs. Another folder of such files can be tried: ISOSTREAM_CONNECT_VECTORS. */
const folder = process.env['ISOSTREAM_CONNECT_VECTORS'] ?? join(import.meta.dirname, 'vectors');

const headers = createConverter('SimpleHeaderConverter');
const plain = (value: Typed['value']): Typed => ({ schema: null, value });

describe('transforms agree with those of Kafka Connect', () => {
  it.each(read('transforms').map((vector) => [nameOf(vector), vector] as const))('%s', (_, vector) => {
    expect(transformed(vector)).toEqual(expectedTransform(vector));
  });
});

/**
 * Where ours differ on purpose. An integer beyond 64 bits is kept exact, where Kafka Connect's converter wraps it around
 * without a word: a sink would store another number.
 */
const differs = (vector: Entry): boolean => {
  const isRead = vector.get('converter') === 'JsonConverter' && vector.get('direction') === 'read';
  const integers = shown(vector.get('input')).match(/(?<![\d.eE+-])-?\d{19,}(?![\d.eE])/g) ?? [];
  return isRead && integers.some((text) => BigInt.asIntN(64, BigInt(text)) !== BigInt(text));
};

describe('converters agree with those of Kafka Connect', () => {
  const all = read('converters');
  it.each(all.filter((vector) => !differs(vector)).map((vector) => [nameOf(vector), vector] as const))(
    '%s',
    (_, vector) => {
      expect(converted(vector)).toEqual(expectedConversion(vector));
    },
  );

  it.each(['9223372036854775808', '-18446744073709551617'])('but an integer beyond 64 bits stays exact: %s', (text) => {
    const converter = createConverter('JsonConverter', { 'schemas.enable': 'false' });
    const typed = converter.read(Buffer.from(text));
    expect(comparable(typed.value)).toBe(`bigint ${text}`);
  });
});

function read(name: string): Entry[] {
  const file = [`${name}.jsonl`, `connect-${name}.jsonl`].map((entry) => join(folder, entry)).find(existsSync);
  if (file === undefined) throw new Error(`${folder} has no ${name}.jsonl`);
  return vectors(file);
}

function nameOf(vector: Entry): string {
  const kind = vector.get('transform') ?? vector.get('converter') ?? field(vector, 'config', 'transforms.t.type');
  return `${shown(vector.get('id'))} ${shown(kind)}`;
}

function transformed(vector: Entry): unknown {
  const input = field(vector, 'input');
  const offset = field(input, 'offset');
  const [partition, timestamp] = [field(input, 'partition'), field(input, 'timestamp')];
  const record: ConnectRecord = {
    kind: field(vector, 'kind') === 'source' ? 'source' : 'sink',
    topic: shown(field(input, 'topic')),
    partition: partition === null ? null : Number(partition),
    offset: typeof offset === 'bigint' ? offset : null,
    key: plain(meant(field(input, 'key'), 'key', null)),
    value: plain(meant(field(input, 'value'), 'value', null)),
    headers: (field(input, 'headers') as Entry[]).map((header) => ({
      name: shown(header.get('name')),
      bytes: header.get('value') === null ? null : Buffer.from(shown(header.get('value'))),
    })),
    timestamp: timestamp === null ? null : Number(timestamp),
  };
  let chain: ReturnType<typeof createTransforms>;
  try {
    chain = createTransforms(properties(field(vector, 'config')));
  } catch {
    return { error: 'config' };
  }
  try {
    const output = applyTransforms(chain, record);
    if (output === null) return null;
    return {
      topic: output.topic,
      key: comparable(output.key.value),
      value: comparable(output.value.value),
      headers: output.headers.map((header) => {
        const typed = header.bytes === undefined ? header.typed : headers.read(header.bytes);
        const text = headers.write(typed);
        return {
          name: header.name,
          value: comparable(typed.value),
          type: schemaText(typed, false),
          text: text === null ? null : Buffer.from(text).toString(),
        };
      }),
      timestamp: output.timestamp,
    };
  } catch {
    return { error: 'apply' };
  }
}

function expectedTransform(vector: Entry): unknown {
  const stage = field(vector, 'error', 'stage');
  if (stage !== null) return { error: stage };
  const output = field(vector, 'output');
  if (output === null) return null;
  const types = field(vector, 'types');
  const timestamp = field(output, 'timestamp');
  return {
    topic: field(output, 'topic'),
    key: comparable(meant(field(output, 'key'), 'key', types)),
    value: comparable(meant(field(output, 'value'), 'value', types)),
    headers: (field(output, 'headers') as Entry[]).map((header) => {
      const type = header.get('type') ?? null;
      const value = meant(header.get('value') ?? null, 'header', new Map([['header', type]]));
      return { name: header.get('name'), value: comparable(value), type, text: header.get('text') ?? null };
    }),
    timestamp: timestamp === null ? null : Number(timestamp),
  };
}

function converted(vector: Entry): unknown {
  const converter = createConverter(shown(vector.get('converter')), properties(field(vector, 'config')));
  const isReading = vector.get('direction') === 'read';
  const input = meant(field(vector, 'input'), 'value', isReading ? null : field(vector, 'types'));
  try {
    if (isReading) {
      const bytes = typeof input === 'string' ? Buffer.from(input) : (input as Uint8Array | null);
      const typed = converter.read(bytes);
      return { value: comparable(typed.value), schema: schemaText(typed, true) };
    }
    const written = converter.write({ schema: schemaOf(field(vector, 'schema')), value: input });
    return { text: written === null ? null : Buffer.from(written).toString() };
  } catch {
    return { error: true };
  }
}

function expectedConversion(vector: Entry): unknown {
  if (field(vector, 'error') !== null) return { error: true };
  const output = field(vector, 'output');
  if (vector.get('direction') === 'write') {
    const bytes = meant(output, 'output', null);
    return { text: bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : bytes };
  }
  const types = field(vector, 'types');
  return { value: comparable(meant(output, 'value', types)), schema: field(vector, 'schema') };
}

function schemaText({ schema }: Typed, isShort: boolean): string | null {
  if (schema === null) return null;
  const name = schema.name === undefined ? '' : `:${isShort ? schema.name.replace(/^.*\./, '') : schema.name}`;
  return `${schema.type}${name}${isShort && schema.optional === true ? '?' : ''}`;
}

function schemaOf(text: Typed['value']): Typed['schema'] {
  if (typeof text !== 'string') return null;
  const [, type = '', name, optional] = /^(\w+)(?::(\w+))?(\?)?$/.exec(text) ?? [];
  return {
    type: type as NonNullable<Typed['schema']>['type'],
    ...(name === undefined ? {} : { name: `org.apache.kafka.connect.data.${name}` }),
    optional: optional === '?',
  };
}
