import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ConnectPlan,
  type PutResult,
  runConnectors,
  type SinkClass,
  type SinkRecord,
  TargetUnavailable,
} from '@isostream/connect';
import { createStreams, defineTopic, type RawEvent, type RawInput, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plan, worker } from './support/files.ts';

const rides = defineTopic('rides', { raw: true, partitions: 3 });
const letters = defineTopic('letters', { raw: true, partitions: 1 });
let streams: Streams;

beforeEach(async () => {
  streams = await createStreams({ adapter: createMemory(), topics: [rides, letters] });
});
afterEach(() => streams.close());

const base = `name=rides-sink
topics=rides
connector.class=Own
`;
const tolerant = `${base}errors.tolerance=all
errors.deadletterqueue.topic.name=letters
errors.deadletterqueue.context.headers.enable=true
`;

function send(...events: readonly (readonly [key: string, value: string])[]): Promise<unknown> {
  const inputs = events.map(([key, value]): RawInput => ({
    key,
    value: Buffer.from(value),
    headers: [['trace', '00012']],
  }));
  return streams.producer(rides).sendBatch(inputs);
}

/** A sink of the test's own, which answers as it is told. */
function own(put: (records: readonly SinkRecord[]) => readonly PutResult[] | Promise<readonly PutResult[]>): SinkClass {
  return { classNames: ['Own'], definitions: {}, create: () => ({ put: async (records) => put(records) }) };
}

const stored = (records: readonly SinkRecord[]): PutResult[] => records.map(() => ({ state: 'stored' }));

async function planFor(sink: string, put: Parameters<typeof own>[0]): Promise<ConnectPlan> {
  return plan(worker, [sink], { environment: {}, sinks: [own(put)] });
}

/** Runs until a condition holds, and ends in order. */
async function runUntil(files: ConnectPlan, condition: () => Promise<void> | void): Promise<void> {
  const stop = new AbortController();
  const run = runConnectors(files, streams, { signal: stop.signal });
  await Promise.race([vi.waitFor(condition, { timeout: 20_000, interval: 10 }), run]);
  stop.abort();
  await run;
}

async function lettersNow(): Promise<RawEvent[]> {
  const found: RawEvent[] = [];
  await streams.replay(letters, { from: 'earliest' }).run((event) => found.push(event));
  return found;
}

describe('a connector by its files', () => {
  it('writes what it reads, and continues after its end where it was', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isostream-sink-')), 'rides.jsonl');
    const text = `name=rides-sink\ntopics=rides\nconnector.class=JsonLinesSink\ntasks.max=2\nfile=${file}\n`;
    const lines = (): unknown[] =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
    await send(['a', '{"n":1}'], ['b', '{"n":9007199254740993}']);
    await runUntil(await plan(worker, [text]), () => expect(lines()).toHaveLength(2));
    await send(['a', '{"n":2}']);
    await runUntil(await plan(worker, [text]), () => expect(lines()).toHaveLength(3));
    expect(lines()[2]).toMatchObject({ key: 'a', value: { n: 2 }, topic: 'rides', headers: [['trace', '00012']] });
    expect(readFileSync(file, 'utf8')).toContain('{"n":9007199254740993}');
  });

  it('writes lines as Kafka Connect’s file sink does', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isostream-sink-')), 'rides.txt');
    await send(['a', '{"n":1,"list":["x",null]}']);
    const files = await plan(worker, [`name=s\ntopics=rides\nconnector.class=FileStreamSink\nfile=${file}\n`]);
    await runUntil(files, () => expect(readFileSync(file, 'utf8')).toBe('{n=1, list=[x, null]}\n'));
  });

  it('keeps the place of a record beside what a router makes of its topic', async () => {
    const seen: SinkRecord[] = [];
    await send(['a', '{"n":1}']);
    const router =
      'transforms=r\ntransforms.r.type=RegexRouter\ntransforms.r.regex=(.*)\ntransforms.r.replacement=$1-index\n';
    const files = await planFor(base + router, (records) => {
      seen.push(...records);
      return stored(records);
    });
    await runUntil(files, () => expect(seen).toHaveLength(1));
    expect(seen[0]).toMatchObject({ topic: 'rides-index', origin: { topic: 'rides' } });
  });

  it('is refused where its topic does not exist', async () => {
    const files = await planFor(base.replace('=rides\n', '=none\n'), stored);
    await expect(runConnectors(files, streams)).rejects.toThrow('rides-sink reads none of topics');
  });
});

