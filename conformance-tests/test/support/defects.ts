import type { Entry, EntryOf } from '../../src/history/entry.ts';
import { ofKind } from '../../src/history/history.ts';

/** Picks one; `undefined` of none. */
export type Pick = <Item>(items: readonly Item[]) => Item | undefined;

/** Puts one thing wrong into a history; `undefined` where the history has no place for it. */
export type Defect = (entries: readonly Entry[], pick: Pick) => readonly Entry[] | undefined;

const isFinal = (entry: Entry): entry is EntryOf<'settle'> | EntryOf<'dead'> =>
  entry.kind === 'dead' || (entry.kind === 'settle' && entry.result === 'ok');

function insert(entries: readonly Entry[], index: number, ...added: Entry[]): readonly Entry[] {
  return entries.toSpliced(index, 0, ...added);
}

/** A defect that changes, doubles or moves one entry of many. */
function atOne<Found extends Entry>(
  candidates: (entries: readonly Entry[]) => readonly Found[],
  change: (found: Found, entries: readonly Entry[], index: number) => readonly Entry[] | undefined,
): Defect {
  return (entries, pick) => {
    const found = pick(candidates(entries));
    return found === undefined ? undefined : change(found, entries, entries.indexOf(found));
  };
}

const delivers = (entries: readonly Entry[]) => ofKind(entries, 'deliver');
const settles = (entries: readonly Entry[]) => ofKind(entries, 'settle');

export const lostEvent: Defect = atOne(
  (entries) => ofKind(entries, 'sent'),
  ({ id }, entries) =>
    entries.filter((entry) => !((entry.kind === 'deliver' || entry.kind === 'settle') && entry.id === id)),
);

export const duplicate: Defect = atOne(settles, (settle, entries, index) => {
  const deliver = delivers(entries).find(({ id }) => id === settle.id);
  return deliver === undefined ? undefined : insert(entries, index + 1, deliver, settle);
});

export const stranger: Defect = atOne(delivers, (deliver, entries, index) =>
  insert(entries, index, { ...deliver, id: 'nobody#0' }),
);

/** Pairs of events of one key that follow each other, as they were handed out first. */
function neighbours(entries: readonly Entry[]): readonly (readonly [EntryOf<'deliver'>, EntryOf<'deliver'>])[] {
  const firsts = delivers(entries).filter(({ key, attempt }) => key !== null && attempt === 1);
  return firsts.flatMap((first) => {
    const next = firsts.find(({ key, seq }) => key === first.key && seq === first.seq + 1);
    return next === undefined ? [] : [[first, next] as const];
  });
}

export const swapWithinKey: Defect = (entries, pick) => swapped(entries, pick(neighbours(entries)));

export const swapWithinSender: Defect = (entries, pick) => {
  const senders = new Map(ofKind(entries, 'send').map(({ id, sender }) => [id, sender]));
  return swapped(
    entries,
    pick(neighbours(entries).filter(([first, second]) => senders.get(first.id) === senders.get(second.id))),
  );
};

function swapped(
  entries: readonly Entry[],
  pair: readonly EntryOf<'deliver'>[] | undefined,
): readonly Entry[] | undefined {
  if (pair === undefined) return undefined;
  const [first, second] = pair.map(({ id, seq }) => ({ id, seq }));
  return entries.map((entry) => {
    if (entry.kind !== 'deliver' && entry.kind !== 'settle') return entry;
    if (entry.id === first?.id) return { ...entry, ...second };
    return entry.id === second?.id ? { ...entry, ...first } : entry;
  });
}

/** The next owner is given these, of which each is settled again. */
function again(entries: readonly Entry[], calls: readonly EntryOf<'deliver'>[]): readonly Entry[] {
  const at = entries.at(-1)?.at ?? 0;
  const repeated = calls.flatMap((call, index): Entry[] => {
    const owned = { ...call, at: at + index, member: 'next', assignment: 1_000, attempt: 1 };
    return [
      { ...owned, kind: 'deliver' },
      { ...owned, kind: 'settle', result: 'ok' },
    ];
  });
  return [...entries, ...repeated];
}

export const repeatsBackwards: Defect = (entries, pick) => {
  const [first, second] = pick(neighbours(entries)) ?? [];
  return first === undefined || second === undefined ? undefined : again(entries, [second, first]);
};

