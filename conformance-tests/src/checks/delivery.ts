import type { Entry, EntryOf } from '../history/entry.ts';
import { isSettled, ofKind } from '../history/history.ts';
import { atLeast, type Check, tell } from './check.ts';

/** Every acknowledged event is delivered and in the end settled; nothing is delivered that was not sent. */
export const allDelivered: Check = (entries) => {
  const settled = new Set(ofKind(entries, 'settle').flatMap((entry) => (entry.result === 'ok' ? [entry.id] : [])));
  const lost = ofKind(entries, 'sent').filter((entry) => !settled.has(entry.id));
  return [
    ...tell(
      'lost',
      lost.map((entry) => entry.id),
    ),
    ...strangers(entries),
  ];
};

/** Nothing is delivered that was not sent. */
export const strangers: Check = (entries) => {
  const sent = new Set(ofKind(entries, 'send').map((entry) => entry.id));
  return tell(
    'never sent, but delivered',
    ofKind(entries, 'deliver').flatMap((entry) => (sent.has(entry.id) ? [] : [entry.id])),
  );
};

/** Each event is delivered exactly once; for runs without faults and without failing handlers. */
export const exclusive: Check = (entries) => {
  const counts = countBy(ofKind(entries, 'deliver').map((entry) => entry.id));
  return tell(
    'delivered more than once',
    [...counts].flatMap(([id, count]) => (count > 1 ? [`${id} (${count}x)`] : [])),
  );
};

/**
 * What was surely not written never arrives; what failed with an unknown outcome is stored at most once, but where
 * each attempt may have stored it. One that is given out again, from where it lies, is not a second one.
 */
export const honestSends = (entries: readonly Entry[], idempotentWrites = true): readonly string[] => {
  const places = new Map(
    ofKind(entries, 'deliver').map(({ id, topic, partition, position }) => [
      [id, topic, partition, position].join('\n'),
      id,
    ]),
  );
  const stored = countBy([...places.values()]);
  const acknowledged = new Set(ofKind(entries, 'sent').map((entry) => entry.id));
  const violations: string[] = [];
  for (const { id, outcome, code } of ofKind(entries, 'send-failed')) {
    const count = stored.get(id) ?? 0;
    if (acknowledged.has(id)) violations.push(`${id} was acknowledged and failed with ${code}`);
    if (outcome === undefined) violations.push(`${id} failed with ${code} and no outcome`);
    if (outcome === 'not-written' && count > 0) violations.push(`${id} failed as not written and was delivered`);
    if (outcome === 'unknown' && count > 1 && idempotentWrites)
      violations.push(`${id} failed as unknown and was stored ${count} times`);
  }
  return violations;
};

/** No send failed, whatever was done meanwhile. */
export const noSendFailed: Check = (entries) =>
  tell(
    'failed sends',
    ofKind(entries, 'send-failed').map(({ id, code }) => `${id} (${code})`),
  );

/** Every send has exactly one result. */
export const everySendAnswered: Check = (entries) => {
  const name = ({ topic, id }: EntryOf<'send' | 'sent' | 'send-failed'>): string => `${topic}\n${id}`;
  const answers = countBy([...ofKind(entries, 'sent'), ...ofKind(entries, 'send-failed')].map(name));
  return tell(
    'without exactly one result',
    ofKind(entries, 'send').flatMap((entry) => {
      const count = answers.get(name(entry)) ?? 0;
      return count === 1 ? [] : [`${entry.id} (${count})`];
    }),
  );
};

/** SEND: a receipt names the place from which the event is then delivered, as far as the service tells it. */
export const receiptsNameThePlace: Check = (entries) => {
  const places = new Map<string, EntryOf<'deliver'>[]>();
  for (const entry of ofKind(entries, 'deliver')) {
    const name = `${entry.topic}\n${entry.id}`;
    const known = places.get(name);
    if (known === undefined) places.set(name, [entry]);
    else known.push(entry);
  }
  return tell(
    'delivered from another place than the receipt names',
    ofKind(entries, 'sent').flatMap(({ topic, id, partition, position }) => {
      const found = places.get(`${topic}\n${id}`) ?? [];
      // An event that was stored twice came from both places, and its receipt names one.
      const isNamed = found.some(
        (place) =>
          (partition === undefined || place.partition === partition) &&
          (position === undefined || place.position === position),
      );
      const [first] = found;
      return first === undefined || isNamed
        ? []
        : [`${id} (${partition}/${position}, came from ${first.partition}/${first.position})`];
    }),
  );
};

