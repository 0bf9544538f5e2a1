import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineTopic, type Header, type RawEvent, type RawInput, type Streams } from '@isostream/core';
import { type KafkaCluster, startKafka, startKafkaConnect } from '@isostream/emulators';
import { connect } from 'isostream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { command, ended } from './support/run.ts';

const rides = defineTopic('rides', { raw: true, partitions: 1 });
const patience = { timeout: 90_000, interval: 50 };
const folder = mkdtempSync(join(tmpdir(), 'isostream-oracle-'));
let cluster: KafkaCluster;
let streams: Streams;

beforeAll(async () => {
  cluster = await startKafka({ mode: 'native' });
  streams = await connect({ url: cluster.url, topics: [rides] });
}, 300_000);
afterAll(async () => {
  await streams.close();
  await cluster.stop();
});

const lines = (side: string): string => join(folder, `${side}.txt`);
const letters = (side: string): string => `rides-${side}-dlq`;

/** One pair of files for both; only where they write differs, and the name, because of the group. */
function files(side: string): readonly [worker: string, sink: string] {
  const transforms = 'org.apache.kafka.connect.transforms';
  return [
    `bootstrap.servers=${cluster.url.replace('kafka://', '')}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
offset.storage.file.filename=${join(folder, 'offsets')}
offset.flush.interval.ms=500
`,
    `name=lines-${side}
connector.class=org.apache.kafka.connect.file.FileStreamSinkConnector
tasks.max=1
topics=${rides.name}
file=${lines(side)}
errors.tolerance=all
errors.deadletterqueue.topic.name=${letters(side)}
errors.deadletterqueue.topic.replication.factor=1
errors.deadletterqueue.context.headers.enable=true
transforms=at,day,mask,keep
transforms.at.type=${transforms}.InsertField$Value
transforms.at.timestamp.field = at
transforms.day.type=${transforms}.TimestampConverter$Value
transforms.day.field=at
transforms.day.target.type=string
transforms.day.format=yyyy-'W'ww \\
  HH:mm
transforms.mask.type=${transforms}.MaskField$Value
transforms.mask.fields=name
transforms.keep.type=${transforms}.Filter
transforms.keep.predicate=test
predicates=test
predicates.test.type=${transforms}.predicates.HasHeaderKey
predicates.test.name=test
`,
  ];
}

const event = (key: string | null, value: string | null, headers: readonly Header[] = []): RawInput => ({
  key,
  value: value === null ? null : Buffer.from(value),
  headers,
});

const events: readonly RawInput[] = [
  ...Array.from({ length: 40 }, (_, n) =>
    event(
      `driver-${n % 4}`,
      JSON.stringify({ n, name: 'Ana', at: n, lat: n / 7, list: [1, { deep: null }], big: 2 ** 53 - n }),
    ),
  ),
  event('driver-1', '{"name":'),
  event('driver-2', null),
  event(null, '[1,2]'),
  event('driver-3', '{"n":1}', [['test', 'x']]),
  event('driver-3', '7'),
];

/** A line is the text of a map of Java, whose fields are in no order that means anything. */
async function written(side: string): Promise<string[]> {
  const text = readFileSync(lines(side), 'utf8');
  return text.split('\n').map((line) =>
    line
      .split(/, (?=\w+=)|[{}]/)
      .toSorted()
      .join('|'),
  );
}

async function stored(side: string): Promise<readonly object[]> {
  const found: RawEvent[] = [];
  await streams
    .replay(defineTopic(letters(side), { raw: true }), { from: 'earliest' })
    .run((letter) => found.push(letter));
  const compared = /errors\.(?:topic|partition|offset|task\.id|stage|class\.name)$|^test$/;
  // Letters of different keys are in no order here.
  const offset = ({ headers }: RawEvent): number =>
    Number(headers.find(([name]) => name === '__connect.errors.offset')?.[1]);
  return found
    .toSorted((one, other) => offset(one) - offset(other))
    .map(({ key, value, headers }) => ({
      key: key === null ? null : Buffer.from(key).toString(),
      value: value === null ? null : Buffer.from(value).toString(),
      names: headers.map(([name]) => name),
      context: headers
        .filter(([name]) => compared.test(name))
        .map(([name, text]) => [name, Buffer.from(text).toString()]),
    }));
}

/** Waits until both files have been written, and all that is bad is a dead letter. */
async function untilDone(side: string): Promise<void> {
  await vi.waitFor(async () => {
    expect((await written(side)).length).toBeGreaterThan(40);
    expect((await stored(side)).length).toBeGreaterThanOrEqual(4);
  }, patience);
}

it('the files of a sink mean what they mean in the real Kafka Connect: lines, dead letters and their headers', async () => {
  await streams.producer(rides).sendBatch(events);
  const [worker, sink] = files('real');
  {
    const real = await startKafkaConnect({ worker, connectors: [sink] });
    try {
      await untilDone('real');
    } finally {
      await real.stop();
    }
  }
  const paths = files('ours').map((text, index) => {
    const path = join(folder, `${index}.properties`);
    writeFileSync(path, text);
    return path;
  });
  const ours = spawn('node', [...command, 'connect', 'run', ...paths], { stdio: 'ignore' });
  try {
    await untilDone('ours');
  } finally {
    ours.kill('SIGTERM');
    await ended(ours);
  }
  expect(await written('ours')).toEqual(await written('real'));
  expect(await stored('ours')).toEqual(await stored('real'));
}, 240_000);
