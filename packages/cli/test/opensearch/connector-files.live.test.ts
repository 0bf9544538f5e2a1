import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineTopic, type Streams } from '@isostream/core';
import { type OpenSearchServer, startBroker, startKafka, startOpenSearch } from '@isostream/emulators';
import { connect } from 'isostream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { command, ended } from '../support/run.ts';

const locations = defineTopic('driver-available-location', { raw: true, partitions: 2 });
const letters = defineTopic('driver-available-location-dlq', { raw: true });
const count = 600;

let search: OpenSearchServer;
const open: AsyncDisposable[] = [];
const running = new Set<ChildProcess>();

beforeAll(async () => {
  search = await startOpenSearch();
}, 300_000);
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  for (const one of open.toReversed()) await one[Symbol.asyncDispose]();
  await search.stop();
});

/** The files that a team has; only addresses are ours, and the size of requests, so that there is a middle. */
function files(service: string): readonly [worker: string, sink: string] {
  const folder = mkdtempSync(join(tmpdir(), 'isostream-files-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const worker = write(
    'worker.properties',
    `${service}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter.schemas.enable=false
offset.storage.file.filename=/tmp/connect.offsets
offset.flush.interval.ms=10000
`,
  );
  const sink = write(
    'elasticsearch-sink.properties',
    `name=elasticsearch-sink
connector.class=io.confluent.connect.elasticsearch.ElasticsearchSinkConnector
tasks.max=1
topics=${locations.name}
key.ignore=true
schema.ignore=true
connection.url=${search.url}
connection.username=elastic
connection.password=secret
errors.tolerance=all
errors.deadletterqueue.topic.name=${letters.name}
errors.deadletterqueue.topic.replication.factor=1
errors.deadletterqueue.context.headers.enable=true
consumer.override.max.poll.records=20
`,
  );
  return [worker, sink];
}

function run(paths: readonly string[]): ChildProcess {
  const child = spawn('node', [...command, 'connect', 'run', ...paths], { stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.once('exit', (code) => {
    running.delete(child);
    if (code !== null && code !== 143) console.error(said);
  });
  return child;
}

interface Hit {
  readonly _version: number;
  readonly _source: { readonly id: number };
}

async function ask(path: string, method = 'GET'): Promise<unknown> {
  const answer: unknown = await (await fetch(`${search.url}/${path}`, { method })).json();
  return answer;
}

async function documents(): Promise<readonly Hit[]> {
  await ask(`${locations.name}/_refresh`, 'POST');
  const found = await ask(`${locations.name}/_search?size=5000&version=true`);
  return isSearch(found) ? found.hits.hits : [];
}

function isSearch(found: unknown): found is { readonly hits: { readonly hits: readonly Hit[] } } {
  return typeof found === 'object' && found !== null && 'hits' in found;
}

async function broken(streams: Streams): Promise<Set<string>> {
  const found = new Set<string>();
  await streams.replay(letters, { from: 'earliest' }).run(({ value, headers }) => {
    const stage = headers.find(([name]) => name === '__connect.errors.stage')?.[1];
    found.add(`${Buffer.from(value ?? '').toString()} ${Buffer.from(stage ?? '').toString()}`);
  });
  return found;
}

interface Outcome {
  readonly documents: number;
  readonly events: number;
  readonly hasRepeats: boolean;
  readonly letters: readonly string[];
}

/** Kills the connector in the middle, starts it again, and says what there is once all has arrived. */
async function killedInTheMiddle(streams: Streams, service: string): Promise<Outcome> {
  await ask(locations.name, 'DELETE');
  const events = Array.from({ length: count }, (_, id) => ({
    key: `driver-${id % 40}`,
    value: Buffer.from(id % 200 === 100 ? `not JSON ${id}` : JSON.stringify({ id, lat: id / 7 })),
  }));
  await streams.producer(locations).sendBatch(events);
  const bad = count / 200;
  const paths = files(service);
  const first = run(paths);
  await vi.waitFor(async () => expect((await documents()).length).toBeGreaterThan(count / 5), patience);
  first.kill('SIGKILL');
  await ended(first);
  expect((await documents()).length).toBeLessThan(count - bad);
  const second = run(paths);
  await vi.waitFor(async () => expect((await documents()).length).toBe(count - bad), patience);
  await vi.waitFor(async () => expect((await broken(streams)).size).toBe(bad), patience);
  second.kill('SIGTERM');
  expect(await ended(second)).toBe(143);
  const found = await documents();
  return {
    documents: found.length,
    events: new Set(found.map(({ _source }) => _source.id)).size,
    // What was written before the kill came again, to the same places.
    hasRepeats: found.some(({ _version }) => _version > 1),
    letters: [...(await broken(streams))].toSorted(),
  };
}

const eachOnce: Outcome = {
  documents: count - 3,
  events: count - 3,
  hasRepeats: true,
  letters: ['not JSON 100', 'not JSON 300', 'not JSON 500'].map((text) => `${text} VALUE_CONVERTER`),
};

const patience = { timeout: 90_000, interval: 50 };

describe('the files of an Elasticsearch sink, killed in the middle and started again', { timeout: 240_000 }, () => {
  it('put each event once into the index, from Kafka with a login', async () => {
    const cluster = await startKafka({ mode: 'native', secured: true });
    open.push(cluster);
    const { saslPlaintext = '', username = '', password = '' } = cluster.security ?? {};
    const streams = await connect({ url: cluster.url, topics: [locations] });
    open.push(streams);
    const outcome = await killedInTheMiddle(
      streams,
      `bootstrap.servers=${saslPlaintext}
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="${username}" password="${password}";`,
    );
    expect(outcome).toEqual(eachOnce);
  });

  it.each(['kinesis', 'pubsub', 'event-hubs'])('put each event once into the index, from %s', async (provider) => {
    const broker = await startBroker(provider, { mode: 'native' });
    open.push(broker);
    const streams = await connect({ url: broker.url, topics: [locations] });
    open.push(streams);
    expect(await killedInTheMiddle(streams, `isostream.url=${broker.url}`)).toEqual(eachOnce);
  });

  it('put each event once into the index, from memory that a file fills: all of it ends with its process', async () => {
    await ask(locations.name, 'DELETE');
    const [worker, sink] = files('isostream.url=memory:');
    const folder = mkdtempSync(join(tmpdir(), 'isostream-files-'));
    const [lines, source] = [join(folder, 'locations.jsonl'), join(folder, 'source.properties')];
    writeFileSync(lines, Array.from({ length: count }, (_, id) => `${JSON.stringify({ id })}\n`).join(''));
    // What the file gave is stored as read once the service has it, which here forgets it: so not before it is killed.
    writeFileSync(
      worker,
      readFileSync(worker, 'utf8')
        .replace('/tmp/connect.offsets', join(folder, 'offsets'))
        .replace('offset.flush.interval.ms=10000', 'offset.flush.interval.ms=600000'),
    );
    writeFileSync(
      source,
      `name=locations
connector.class=FileStreamSource
file=${lines}
topic=${locations.name}
value.converter=StringConverter
topic.creation.default.partitions=1
topic.creation.default.replication.factor=1
`,
    );
    const first = run([worker, source, sink]);
    await vi.waitFor(async () => expect((await documents()).length).toBeGreaterThan(count / 5), patience);
    first.kill('SIGKILL');
    await ended(first);
    expect((await documents()).length).toBeLessThan(count);
    const second = run([worker, source, sink]);
    await vi.waitFor(async () => expect((await documents()).length).toBe(count), patience);
    second.kill('SIGTERM');
    expect(await ended(second)).toBe(143);
    const found = await documents();
    expect(new Set(found.map(({ _source }) => _source.id)).size).toBe(count);
    expect(found.some(({ _version }) => _version > 1)).toBe(true);
  });
});
