import { atLeast, tell } from '../checks/check.ts';
import { everyStoredSettled, storedInOrder, storedOnce } from '../checks/stored.ts';
import type { Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { because, type Scenario } from '../run/scenario.ts';

/** Keys of the producer that dies. */
const doomedKeys = 'd';

export const producerCrash: Scenario = {
  id: 'send/a-producer-crashes',
  title: 'a producer that is killed: what it was told is stored, its keys have no holes, and others go on',
  breaks: 'own-members',
  without: {
    ...because('a dead process answers nobody', 'every send answered'),
    ...because('it may die before it tells of its last sends', 'nothing else is delivered'),
  },
  async run(stage) {
    const topic = stage.topic();
    const member = await stage.member(topic, { handle: stage.busy(2) });
    const producer = await stage.producer(topic);
    const others = stage.load.sendAll(producer, topic, { events: 400, keys: 20, perSecond: 400 });
    const doomed = await stage.volatileSender(topic, {
      keys: 20,
      keyPrefix: doomedKeys,
      sender: 'p2',
      window: 200,
    });
    // One request may answer all that it had sent: then it has nothing under way for a moment.
    await stage.until('it is at work', () => {
      const { arrivals } = stage.history;
      return sentByDoomed(arrivals) >= 200 && openOfDoomed(arrivals).length > 0;
    });
    await stage.during('crash', () => doomed.crash());
    await others;
    await stage.untilSettled(topic);
    if (stage.capabilities.replay) {
      await stage.recordStored(topic);
      await stage.until('what is stored is settled', () => everyStoredSettled(stage.history.arrivals).length === 0);
    }
    await member.consumer.close();
    const { entries } = stage.history;
    return {
      ...(stage.capabilities.replay
        ? {
            'all that is stored is settled': everyStoredSettled(entries),
            'stored in order': storedInOrder(entries),
            'stored once': storedOnce(stage.capabilities.idempotentWrites)(entries),
          }
        : {}),
      'no hole in a key': holes(entries),
      'in the middle of its work': [
        ...atLeast('acknowledged sends of the one that died', sentByDoomed(entries), 200),
        ...atLeast('sends that it had no answer to', openOfDoomed(entries).length, 1),
      ],
    };
  },
};

function isDoomed(key: string | null): boolean {
  return key?.startsWith(doomedKeys) === true;
}

function sentByDoomed(entries: readonly Entry[]): number {
  return ofKind(entries, 'sent').filter(({ id }) => id.startsWith(doomedKeys)).length;
}

function openOfDoomed(entries: readonly Entry[]): readonly Entry[] {
  const answered = new Set(ofKind(entries, 'sent').map(({ id }) => id));
  return ofKind(entries, 'send').filter(({ id, key }) => isDoomed(key) && !answered.has(id));
}

/** Nothing of a key is stored behind something that is not. */
function holes(entries: readonly Entry[]): readonly string[] {
  const seqs = new Map<string, Set<number>>();
  for (const { key, seq } of ofKind(entries, 'deliver')) {
    if (key === null || !isDoomed(key)) continue;
    const known = seqs.get(key) ?? new Set<number>();
    seqs.set(key, known.add(seq));
  }
  const missing = [...seqs].flatMap(([key, known]) =>
    Array.from({ length: Math.max(...known) }, (_, seq) => seq).flatMap((seq) =>
      known.has(seq) ? [] : [`${key}#${seq}`],
    ),
  );
  return tell('missing before later events of their key', missing);
}
