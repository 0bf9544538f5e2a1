import { defineTopic, type Header, type RawEvent, type RawInput, type Streams, type Topic } from '@isostream/core';
import { atLeast, tell } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';
import { fails } from './refusals.ts';
import { whatIsStored } from './what-is-stored.ts';

export const bytesRoundTrip: Scenario = {
  id: 'fidelity/bytes',
  title: 'payload bytes come back as they were: empty, large, not text, and null',
  async run(stage) {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const values = [
      Buffer.alloc(0),
      Buffer.from('plain'),
      every,
      Buffer.from([0xc3, 0x28, 0xff, 0xfe]),
      null,
      Buffer.from([0]),
    ];
    const headers = rawHeaders(stage);
    const sent: RawInput[] = values.flatMap((value) => [
      { key: 'k', value },
      { key: 'k', value, headers },
    ]);
    // Headers may cost a third of an event where they travel beside its bytes: a large one goes without.
    sent.push({ key: 'k', value: Buffer.alloc(900_000, every) });
    const received = await rawRoundTrip(stage, sent.length, sent);
    const describe = (event: RawInput): string =>
      `${describeBytes(event.value)} ${describeHeaders(event.headers ?? [])}`;
    return {
      'round trip': compare(sent, received, describe),
      'what changes after send is not stored': await reused(stage),
    };
  },
};

/** One buffer for all events, filled anew for each as soon as `send` was called. */
async function reused(stage: Stage): Promise<readonly string[]> {
  const texts = Array.from({ length: 30 }, (_, index) => `event ${index}`.padEnd(10));
  const buffer = Buffer.alloc(10);
  function* events(): Generator<RawInput> {
    for (const text of texts) {
      buffer.write(text);
      yield { key: 'k', value: buffer };
    }
    buffer.fill('?');
  }
  const received = await rawRoundTrip(stage, texts.length, events());
  return texts.flatMap((text, index) => {
    const back = Buffer.from(received[index]?.value ?? []).toString();
    return back === text ? [] : [`event ${index}: sent ${JSON.stringify(text)}, received ${JSON.stringify(back)}`];
  });
}

export const headersRoundTrip: Scenario = {
  id: 'fidelity/headers',
  title: 'headers come back as they were, or are refused alike everywhere',
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const odd = [
      '',
      ' ',
      ' padded ',
      '☺',
      '😀 and text',
      'naïve',
      '"quoted"',
      "it's",
      'a,b;c=d',
      '%41%',
      'back\\slash',
      'tab\there',
      'line\nbreak',
      '\u0000',
      '{"json":true}',
      '[]',
      '<tag/>',
      '../..',
      'x'.repeat(1_024),
    ];
    const headers: Record<string, string> = Object.fromEntries(odd.map((value, index) => [`header-${index}`, value]));
    // Names that every object has already.
    headers['constructor'] = 'plain';
    headers['toString'] = 'plain';
    headers['MixedCase'] = 'upper';
    headers['mixedcase'] = 'lower';
    headers['trace.parent_id'] = '00-abc';
    for (let index = 0; index < 30; index++) headers[`many-${index}`] = String(index);
    await producer.send({ ...stage.load.event(topic, 'k'), headers });
    const [received] = await collect(stage, topic, 1);
    const refused: Record<string, string>[] = [
      { 'with space': 'x' },
      { '': 'x' },
      { ünicode: 'x' },
      { ce_id: 'x' },
      { 'CE-Type': 'x' },
      { 'Content-Type': 'x' },
      { googfoo: 'x' },
      { 'isostream-topic': 'x' },
      { big: 'x'.repeat(1_025) },
      { broken: '\ud800' },
    ];
    refused.push(Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`h${index}`, 'x'])));
    const accepted = (
      await Promise.all(
        refused.map((bad) =>
          fails('invalid-header', () => producer.send({ ...stage.load.event(topic, 'k'), headers: bad })),
        ),
      )
    ).flat();
    const differences = Object.keys({ ...headers, ...received?.headers }).filter(
      (name) => headers[name] !== received?.headers[name],
    );
    return {
      'round trip': differences.map(
        (name) => `${name}: sent ${JSON.stringify(headers[name])}, received ${JSON.stringify(received?.headers[name])}`,
      ),
      'refused alike': accepted,
    };
  },
};

/** Composed and decomposed, with a space behind, a sign of no width, in another case: none is another one. */
const alike = ['\u00e9', 'e\u0301', 'a ', 'A', 'a\u200b', '\u212b', '\u00c5'];

