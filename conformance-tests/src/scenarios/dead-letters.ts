import { defineTopic, type DeadLetter, type RawEvent, type Streams } from '@isostream/core';
import { deadLetterName } from '@isostream/core/adapter';
import { atLeast } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { fails, refusal } from './refusals.ts';

export const letterContent: Scenario = {
  id: 'dead-letter/a-letter-holds-the-event',
  title: 'a dead letter holds the event as it was, and tells where it came from and why',
  needs: {
    capability: 'replay',
    isDeclared: (capabilities) => capabilities.replay,
    async refused(stage) {
      const topic = stage.topic({ partitions: 2 });
      const { streams } = await stage.client([topic]);
      return {
        'read a range': refusal(() => streams.replay(topic, { from: 'earliest' })),
        'read dead letters': await fails('unsupported', () => firstOf(streams.deadLetters(topic, { group: 'g' }))),
        'send dead letters again': await fails('unsupported', () => streams.redrive(topic, { group: 'g' })),
      };
    },
  },
  without: because('what is redriven is given out again', 'exactly once'),
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    for (let index = 0; index < 20; index++) {
      const event = {
        ...stage.load.event(topic, `k${index % 4}`, '☺'),
        headers: { 'trace-id': `t-${index}`, MixedCase: '☺' },
      };
      await stage.load.send(producer, topic, event);
    }
    const from = Date.now();
    let isBroken = true;
    const member = await stage.member(topic, {
      retry: { attempts: 3, backoff: { initial: 5, max: 10 } },
      handle: ({ data }) => {
        if (isBroken && data.seq % 2 === 1) throw new Error('the database is down');
      },
    });
    await stage.untilSettled(topic);
    const letters: DeadLetter[] = [];
    for await (const letter of streams.deadLetters(topic, { group: 'g' })) letters.push(letter);
    const originals = await readRaw(streams, topic.name);
    const stored = await readRaw(streams, deadLetterName(topic.name, 'g'));
    const sent = new Map(ofKind(stage.history.entries, 'sent').map((entry) => [entry.id, entry]));
    const wrong = letters.flatMap((letter) => {
      const place = sent.get(letter.event?.id ?? '');
      return place !== undefined &&
        (place.partition ?? letter.origin.partition) === letter.origin.partition &&
        (place.position ?? letter.origin.position) === letter.origin.position &&
        letter.origin.topic === topic.name &&
        letter.group === 'g' &&
        letter.attempts === 3 &&
        letter.error.code === 'handler-failed' &&
        letter.error.message.includes('the database is down') &&
        letter.firstFailure.getTime() >= from - stage.harness.clockSkewMs &&
        letter.lastFailure >= letter.firstFailure
        ? []
        : [JSON.stringify(letter)];
    });
    const changed = stored.filter((letter) => !originals.some((original) => holds(letter, original)));

    isBroken = false;
    const dry = await streams.redrive(topic, { group: 'g', dryRun: true });
    await forgeMarkers(streams, deadLetterName(topic.name, 'g'), letters);
    const report = await streams.redrive(topic, { group: 'g', where: (letter) => letter.key !== 'k0' });
    const again = await streams.redrive(topic, { group: 'g', where: (letter) => letter.key !== 'k0' });
    const redriven = letters.filter((letter) => letter.key !== 'k0').map((letter) => letter.event?.id);
    const settledNow = (): Set<string> =>
      new Set(ofKind(stage.history.entries, 'settle').flatMap((entry) => (entry.result === 'ok' ? [entry.id] : [])));
    await stage.until('redriven events are handled', () =>
      redriven.every((id) => id !== undefined && settledNow().has(id)),
    );
    await member.consumer.close();
    return {
      'tells where and why': wrong,
      'key, bytes and headers unchanged': changed.map((letter) => `letter of key ${String(letter.key)}`),
      'a letter for each': letters.length === 8 ? [] : [`${letters.length} letters, 8 were due`],
      'a dry run sends nothing': dry.redriven === 8 ? [] : [`a dry run found ${dry.redriven} letters`],
      'redrive sends what was picked':
        report.redriven === redriven.length && report.passedOver === 8 - redriven.length
          ? []
          : [JSON.stringify(report)],
      'redrive sends nothing twice': again.redriven === 0 ? [] : [`${again.redriven} letters a second time`],
      'enough traffic': atLeast('redriven letters', redriven.length, 6),
    };
  },
};

/** Says of each letter that it was sent back, in the words of markers, but for another event in its place. */
async function forgeMarkers(streams: Streams, name: string, letters: readonly DeadLetter[]): Promise<void> {
  const producer = streams.producer(defineTopic(name, { raw: true }));
  for (const { id, key } of letters) {
    const headers = [
      ['isostream-redriven', id],
      ['isostream-digest', 'of another event'],
      ['isostream-redrives', '3'],
    ] as const;
    await producer.send({ key, value: Buffer.of(), headers });
  }
  await producer.close();
}

async function firstOf(letters: AsyncIterable<DeadLetter>): Promise<DeadLetter | undefined> {
  for await (const letter of letters) return letter;
  return undefined;
}

async function readRaw(streams: Streams, name: string): Promise<RawEvent[]> {
  const events: RawEvent[] = [];
  await streams.replay(defineTopic(name, { raw: true }), { from: 'earliest' }).run((event) => void events.push(event));
  return events;
}

/** The letter has the original's key and bytes, and every header of it. */
function holds(letter: RawEvent, original: RawEvent): boolean {
  const text = ([name, value]: RawEvent['headers'][number]): string => `${name}=${Buffer.from(value).toString('hex')}`;
  const headers = new Set(letter.headers.map(text));
  return (
    letter.key === original.key &&
    Buffer.compare(letter.value ?? Buffer.of(), original.value ?? Buffer.of()) === 0 &&
    original.headers.every((header) => headers.has(text(header)))
  );
}