export const repeatsWithAHole: Defect = (entries, pick) => {
  const pairs = neighbours(entries);
  const [first, second] = pick(pairs.filter(([, middle]) => pairs.some(([start]) => start === middle))) ?? [];
  const [, third] = pairs.find(([start]) => start === second) ?? [];
  return first === undefined || third === undefined ? undefined : again(entries, [first, third]);
};

/** The first delivery of an event never was, though its owner had those before and behind it. */
export const leftOut: Defect = (entries, pick) => {
  const pairs = neighbours(entries).filter(([first, second]) => first.assignment === second.assignment);
  const [, middle] = pick(pairs.filter(([, second]) => pairs.some(([start]) => start === second))) ?? [];
  return middle === undefined
    ? undefined
    : entries.filter((entry) => !(entry.kind === 'deliver' && entry.id === middle.id));
};

/** An assignment that was handed back starts another handler. */
export const lateDelivery: Defect = atOne(
  (entries) =>
    ofKind(entries, 'revoke').filter(({ assignment }) =>
      delivers(entries).some((call) => call.assignment === assignment),
    ),
  (revoke, entries, index) => {
    const call = delivers(entries).find(({ assignment }) => assignment === revoke.assignment);
    return call === undefined ? undefined : insert(entries, index + 1, call);
  },
);

/** A former owner that was not told starts another handler while the next one is at work. */
export const lateDeliveryUntold: Defect = (entries, pick) => {
  const untold = entries.filter(({ kind }) => kind !== 'revoke');
  const later = pick(
    delivers(untold).filter(({ partition, assignment }) =>
      delivers(untold).some((call) => call.partition === partition && call.assignment < assignment),
    ),
  );
  const former = delivers(untold).find(
    (call) => call.partition === later?.partition && call.assignment < later.assignment,
  );
  return later === undefined || former === undefined ? undefined : insert(untold, untold.indexOf(later) + 1, former);
};

/** An assignment is lost while a handler of it runs, which nobody tells. */
export const lossInSilence: Defect = atOne(
  delivers,
  ({ at, topic, group, member, partition, assignment }, entries, index) =>
    insert(entries, index + 1, { kind: 'lost', at, topic, group, member, partition, assignment }),
);

/** The later event of a key starts while the earlier one still runs. */
export const overlap: Defect = (entries, pick) => {
  const [first, second] = pick(neighbours(entries)) ?? [];
  const end = settles(entries).findLast(({ id }) => id === first?.id);
  if (second === undefined || end === undefined) return undefined;
  const without = entries.filter((entry) => entry !== second);
  return insert(without, without.indexOf(end), second);
};

export const earlyCommit: Defect = atOne(
  (entries) => entries.filter(isFinal),
  (final, entries, index) => {
    const deliver = delivers(entries).findLast(({ id }) => id === final.id);
    if (deliver === undefined) return undefined;
    const { topic, group, member, partition, assignment, position } = deliver;
    return insert(entries, index, {
      kind: 'commit',
      at: final.at,
      topic,
      group,
      member,
      partition,
      assignment,
      position,
    });
  },
);

/** An early commit that failed may have been stored all the same. */
export const earlyCommitThatFailed: Defect = (entries, pick) =>
  earlyCommit(entries, pick)?.map((entry) =>
    entry.kind === 'commit' && !entries.includes(entry) ? { ...entry, kind: 'commit-failed', code: 'timeout' } : entry,
  );

export const commitGoesBack: Defect = atOne(
  (entries) => ofKind(entries, 'commit'),
  (commit, entries, index) => insert(entries, index + 1, { ...commit, position: String(Number(commit.position) - 1) }),
);

/** A former owner commits after the next one began. */
export const lateCommit: Defect = atOne(
  (entries) =>
    delivers(entries).filter(({ partition, assignment }) =>
      ofKind(entries, 'revoke').some((revoke) => revoke.partition === partition && revoke.assignment < assignment),
    ),
  (deliver, entries, index) => {
    const former = ofKind(entries, 'revoke').find(
      (revoke) => revoke.partition === deliver.partition && revoke.assignment < deliver.assignment,
    );
    return former === undefined ? undefined : insert(entries, index + 1, { ...former, kind: 'commit', position: '6' });
  },
);