/** Letters that look alike are told apart by their code points. */
function shown(key: string): string {
  return JSON.stringify(key).replaceAll(/[^ -~]/g, (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16)}`);
}

/** A replay of each of them brings its event and no other. */
async function pickedKeys(stage: Stage, streams: Streams, topic: LoadTopic): Promise<readonly string[]> {
  const producer = streams.producer(topic);
  for (const key of alike) await producer.send(stage.load.event(topic, key));
  const wrong: string[] = [];
  for (const key of alike) {
    const found: string[] = [];
    await streams.replay(topic, { from: 'earliest', key }).run((event) => void found.push(String(event.key)));
    if (found.length !== 1 || found[0] !== key) wrong.push(`${shown(key)} brings ${found.map(shown).join()}`);
  }
  return wrong;
}

export const keysRoundTrip: Scenario = {
  id: 'fidelity/keys',
  title: 'keys come back as they were; empty is not null; what some provider cannot carry is refused everywhere',
  async run(stage) {
    const keys = ['', 'a', ' ', 'ключ', '键', '☺', 'with\nline', 'k'.repeat(256), '0', 'null', ...alike];
    const sent: RawInput[] = [...keys, null].map((key) => ({ key, value: Buffer.from(String(key)) }));
    const received = await rawRoundTrip(stage, sent.length, sent);
    const byValue = (events: readonly (RawInput | RawEvent)[]): string[] =>
      events.map((event) => `${Buffer.from(event.value ?? []).toString()} has ${JSON.stringify(event.key)}`);
    const expected = byValue(sent);
    const found = byValue(received);
    const topic = stage.topic({ partitions: 1 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const picked = stage.capabilities.replay ? await pickedKeys(stage, streams, topic) : [];
    const refused = ['k'.repeat(257), 'é'.repeat(600), 'lone \ud800 surrogate'];
    return {
      'round trip': expected
        .filter((line) => !found.includes(line))
        .map((line) => `${line} when sent, not when received`),
      'keys that look alike are different keys': picked,
      'refused alike': (
        await Promise.all(
          refused.map((key) =>
            fails('invalid-key', () => producer.send({ ...stage.load.event(topic, key), id: 'any' })),
          ),
        )
      ).flat(),
      'enough traffic': atLeast('received events', received.length, sent.length),
    };
  },
};

export const metadata: Scenario = {
  id: 'fidelity/times-ids-and-positions',
  title:
    'what was stored has the time of storing, ids are unique, positions grow; where there are no partitions they are unique',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const from = Date.now();
    await stage.load.sendAll(producer, topic, { events: 200, keys: 20, window: 20 });
    const until = Date.now();
    const generated = await Promise.all(
      Array.from({ length: 50 }, (_, index) => producer.send({ type: 'load', data: { key: `g${index}`, seq: 0 } })),
    );
    const received = await collect(stage, topic, 250);
    const { clockSkewMs } = stage.harness;
    const stored = await whatIsStored(streams, topic);
    const outside = (times: readonly { readonly id: string; readonly ms: number }[], skewMs: number): string[] =>
      times
        .filter(({ id, ms }) => id.startsWith('k') && !(ms >= from - skewMs && ms <= until + skewMs))
        .map(({ id, ms }) => `${id} at ${ms}`);
    const ids = new Set(received.map((event) => event.id));
    return {
      // By its own clock: an event that has no time gets that of the call.
      'events have the time of the call': tell(
        'with another time',
        outside(
          received.map(({ id, time }) => ({ id, ms: time.getTime() })),
          0,
        ),
      ),
      'stored times are the service’s': tell(
        'stored at another time',
        outside(
          stored.map(({ id, storedAt }) => ({ id, ms: storedAt })),
          clockSkewMs,
        ),
      ),
      'ids are unique': ids.size === received.length ? [] : [`${received.length - ids.size} ids occur twice`],
      'a source and a key': received.flatMap((event) => (event.source === '' || event.key === null ? [event.id] : [])),
      'enough traffic': [
        ...atLeast('acknowledged events', ofKind(stage.history.entries, 'sent').length, 200),
        ...atLeast('generated ids', generated.length, 50),
        ...atLeast('stored times', stored.length, 250),
      ],
    };
  },
};

async function rawRoundTrip(stage: Stage, count: number, events: Iterable<RawInput>): Promise<RawEvent[]> {
  const topic = defineTopic(stage.name(), { raw: true, partitions: 1 });
  const { streams } = await stage.client([topic]);
  const producer = streams.producer(topic);
  const sending: Promise<unknown>[] = [];
  for (const event of events) sending.push(producer.send(event));
  await Promise.all(sending);
  return collect(stage, topic, count, streams);
}

/** What the provider can carry: text, bytes, and a name that stands twice; or text. */
function rawHeaders(stage: Stage): readonly Header[] {
  if (stage.capabilities.headers === 'text') return [['plain', 'text']];
  return [
    ['plain', 'text'],
    ['bytes', Buffer.from([0xff, 0x00])],
    ['plain', 'again'],
  ];
}

/** By name: values of one name keep their order, names among themselves need not. */
function describeHeaders(headers: readonly Header[]): string {
  const names = [...new Set(headers.map(([name]) => name))].toSorted();
  const valuesOf = (name: string): string =>
    headers.flatMap((header) => (header[0] === name ? [Buffer.from(header[1]).toString('hex')] : [])).join();
  return names.map((name) => `${name}=${valuesOf(name)}`).join(' ');
}

async function collect<Input, Event>(
  stage: Stage,
  topic: Topic<Input, Event>,
  count: number,
  streams?: Streams,
): Promise<Event[]> {
  const client = streams ?? (await stage.client([topic])).streams;
  const received: Event[] = [];
  const consumer = client.consumer(topic, { group: 'collect' });
  const running = consumer.run((event) => void received.push(event));
  await stage.until(`${count} events are back`, () => received.length >= count);
  await consumer.close();
  await running;
  return received;
}

function compare(
  sent: readonly RawInput[],
  received: readonly RawEvent[],
  describe: (event: RawInput) => string,
): readonly string[] {
  const lines = sent.flatMap((event, index) => {
    const back = received[index];
    if (back === undefined) return [`event ${index} did not come back`];
    const [before, after] = [describe(event), describe(back)];
    return before === after ? [] : [`event ${index}: sent ${before}, received ${after}`];
  });
  return received.length > sent.length ? [...lines, `${received.length - sent.length} events too many`] : lines;
}

function describeBytes(value: Uint8Array | null): string {
  return value === null ? 'null' : `${value.byteLength} bytes ${Buffer.from(value).toString('base64').slice(-64)}`;
}
