import {
  type ConnectPlan,
  type ConnectSource,
  type OffsetStore,
  runConnectors,
  type SourceClass,
  type SourceOffset,
  type SourceRecord,
  SourceUnavailable,
  type Typed,
} from '@isostream/connect';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plan, worker } from './support/files.ts';
import { runUntil, storedIn, textsIn } from './support/run.ts';

const topic = defineTopic('rides', { raw: true, partitions: 3, maxEventBytes: '1kb' });
let memory: ReturnType<typeof createMemory>;
let streams: Streams;
let offsets: TestOffsets;

beforeEach(async () => {
  memory = createMemory();
  streams = await createStreams({ adapter: memory, topics: [topic] });
  offsets = new TestOffsets();
});
afterEach(() => streams.close());

/** Offsets in memory, which counts and can fail. */
class TestOffsets implements OffsetStore {
  readonly name = 'the store of the test';
  stored: SourceOffset[] = [];
  writes = 0;
  failures = 0;

  async read(): Promise<readonly SourceOffset[]> {
    return this.stored;
  }

  async write(changed: readonly SourceOffset[]): Promise<void> {
    this.writes += 1;
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the disk is full');
    }
    this.stored = [
      ...this.stored.filter((old) => !changed.some(({ partition }) => same(old.partition, partition))),
      ...changed,
    ];
  }

  get reached(): unknown {
    return this.stored.map(({ offset }) => offset?.['at']);
  }
}

const same = (left: object, right: object): boolean => JSON.stringify(left) === JSON.stringify(right);
const text = (value: string | null): Typed => ({ schema: { type: 'string', optional: true }, value });

/** Numbers from where it was, so many at a time, to an end. */
class Numbers implements ConnectSource {
  readonly acknowledged: unknown[] = [];
  readonly #end: number;
  readonly #size: number;
  readonly #value: (n: number) => string;
  #next = 0;

  constructor(end: number, size = 2, value: (n: number) => string = String) {
    this.#end = end;
    this.#size = size;
    this.#value = value;
  }

  async open(
    offset: (partition: { readonly part: string }) => Readonly<Record<string, unknown>> | undefined,
  ): Promise<void> {
    this.#next = Number(offset({ part: 'numbers' })?.['at'] ?? 0);
  }

