import { cloudEvents, type DeadLetter, defineTopic, type Format, plain, type Schema } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import { pack, PackedCodec, packedHeader } from '../load/packed-codec.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';

const anything: Schema = { '~standard': { version: 1, vendor: 'isostream', validate: (value) => ({ value }) } };

const events = 20;
/** More often than a handler may be tried: being away does not count as a failed attempt. */
const away = 4;

export const formats: Scenario = {
  id: 'fidelity/formats-and-codecs',
  title: 'plain events and a binary codec come back as they were, also where the codec has to wait for others',
  async run(stage) {
    const outcomes = await Promise.all([
      played(stage, 'cloudEvents', cloudEvents()),
      played(stage, 'plain', plain({ type: { header: 'kind' }, id: { header: 'message' } })),
    ]);
    const all = (name: keyof (typeof outcomes)[number]): readonly string[] =>
      outcomes.flatMap((outcome) => outcome[name]);
    return {
      'round trip': all('roundTrip'),
      'a plain payload is what the codec wrote': all('bare'),
      'what cannot be read is a letter with its reason': all('letters'),
      'a codec that waits fails nobody': all('waits'),
      'enough traffic': all('traffic'),
    };
  },
};

async function played(stage: Stage, name: string, format: Format) {
  const codec = new PackedCodec(away);
  const storage = { partitions: 2 };
  const topic = defineTopic(stage.name(), {
    events: { load: anything, other: anything },
    key: ({ data }) => (typeof data === 'object' && data !== null && 'key' in data ? String(data.key) : 'none'),
    format,
    codec,
    ...storage,
  });
  const raw = defineTopic(topic.name, { raw: true, ...storage });
  const { streams } = await stage.client([topic]);
  const sent = Array.from({ length: events }, (_, index) => ({
    type: index % 3 === 0 ? ('other' as const) : ('load' as const),
    id: `${name}-${index}`,
    // What JSON could not say.
    data: { key: `k${index % 4}`, at: new Date(index), big: 2n ** 64n + BigInt(index) },
    headers: { tenant: `t${index}` },
  }));
  const producer = streams.producer(topic);
  await streams
    .producer(raw)
    .send({ key: 'foreign', value: Buffer.from('not of this codec'), headers: [['kind', 'load']] });
  const results = await producer.sendBatch(sent);

  const [lines, attempts]: [string[], number[]] = [[], []];
  const letters: DeadLetter[] = [];
  const consumer = streams.consumer(topic, { group: 'g', retry: { attempts: 2, backoff: { initial: 1, max: 10 } } });
  const running = consumer.run(({ type, id, key, data, headers }, { attempt }) => {
    lines.push(told({ type, id, key, data, headers }));
    attempts.push(attempt);
  });
  await stage.until(`${events} events are back`, () => lines.length >= events);
  await stage.until('the letter is written', async () => {
    letters.length = 0;
    for await (const letter of streams.deadLetters(topic, { group: 'g' })) letters.push(letter);
    return letters.length > 0;
  });
  await consumer.close();
  await running;

  const bare: string[] = [];
  if (format.kind === 'plain')
    await streams.replay(raw, { from: 'earliest' }).run(({ key, value }) => void bare.push(hex(String(key), value)));
  const expected = sent.map((event) => told({ ...event, key: event.data.key }));
  const packed = sent.map(({ data }) => hex(data.key, pack(data)));
  const failed = results.filter(({ ok }) => !ok).length;
  return {
    roundTrip: expected.filter((line) => !lines.includes(line)).map((line) => `${line} did not come back`),
    bare: format.kind === 'plain' ? packed.filter((line) => !bare.includes(line)) : [],
    letters: letters.flatMap(({ error }) =>
      error.code === 'undecodable' ? [] : [`${name}: a letter with ${error.code}: ${error.message}`],
    ),
    waits: [
      ...(failed === 0 ? [] : [`${name}: ${failed} sends failed`]),
      ...(letters.length === 1 ? [] : [`${name}: ${letters.length} letters where one was due`]),
      ...attempts.filter((attempt) => attempt !== 1).map((attempt) => `${name}: handed out as attempt ${attempt}`),
    ],
    traffic: [
      ...atLeast('refusals as it wrote', codec.refusals.encode, away),
      ...atLeast('refusals as it read', codec.refusals.decode, away),
    ],
  };
}

interface Told {
  readonly type: string;
  readonly id: string;
  readonly key: string | null;
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Data by its bytes: they are of the same codec. */
function told({ type, id, key, data, headers }: Told): string {
  // Headers of the codec are none of the application's.
  const other = packedHeader in headers ? ` with ${packedHeader}` : '';
  return `${type} ${id} of ${key} for ${headers['tenant']}${other}: ${hex('', pack(data))}`;
}

function hex(key: string, value: Uint8Array | null): string {
  return `${key}:${Buffer.from(value ?? []).toString('hex')}`;
}