describe('a bad record', () => {
  it('goes to the dead letters as it is stored, with Kafka Connect’s headers, and others go on', async () => {
    const seen: unknown[] = [];
    await send(['a', '{broken'], ['b', '{"n":1}']);
    const files = await planFor(tolerant, (records) => {
      seen.push(...records.map(({ key }) => key.value));
      return stored(records);
    });
    await runUntil(files, async () => {
      expect(seen).toEqual(['b']);
      expect(await lettersNow()).toHaveLength(1);
    });
    const [letter] = await lettersNow();
    expect(Buffer.from(letter?.value ?? []).toString()).toBe('{broken');
    expect(letter?.key).toBe('a');
    expect(letter?.headers.map(([name]) => name)).toEqual([
      'trace',
      ...['topic', 'partition', 'offset', 'connector.name', 'task.id', 'stage', 'class.name'].map(
        (name) => `__connect.errors.${name}`,
      ),
      ...['class.name', 'message', 'stacktrace'].map((name) => `__connect.errors.exception.${name}`),
    ]);
    expect(new Map(letter?.headers).get('__connect.errors.stage')).toBe('VALUE_CONVERTER');
    expect(new Map(letter?.headers).get('__connect.errors.exception.message')).toMatch(/not JSON: expected a name/);
  });

  it('that the sink refuses is a dead letter, also behind transforms', async () => {
    await send(['a', '{"n":1}']);
    const hoist = 'transforms=h\ntransforms.h.type=HoistField$Value\ntransforms.h.field=x\n';
    const files = await planFor(tolerant + hoist, (records) =>
      records.map(() => ({ state: 'refused', error: new Error('no such column') })),
    );
    await runUntil(files, async () => expect(await lettersNow()).toHaveLength(1));
    const [letter] = await lettersNow();
    expect(Buffer.from(letter?.value ?? []).toString()).toBe('{"n":1}');
    expect(new Map(letter?.headers).get('__connect.errors.stage')).toBe('TASK_PUT');
  });

  it('ends the connector with errors.tolerance=none, and comes again at the next start', async () => {
    await send(['a', '{broken']);
    await expect(runConnectors(await planFor(base, stored), streams)).rejects.toThrow(
      /rides\/\S+ at \S+: VALUE_CONVERTER.*JsonConverter/,
    );
    await runUntil(await planFor(tolerant, stored), async () => expect(await lettersNow()).toHaveLength(1));
  });
});

describe('a target that is down', () => {
  it('gets everything once it is back, in order per key, and nothing is a dead letter', async () => {
    const seen: string[] = [];
    let calls = 0;
    await send(['a', '1'], ['a', '2'], ['b', '3'], ['a', '4']);
    const files = await planFor(tolerant, (records) => {
      calls += 1;
      if (calls <= 3) throw new TargetUnavailable('refused');
      seen.push(...records.map(({ key, value }) => `${key.value as string}${value.value as bigint}`));
      return stored(records);
    });
    await runUntil(files, () => expect(seen).toHaveLength(4));
    expect(seen.filter((entry) => entry.startsWith('a'))).toEqual(['a1', 'a2', 'a4']);
    expect(await lettersNow()).toEqual([]);
  });

  it('gets no bad record again: each has one dead letter', async () => {
    let calls = 0;
    await send(['a', '{broken'], ['b', '1'], ['c', '{broken'], ['d', '2']);
    const files = await planFor(tolerant, (records) => {
      calls += 1;
      if (calls <= 3) throw new TargetUnavailable('refused');
      return stored(records);
    });
    await runUntil(files, () => expect(calls).toBeGreaterThan(3));
    expect(await lettersNow()).toHaveLength(2);
  });

  it('that answers in part gets only the rest again', async () => {
    const seen: string[] = [];
    let isFirst = true;
    await send(['a', '1'], ['b', '2'], ['c', '3']);
    const files = await planFor(base, (records) =>
      records.map(({ key }) => {
        seen.push(key.value as string);
        if (key.value !== 'b' || !isFirst) return { state: 'stored' };
        isFirst = false;
        return { state: 'later', error: new TargetUnavailable('slow down') };
      }),
    );
    await runUntil(files, () => expect(seen).toHaveLength(4));
    expect([...seen].toSorted((left, right) => left.localeCompare(right))).toEqual(['a', 'b', 'b', 'c']);
  });

  it('is told apart from a sink that has a bug: that ends the connector', async () => {
    await send(['a', '1']);
    const files = await planFor(tolerant, () => {
      throw new TypeError('x is not a function');
    });
    await expect(runConnectors(files, streams)).rejects.toThrow('x is not a function');
    expect(await lettersNow()).toEqual([]);
  });
});