  async poll(signal: AbortSignal): Promise<readonly SourceRecord[]> {
    const records: SourceRecord[] = [];
    for (; this.#next < this.#end && records.length < this.#size; this.#next++)
      records.push({
        topic: 'rides',
        key: text(`k${this.#next % 2}`),
        value: text(this.#value(this.#next)),
        timestamp: this.#next + 1,
        partition: { part: 'numbers' },
        offset: { at: this.#next + 1 },
      });
    if (records.length === 0) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return records;
  }

  async acknowledge(records: readonly SourceRecord[]): Promise<void> {
    this.acknowledged.push(...records.map(({ offset }) => offset?.['at']));
  }
}

function own(source: ConnectSource): SourceClass {
  return { classNames: ['Own'], definitions: {}, needsOffsets: () => true, create: () => source };
}

const strings = worker
  .replace('org.apache.kafka.connect.json.JsonConverter', 'StringConverter')
  .replace(/value\.converter\.schemas.*\n/, '');

function planOf(source: ConnectSource, more = '', ofWorker = ''): Promise<ConnectPlan> {
  const storing = `${strings}${ofWorker}offset.storage.file.filename=/nonexistent/never-read\n`;
  return plan(storing, [`name=numbers\nconnector.class=Own\n${more}`], { environment: {}, sources: [own(source)] });
}

async function numbers(): Promise<string[]> {
  return (await textsIn(streams, 'rides')).toSorted((left, right) => Number(left) - Number(right));
}

describe('a source', () => {
  it('is sent in order per key, acknowledged, and continued at the next start', async () => {
    const source = new Numbers(7);
    await runUntil(await planOf(source), streams, () => expect(source.acknowledged).toEqual([1, 2, 3, 4, 5, 6, 7]), {
      offsets,
    });
    expect(offsets.reached).toEqual([7]);
    const events = await storedIn(streams, 'rides');
    const ofKey = (key: string): string[] =>
      events.filter((event) => event.key === key).map(({ value }) => Buffer.from(value ?? []).toString());
    expect([ofKey('k0'), ofKey('k1')]).toEqual([
      ['0', '2', '4', '6'],
      ['1', '3', '5'],
    ]);
    expect(events.map(({ time }) => time.getTime()).toSorted((left, right) => left - right)).toEqual([
      1, 2, 3, 4, 5, 6, 7,
    ]);
    await runUntil(await planOf(new Numbers(9)), streams, async () => expect(await numbers()).toHaveLength(9), {
      offsets,
    });
    expect(await numbers()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
  });

  it('has no offset stored beyond an event that the service has not acknowledged', async () => {
    using fault = memory.control.failWrites();
    const source = new Numbers(4);
    const said: string[] = [];
    const stop = new AbortController();
    const files = await planOf(source, '', 'task.shutdown.graceful.timeout.ms=100\n');
    const run = runConnectors(files, streams, { signal: stop.signal, offsets, say: (line) => said.push(line) });
    await vi.waitFor(() => expect(fault.hits).toBeGreaterThan(2));
    stop.abort();
    await run;
    expect(offsets.writes).toBe(0);
    expect(source.acknowledged).toEqual([]);
    expect(said.join()).toContain('2 of the records that were read last are not stored');
  });

  it('finishes what it has read when it is stopped', async () => {
    const source = new Numbers(2);
    const slow = memory.control.delay('write', 300);
    const stop = new AbortController();
    const run = runConnectors(await planOf(source), streams, { signal: stop.signal, offsets });
    await vi.waitFor(() => expect(slow.hits).toBeGreaterThan(0));
    stop.abort();
    await run;
    expect(await numbers()).toEqual(['0', '1']);
    expect(offsets.reached).toEqual([2]);
  });

  it('that is unavailable is tried again after the wait that it asks for', async () => {
    const source = new Numbers(2);
    let failures = 2;
    const poll = source.poll.bind(source);
    source.poll = async (signal) => {
      if (failures-- > 0) throw new SourceUnavailable('comes back later', { waitMs: 5 });
      return poll(signal);
    };
    const said: string[] = [];
    await runUntil(await planOf(source), streams, async () => expect(await numbers()).toHaveLength(2), {
      offsets,
      say: (line) => said.push(line),
    });
    expect(said).toEqual(Array<string>(2).fill('numbers: comes back later; tries again in 5 ms'));
  });

  it('that fails otherwise ends the run, with its offsets stored and the other connectors ended', async () => {
    const source = new Numbers(2);
    const poll = source.poll.bind(source);
    source.poll = async (signal) => {
      if (source.acknowledged.length > 0) throw new TypeError('x is not a function');
      return poll(signal);
    };
    await expect(runConnectors(await planOf(source), streams, { offsets })).rejects.toThrow('x is not a function');
    expect(offsets.reached).toEqual([2]);
  });

  it('goes on while its offsets cannot be stored, says so, and stores them later', async () => {
    offsets.failures = 2;
    const said: string[] = [];
    await runUntil(await planOf(new Numbers(4)), streams, () => expect(offsets.reached).toEqual([4]), {
      offsets,
      say: (line) => said.push(line),
    });
    expect(said.join('\n')).toMatch(/offsets are not stored, and tried again in 50 ms: the disk is full/);
  });

  it('whose offsets cannot be stored at the end says so by an error', async () => {
    offsets.failures = Infinity;
    const source = new Numbers(2);
    const run = runUntil(await planOf(source), streams, () => expect(source.acknowledged).toHaveLength(2), { offsets });
    await expect(run).rejects.toThrow('the disk is full');
  });
});

describe('the topic of a source', () => {
  const router = 'transforms=r\ntransforms.r.type=RegexRouter\ntransforms.r.regex=.*\ntransforms.r.replacement=other\n';

  it('has to exist', async () => {
    const run = runConnectors(await planOf(new Numbers(2), router), streams, { offsets });
    await expect(run).rejects.toThrow(/numbers writes to topic other.*topic\.creation\.default/);
  });

  it('is made where the file says how', async () => {
    const creation = 'topic.creation.default.partitions=2\ntopic.creation.default.replication.factor=-1\n';
    const source = new Numbers(2);
    await runUntil(
      await planOf(source, router + creation),
      streams,
      () => expect(source.acknowledged).toHaveLength(2),
      {
        offsets,
      },
    );
    expect((await streams.admin.describe('other'))?.partitionNames).toHaveLength(2);
    expect(await textsIn(streams, 'other')).toHaveLength(2);
  });
});

describe('what a source’s file means otherwise, or what it does in silence, is named', () => {
  const base = 'isostream.url=memory:\nkey.converter=StringConverter\noffset.storage.file.filename=/nonexistent/o\n';
  const json = `${base}value.converter=JsonConverter\n`;
  const source = 'name=s\nconnector.class=FileStreamSource\nfile=/nonexistent/in\ntopic=rides\n';

  it.each([
    ['a file that is looked at again', json, source, /once it is truncated or replaced it is read from its start/],
    ['no file', json, source.replace(/file=.*\n/, ''), /standard input is read/],
    ['more tasks than it has', json, `${source}tasks.max=3\n`, /tasks\.max is 3, and this source has one task/],
    [
      'JSON with its schema',
      json,
      source,
      /value\.converter\.schemas\.enable is true, which is its default: values are written/,
    ],
    ['dead letters', json, `${source}errors.deadletterqueue.topic.name=d\n`, /writes no dead letters of sources/],
    ['records skipped without a trace', json, `${source}errors.tolerance=all\n`, /drops bad records without a trace/],
    [
      'values in the log',
      json,
      `${source}errors.log.enable=true\nerrors.log.include.messages=true\n`,
      /logs the place of a record/,
    ],
    [
      'settings of clients',
      json,
      `${source}producer.override.linger.ms=5\n`,
      /producer\.override\.linger\.ms is a setting of Kafka’s Java clients/,
    ],
    ['topics of a sink', json, `${source}topics=a\n`, /topics has no effect: a source writes/],
    ['half of how to make a topic', json, `${source}topic.creation.default.partitions=1\n`, /no topic is made/],
    ['a typo', json, source.replace('topic=', 'batch.sizes=1\ntopic='), /did you mean batch\.size\?/],
    [
      'a setting of topics in the worker file',
      `${json}topic.creation.default.partitions=1\n`,
      source,
      /has no effect in a worker file/,
    ],
  ])('%s', async (_, workerText, sourceText, message) => {
    expect((await plan(workerText, [sourceText])).warnings.join('\n')).toMatch(message);
  });

  it('but nothing where the file says what it wants', async () => {
    const said = json.replace('JsonConverter\n', 'JsonConverter\nvalue.converter.schemas.enable=false\n');
    expect((await plan(said, [source])).warnings).toHaveLength(1);
  });

  it.each([
    ['a promise that cannot be kept', `${source}exactly.once.support=required\n`, /exactly\.once\.support is required/],
    ['no topic', source.replace(/topic=.*\n/, ''), /topic is missing/],
    ['a class with a typo', source.replace('StreamSource', 'StreamSorce'), /did you mean FileStreamSource\?/],
  ])('%s is refused', async (_, sourceText, message) => {
    await expect(plan(json, [sourceText])).rejects.toThrow(message);
  });

  it('a topic that does not exist is an error before the first record', async () => {
    const files = await plan(json, [source.replace('rides', 'none')]);
    await expect(runConnectors(files, streams, { offsets })).rejects.toThrow('s writes to topic none');
  });

  it('topic.creation.enable=false makes no topic', async () => {
    const creation = 'topic.creation.default.partitions=1\ntopic.creation.default.replication.factor=-1\n';
    const files = await plan(`${json}topic.creation.enable=false\n`, [source.replace('rides', 'none') + creation]);
    await expect(runConnectors(files, streams, { offsets })).rejects.toThrow('topic.creation.enable is false');
  });
});

describe('a bad record of a source', () => {
  const broken = 'transforms=e\ntransforms.e.type=ExtractField$Value\ntransforms.e.field=x\n';
  const tolerant = 'errors.tolerance=all\nerrors.log.enable=true\n';

  it('ends the connector by default, once what is before it is stored', async () => {
    const [predicate, isNull] = ['predicates=p\npredicates.p.type=RecordIsTombstone\n', 'transforms.e.predicate=p\n'];
    const source = new Numbers(4, 4);
    const poll = source.poll.bind(source);
    source.poll = async (signal) =>
      (await poll(signal)).map((record, n) => (n === 2 ? { ...record, value: text(null) } : record));
    const masked = broken.replace('ExtractField', 'MaskField').replace('field=', 'fields=');
    const run = runConnectors(await planOf(source, masked + predicate + isNull), streams, { offsets });
    await expect(run).rejects.toThrow(/numbers: the record up to .*"at":3.* TRANSFORMATION in .*MaskField\$Value/);
    expect(await numbers()).toEqual(['0', '1']);
    expect(offsets.reached).toEqual([2]);
  });

  it('is skipped and logged with errors.tolerance=all, and the offset passes it', async () => {
    const said: string[] = [];
    const source = new Numbers(2);
    await runUntil(
      await planOf(source, broken + tolerant),
      streams,
      () => expect(source.acknowledged).toHaveLength(2),
      {
        offsets,
        say: (line) => said.push(line),
      },
    );
    expect(await numbers()).toEqual([]);
    expect(offsets.reached).toEqual([2]);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/^numbers: TRANSFORMATION in .*ExtractField\$Value/);
  });

  it('is skipped, too, where the service takes no event of that size, and its key goes on', async () => {
    const source = new Numbers(6, 6, (n) => (n === 2 ? 'x'.repeat(2_000) : String(n)));
    const said: string[] = [];
    await runUntil(await planOf(source, tolerant), streams, () => expect(source.acknowledged).toHaveLength(6), {
      offsets,
      say: (line) => said.push(line),
    });
    expect(await numbers()).toEqual(['0', '1', '3', '4', '5']);
    expect(said.join()).toContain('KAFKA_PRODUCE');
  });

  it('is told apart from a service that refuses everything: that ends the connector', async () => {
    using fault = memory.control.failWrites({ code: 'unauthorized' });
    const run = runConnectors(await planOf(new Numbers(2), tolerant), streams, { offsets });
    await expect(run).rejects.toMatchObject({ code: 'unauthorized' });
    expect(fault.hits).toBeGreaterThan(0);
    expect(offsets.writes).toBe(0);
  });
});

describe('a source that sends by itself', () => {
  const outbox = (more: string): Promise<ConnectPlan> =>
    plan(worker, [
      `name=o\nconnector.class=PostgresOutboxSource\nconnection.url=postgres://x\ntopics.module=none.js\n${more}`,
    ]);

  it('needs no offsets, and says that converters have no effect', async () => {
    const { warnings } = await outbox('value.converter=StringConverter\n');
    expect(warnings.join()).toMatch(/value\.converter has no effect: events are sent as their topics declare it/);
  });

  it.each([
    ['transforms=h\ntransforms.h.type=HoistField$Value\ntransforms.h.field=x\n', /transforms do not see the events/],
    ['connection.url=mysql://x\n', /connection\.url is not the address of a PostgreSQL/],
  ])('is refused where its file cannot mean anything: %j', async (more, message) => {
    await expect(outbox(more)).rejects.toThrow(message);
  });

  it('ends with the name of a module that cannot be loaded', async () => {
    await expect(runConnectors(await outbox(''), streams)).rejects.toThrow(/topics\.module cannot be loaded/);
  });

  it('says how Node.js loads a module in TypeScript', async () => {
    const run = runConnectors(await outbox('topics.module=none.ts\n'), streams);
    await expect(run).rejects.toThrow(/none\.ts.*Where Node\.js cannot load TypeScript.*--import tsx/);
  });
});