/** Nothing is delivered that was not sent to this topic. */
export const isolatedTopics: Check = (entries) => {
  const sent = new Set(
    ofKind(entries, 'send').map(
      ({ topic, id }) => `${topic}
${id}`,
    ),
  );
  return tell(
    'delivered, but never sent to this topic',
    ofKind(entries, 'deliver').flatMap(({ topic, id }) =>
      sent.has(`${topic}
${id}`)
        ? []
        : [`${id} from ${topic}`],
    ),
  );
};

/** What a replay of one key handed out: every event of this key, in the order sent, and no other. */
export function replaysKey(key: string, replayed: readonly string[]): Check {
  return (entries) => {
    const own = ofKind(entries, 'send').filter((entry) => entry.key === key);
    const acknowledged = new Set(ofKind(entries, 'sent').map(({ id }) => id));
    const sent = new Set(own.map(({ id }) => id));
    const firsts = new Set(replayed);
    const expected = own.map(({ id }) => id).filter((id) => firsts.has(id));
    const inOrder = [...firsts].filter((id) => sent.has(id));
    return [
      ...atLeast(`acknowledged events of ${key}`, own.filter(({ id }) => acknowledged.has(id)).length, 1),
      ...tell(
        `of ${key} left out`,
        own.flatMap(({ id }) => (acknowledged.has(id) && !firsts.has(id) ? [id] : [])),
      ),
      ...tell(
        'of another key',
        replayed.filter((id) => !sent.has(id)),
      ),
      ...tell(
        'out of order',
        inOrder.filter((id, index) => id !== expected[index]),
      ),
    ];
  };
}

/** A group gets exactly what was sent after this mark; `entries` are what this group saw of one topic. */
export function startsAt(mark: string): Check {
  return (entries) => {
    const index = entries.findIndex((entry) => entry.kind === 'mark' && entry.name === mark);
    if (index < 0) return [`no mark ${mark}`];
    const newer = new Set(ofKind(entries.slice(index), 'send').map(({ id }) => id));
    const delivered = deliveredIds(entries);
    const known = new Set(delivered);
    return [
      ...tell(
        'older than the start',
        delivered.filter((id) => !newer.has(id)),
      ),
      ...tell(
        'newer and left out',
        ofKind(entries, 'sent').flatMap(({ id }) => (newer.has(id) && !known.has(id) ? [id] : [])),
      ),
    ];
  };
}

/** After this mark exactly those events are delivered that were not settled before it. */
export function resumesAfter(mark: string): Check {
  return (entries) => {
    const index = entries.findIndex((entry) => entry.kind === 'mark' && entry.name === mark);
    if (index < 0) return [`no mark ${mark}`];
    const before = entries.slice(0, index);
    const settled = new Set(before.filter(isSettled).map(({ id }) => id));
    const after = ofKind(entries.slice(index), 'deliver').map((entry) => entry.id);
    const afterIds = new Set(after);
    const missing = ofKind(entries, 'sent').filter((entry) => !settled.has(entry.id) && !afterIds.has(entry.id));
    return [
      ...tell(
        'settled before and delivered again',
        after.filter((id) => settled.has(id)),
      ),
      ...tell(
        'not resumed',
        missing.map((entry) => entry.id),
      ),
    ];
  };
}

/** Acknowledged events of these ids. */
export function sentOf(entries: readonly Entry[], isOne: (id: string) => boolean): ReadonlySet<string> {
  return new Set(ofKind(entries, 'sent').flatMap(({ id }) => (isOne(id) ? [id] : [])));
}

/** Those of other keys than begin with this. */
export function othersThan(prefix: string, ids: readonly string[]): readonly string[] {
  return ids.filter((id) => !id.startsWith(prefix));
}

export function countBy(ids: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** Delivered ids of one stretch of a history, in order. */
export function deliveredIds(entries: readonly Entry[]): string[] {
  return ofKind(entries, 'deliver').map((entry) => entry.id);
}
