import { type ConnectPlan, runConnectors, type SourceClass, type SourceOffset, Struct } from '@isostream/connect';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { plan, worker } from './support/files.ts';
import { Registry } from './support/registry.ts';
import { storedIn } from './support/run.ts';

// A bound for hangs, not a measure.
const hang = { timeout: 50_000 };
const registry = new Registry();
let streams: Streams;
beforeAll(() => registry.start());
afterAll(() => registry.close());
beforeEach(async () => {
  const topic = defineTopic('rides', { raw: true, partitions: 1 });
  streams = await createStreams({ adapter: createMemory(), topics: [topic] });
});
afterEach(async () => {
  registry.silentFor = undefined;
  registry.awayFor = undefined;
  await streams.close();
});

let acknowledged: unknown[] = [];

/** One poll of two records, each with a schema of its own. */
function planOf(): Promise<ConnectPlan> {
  acknowledged = [];
  const records = ['First', 'Second'].map((name, at) => {
    const schema = { type: 'struct', name, fields: [{ name: 'x', schema: { type: 'string' } }] } as const;
    const value = { schema, value: new Struct(schema, new Map([['x', name]])) };
    const offset = { at: at + 1 };
    return { topic: 'rides', key: { schema: null, value: null }, value, partition: { part: 'all' }, offset };
  });
  const two: SourceClass = {
    classNames: ['Two'],
    definitions: {},
    needsOffsets: () => true,
    create: () => ({
      poll: async (signal) => {
        if (records.length > 0) return records.splice(0);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return [];
      },
      acknowledge: async (all) => void acknowledged.push(...all.map(({ offset }) => offset?.['at'])),
    }),
  };
  return plan(
    `${worker}task.shutdown.graceful.timeout.ms=100\noffset.storage.file.filename=/nonexistent/never-read\n`,
    [
      `name=two
connector.class=Two
value.converter=AvroConverter
value.converter.schema.registry.url=${registry.url}
value.converter.value.subject.name.strategy=TopicRecordNameStrategy`,
    ],
    { environment: {}, sources: [two] },
  );
}

async function started(said: string[] = []) {
  const stop = new AbortController();
  const stored = new Map<string, unknown>();
  const offsets = {
    name: 'the store of the test',
    read: async () => [],
    write: async (changed: readonly SourceOffset[]) => {
      for (const { partition, offset } of changed) stored.set(JSON.stringify(partition), offset);
    },
  };
  const say = (line: string): void => void said.push(line);
  const run = runConnectors(await planOf(), streams, { signal: stop.signal, offsets, say });
  const reached = (): unknown => [...stored.values()][0];
  const end = async (): Promise<void> => {
    stop.abort();
    await run;
  };
  return { reached, stop: end };
}

describe('a source whose registry is away for a later record', () => {
  it('stores what is before it meanwhile, and it once the registry is back', async () => {
    registry.awayFor = 'Second';
    const { reached, stop } = await started();
    await vi.waitFor(() => expect(reached()).toEqual({ at: 1 }), hang);
    expect(await storedIn(streams, 'rides')).toHaveLength(1);
    expect(acknowledged).toEqual([]);
    registry.awayFor = undefined;
    await vi.waitFor(() => expect(acknowledged).toEqual([1, 2]), hang);
    expect(await storedIn(streams, 'rides')).toHaveLength(2);
    await stop();
    expect(reached()).toEqual({ at: 2 });
  });

  it('ends within its time though the registry is silent, with what is before it stored', async () => {
    registry.silentFor = 'Second';
    const said: string[] = [];
    const { reached, stop } = await started(said);
    await vi.waitFor(() => expect(registry.held.size).toBe(1), hang);
    await stop();
    // The request goes on: nobody has waited for its own deadline.
    expect(registry.held.size).toBe(1);
    expect(await storedIn(streams, 'rides')).toHaveLength(1);
    expect(reached()).toEqual({ at: 1 });
    expect(acknowledged).toEqual([]);
    expect(said.join()).toContain('1 of the records that were read last are not stored');
  });
});
