import { StreamError } from '@isostream/core';
import type { ErrorCode } from '@isostream/core/adapter';
import { atLeast, tell } from '../checks/check.ts';
import type { Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import type { NewLoad } from '../load/load-topic.ts';
import type { Scenario } from '../run/scenario.ts';

const limit = { partitions: 4, maxEventBytes: '64kb' } as const;
const tooLarge = 'x'.repeat(80_000);

/** In turn: no two neighbours alike where it counts, and not the same read backwards. */
const outcomes = [undefined, 'event-too-large', undefined, undefined, 'schema-violation', 'invalid-key'] as const;

export const batchOfGoodAndBad: Scenario = {
  id: 'send/each-event-of-a-call-has-its-result',
  title: 'where some events of one call fail, each event of it has its own result, and the others are stored',
  async run(stage) {
    const topic = stage.topic(limit);
    const producer = await stage.producer(topic);
    const member = await stage.member(topic, { handle: () => undefined });
    const expected = Array.from({ length: 120 }, (_, index) => outcomes[index % outcomes.length]);
    const events = expected.map((outcome, index) => spoilt(stage.load.event(topic, `k${index % 7}`), outcome));
    const results = await stage.load.sendBatch(producer, topic, events);
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const codes = results.map((result) => (result.ok ? undefined : result.error.code));
    return {
      'each has its own result': tell(
        'results of another event',
        expected.flatMap((code, index) =>
          code === codes[index] ? [] : [`${index}: ${codes[index] ?? 'stored'} and not ${code ?? 'stored'}`],
        ),
      ),
      'errors are errors': tell(
        'results without an error of isostream',
        results.flatMap((result, index) => (result.ok || StreamError.is(result.error) ? [] : [String(index)])),
      ),
      'as many as were sent': [
        ...atLeast('results', results.length, events.length),
        ...atLeast('stored', ofKind(entries, 'sent').length, 60),
        ...atLeast('refused', ofKind(entries, 'send-failed').length, 60),
      ],
    };
  },
};

function spoilt(event: NewLoad, outcome: (typeof outcomes)[number]): NewLoad {
  if (outcome === 'event-too-large') return { ...event, data: { ...event.data, pad: tooLarge } };
  // A schema asks for a number, which is what JavaScript's own callers may forget.
  if (outcome === 'schema-violation') return { ...event, data: Object.assign({}, event.data, { seq: 'none' }) };
  if (outcome === 'invalid-key') return { ...event, data: { ...event.data, key: 'k'.repeat(300) } };
  return event;
}

const keys = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
/** Of which one event fails permanently: the fourth. */
const failing: ReadonlySet<string> = new Set(['a', 'b', 'c']);
const resumed = 'b';

export const failedKeys: Scenario = {
  id: 'send-order/fail-key-holds-a-key-back',
  title: 'with fail-key what follows an event that failed is held back, of its key alone, until that key is resumed',
  async run(stage) {
    const topic = stage.topic(limit);
    const producer = await stage.producer(topic, { afterFailure: 'fail-key' });
    const member = await stage.member(topic, { handle: () => undefined });
    const send = (key: string, pad?: string): Promise<void> =>
      stage.load.send(producer, topic, stage.load.event(topic, key, pad));
    const round = (): Promise<void>[] => keys.flatMap((key) => [send(key), send(key), send(key)]);
    // All at once: what is sent before the one that fails goes on.
    stage.mark('before');
    await Promise.all([...round(), ...[...failing].map((key) => send(key, tooLarge))]);
    stage.mark('held');
    await Promise.all(round());
    producer.resumeKey(resumed);
    stage.mark('resumed');
    await Promise.all(round());
    stage.mark('end');
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const heldBack = ofKind(entries, 'send-failed').filter(({ code }) => code === 'key-failed');
    return {
      'what was sent before it goes on': wrongly(entries, ['before', 'held'], (key, seq) =>
        failing.has(key) && seq === 3 ? 'event-too-large' : undefined,
      ),
      'what follows it is held back': wrongly(entries, ['held', 'resumed'], (key) =>
        failing.has(key) ? 'key-failed' : undefined,
      ),
      'one key is resumed, and no other': wrongly(entries, ['resumed', 'end'], (key) =>
        failing.has(key) && key !== resumed ? 'key-failed' : undefined,
      ),
      'enough traffic': [
        ...atLeast('stored', ofKind(entries, 'sent').length, 39),
        ...atLeast('held back', heldBack.length, 15),
      ],
    };
  },
};

/** Results of what was sent between two marks that are not as they should be. */
function wrongly(
  entries: readonly Entry[],
  [from, to]: readonly [from: string, to: string],
  expected: (key: string, seq: number) => ErrorCode | undefined,
): readonly string[] {
  const at = (name: string): number => entries.findIndex((entry) => entry.kind === 'mark' && entry.name === name);
  const codes = new Map(ofKind(entries, 'send-failed').map(({ id, code }) => [id, code]));
  return tell(
    'results that are wrong',
    ofKind(entries.slice(at(from), at(to)), 'send').flatMap(({ id, key, seq }) => {
      const [is, shouldBe] = [codes.get(id), expected(key ?? '', seq)];
      return is === shouldBe ? [] : [`${id}: ${is ?? 'stored'} and not ${shouldBe ?? 'stored'}`];
    }),
  );
}