export const wrongAttempt: Defect = atOne(delivers, (deliver, entries, index) =>
  entries.with(index, { ...deliver, attempt: deliver.attempt === 1 ? 2 : 1 }),
);

export const attemptLeftOut: Defect = atOne(delivers, (deliver, entries) =>
  entries.filter((entry) => entry !== deliver),
);

/** An attempt starts when a tenth of its wait is still to come. */
export function earlyBackoff(waitMs: (attempt: number) => number): Defect {
  return atOne(
    (entries) => delivers(entries).filter(({ attempt }) => attempt > 1),
    (deliver, entries, index) => {
      const before = settles(entries.slice(0, index)).findLast(({ id }) => id === deliver.id);
      return before === undefined
        ? undefined
        : entries.with(index, { ...deliver, at: before.at + waitMs(deliver.attempt) * 0.9 });
    },
  );
}

export const letterLost: Defect = atOne(
  (entries) => ofKind(entries, 'dead'),
  (dead, entries) => entries.filter((entry) => entry !== dead),
);

export const letterTwice: Defect = atOne(
  (entries) => ofKind(entries, 'dead'),
  (dead, entries) => [...entries, dead],
);

export const letterOfAHandledEvent: Defect = atOne(
  (entries) => settles(entries).filter(({ result }) => result === 'ok'),
  ({ topic, group, id, attempt, at }, entries) => [
    ...entries,
    { kind: 'dead', at, topic, group, id, attempts: attempt, code: 'internal' },
  ],
);

export const answerLost: Defect = atOne(
  (entries) => ofKind(entries, 'sent'),
  (sent, entries) => entries.filter((entry) => entry !== sent),
);

/** The event is stored, and its sender is told that it is not. */
export const falseRefusal: Defect = atOne(
  (entries) => ofKind(entries, 'sent'),
  ({ at, topic, id }, entries, index) =>
    entries.with(index, { kind: 'send-failed', at, topic, id, code: 'unavailable', outcome: 'not-written' }),
);

export const secondAnswer: Defect = atOne(
  (entries) => ofKind(entries, 'sent'),
  ({ at, topic, id }, entries, index) =>
    insert(entries, index + 1, { kind: 'send-failed', at, topic, id, code: 'timeout', outcome: 'unknown' }),
);

export const wrongTopic: Defect = atOne(delivers, (deliver, entries, index) =>
  entries.with(index, { ...deliver, topic: 'another' }),
);

export const movedKey: Defect = (entries, pick) => {
  const keyed = new Map(ofKind(entries, 'send').flatMap(({ id, key }) => (key === null ? [] : [[id, key] as const])));
  const keys = ofKind(entries, 'sent').flatMap(({ id }) => keyed.get(id) ?? []);
  const sent = pick(ofKind(entries, 'sent').filter(({ id }) => keys.filter((key) => key === keyed.get(id)).length > 1));
  return sent === undefined ? undefined : entries.with(entries.indexOf(sent), { ...sent, partition: '99' });
};

export const positionGoesBack: Defect = atOne(
  (entries) => ofKind(entries, 'sent').filter((sent) => beforeOfKey(entries, sent) !== undefined),
  (sent, entries, index) => entries.with(index, { ...sent, position: beforeOfKey(entries, sent)?.position }),
);

/** The event of the same key and partition that was acknowledged before this one. */
function beforeOfKey(
  entries: readonly Entry[],
  { topic, id, partition }: EntryOf<'sent'>,
): EntryOf<'sent'> | undefined {
  const keys = new Map(ofKind(entries, 'send').map((send) => [`${send.topic}/${send.id}`, send.key]));
  const key = keys.get(`${topic}/${id}`) ?? null;
  if (key === null) return undefined;
  const all = ofKind(entries, 'sent').filter(
    (sent) => sent.topic === topic && sent.partition === partition && keys.get(`${sent.topic}/${sent.id}`) === key,
  );
  return all[all.findIndex((sent) => sent.id === id) - 1];
}

export function tooMuchRead(room: number): Defect {
  return atOne(
    (entries) => ofKind(entries, 'read'),
    (read, entries, index) => entries.with(index, { ...read, events: read.events + room }),
  );
}
