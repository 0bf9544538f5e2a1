import type { Call, Entry } from '../history/entry.ts';
import { isSettled, ofKind } from '../history/history.ts';
import { type Check, eachGroup, tell } from './check.ts';
import { placeOnLine } from './position.ts';

/** Of each key, first deliveries come in the order sent, but for events whose send failed: they have no promised place. */
export const perKeyOrder: Check = eachGroup((entries) => {
  const last = new Map<string, number>();
  const seen = new Set(ofKind(entries, 'send-failed').map(({ id }) => id));
  const wrong: string[] = [];
  for (const { id, key, seq } of ofKind(entries, 'deliver')) {
    if (key === null || seen.has(id)) continue;
    seen.add(id);
    const before = last.get(key) ?? -1;
    if (seq <= before) wrong.push(`${key}: ${seq} after ${before}`);
    last.set(key, Math.max(seq, before));
  }
  return tell('out of order', wrong);
});

/**
 * KEY-ORDER as a whole: an event is handed out only after every earlier acknowledged event of its key was settled, in all members together.
 * Covers order across retries, redelivery from the lowest unsettled event, and overtaking after a hand-over; and where
 * settled events come again, that each owner settles one before it hands out the next.
 */
export const afterPredecessors: Check = (entries) => [...afterAcknowledged(entries), ...afterOwn(entries)];

/** Under each assignment, also of events that came again. */
const afterOwn: Check = eachGroup((entries) => {
  const out = new Map<string, Call>();
  const wrong: string[] = [];
  const laneOf = ({ assignment, key }: Call): string => `${assignment}\n${key}`;
  for (const entry of entries) {
    if (entry.kind === 'deliver' && entry.key !== null) {
      const before = out.get(laneOf(entry));
      if (before !== undefined && before.position !== entry.position)
        wrong.push(`${entry.key}: ${entry.seq} before its owner had settled ${before.seq}`);
      out.set(laneOf(entry), entry);
    } else if (entry.kind === 'settle' && entry.result === 'ok') {
      if (out.get(laneOf(entry))?.position === entry.position) out.delete(laneOf(entry));
    } else if (entry.kind === 'dead') {
      for (const [lane, call] of out) if (call.id === entry.id) out.delete(lane);
    }
  }
  return tell('handed out before the one in front was settled again', wrong);
});

const afterAcknowledged: Check = eachGroup((entries) => {
  const keyOf = new Map<string, readonly [key: string, seq: number]>();
  const acknowledged = new Set(ofKind(entries, 'sent').map((entry) => entry.id));
  const open = new Map<string, Map<string, number>>();
  for (const { id, key, seq } of ofKind(entries, 'send')) {
    if (key === null || !acknowledged.has(id)) continue;
    keyOf.set(id, [key, seq]);
    const events = open.get(key) ?? new Map<string, number>();
    open.set(key, events.set(id, seq));
  }
  const wrong: string[] = [];
  for (const entry of entries) {
    if (isSettled(entry)) close(open, keyOf, entry.id);
    else if (entry.kind === 'deliver' && entry.key !== null) {
      // Events are in the order sent, so the first open one is the lowest.
      const lowest = open.get(entry.key)?.values().next().value;
      if (lowest !== undefined && lowest < entry.seq)
        wrong.push(`${entry.key}: ${entry.seq} while ${lowest} was not settled`);
    }
  }
  return tell('handed out too early', wrong);
});

function close(
  open: Map<string, Map<string, number>>,
  keyOf: Map<string, readonly [string, number]>,
  id: string,
): void {
  const [key] = keyOf.get(id) ?? [];
  if (key !== undefined) open.get(key)?.delete(id);
}

/** Handlers of one key never overlap, in all members together. */
export const singleFlightPerKey: Check = (entries) => tell('overlapping handlers', overlaps(entries));

/** Every start of a handler while another one of its key ran, wherever that was. */
export function overlaps(entries: readonly Entry[]): readonly string[] {
  const running = new Map<string, Call>();
  const found: string[] = [];
  for (const entry of entries) {
    if ((entry.kind !== 'deliver' && entry.kind !== 'settle') || entry.key === null) continue;
    // Groups and topics are independent of each other: so are their keys.
    const lane = `${entry.topic}\n${entry.group}\n${entry.key}`;
    const other = running.get(lane);
    if (entry.kind === 'deliver') {
      if (other !== undefined)
        found.push(`${entry.key}: ${entry.seq} at ${entry.member} while ${other.seq} ran at ${other.member}`);
      running.set(lane, entry);
    } else if (other !== undefined && other.id === entry.id && other.assignment === entry.assignment)
      running.delete(lane);
  }
  return found;
}

/** The most different keys whose handlers ran at the same time. */
export function keysAtOnce(entries: readonly Entry[]): number {
  const running = new Map<string, number>();
  let most = 0;
  for (const entry of entries) {
    if ((entry.kind !== 'deliver' && entry.kind !== 'settle') || entry.key === null) continue;
    const count = (running.get(entry.key) ?? 0) + (entry.kind === 'deliver' ? 1 : -1);
    if (count > 0) running.set(entry.key, count);
    else running.delete(entry.key);
    most = Math.max(most, running.size);
  }
  return most;
}

/** Events of one sender and key arrive in the order in which they were sent. */
export const senderOrder: Check = eachGroup((entries) => {
  const sends = new Map(
    ofKind(entries, 'send').map((entry, index) => [entry.id, { lane: `${entry.sender}/${entry.key}`, index }]),
  );
  const last = new Map<string, number>();
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const { id, key } of ofKind(entries, 'deliver')) {
    const send = sends.get(id);
    if (send === undefined || key === null || seen.has(id)) continue;
    seen.add(id);
    if (send.index < (last.get(send.lane) ?? -1)) wrong.push(`${send.lane}: ${id}`);
    last.set(send.lane, send.index);
  }
  return tell('out of order for their sender', wrong);
});

/** A key has one partition. */
export const stablePartition: Check = (entries) => {
  const keys = new Map(ofKind(entries, 'send').map((entry) => [`${entry.topic}\n${entry.id}`, entry.key]));
  const partitions = new Map<string, string>();
  const wrong: string[] = [];
  for (const { topic, id, partition } of ofKind(entries, 'sent')) {
    const key = keys.get(`${topic}\n${id}`) ?? null;
    if (key === null || partition === undefined) continue;
    const place = `${topic}\n${key}`;
    const before = partitions.get(place) ?? partition;
    if (before !== partition) wrong.push(`${key}: ${before} and ${partition}`);
    partitions.set(place, partition);
  }
  return tell('keys in two partitions', wrong);
};

/** No two events have one place. */
export const uniquePositions: Check = (entries) => {
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const { topic, id, partition, position } of ofKind(entries, 'sent')) {
    if (position === undefined) continue;
    const place = `${topic}\n${partition}\n${position}`;
    if (seen.has(place)) wrong.push(`${id} at ${position}`);
    seen.add(place);
  }
  return tell('events in one place', wrong);
};

/**
 * Positions of a key grow in the order in which its one producer got them, where the service tells it. Not those of a
 * partition: requests for several keys of it may be under way at once, and any of them may be answered first.
 */
export const growingPositions: Check = (entries) => {
  const keys = new Map(ofKind(entries, 'send').map(({ topic, id, key }) => [`${topic}\n${id}`, key]));
  const last = new Map<string, string>();
  const wrong: string[] = [];
  for (const { topic, id, partition, position } of ofKind(entries, 'sent')) {
    const key = keys.get(`${topic}\n${id}`) ?? null;
    if (partition === undefined || position === undefined || key === null) continue;
    const lane = `${topic}\n${partition}\n${key}`;
    const before = last.get(lane);
    if (before !== undefined && placeOnLine(position) <= placeOnLine(before))
      wrong.push(`${partition}: ${id} at ${position} after ${before}`);
    last.set(lane, position);
  }
  return tell('positions that do not grow', wrong);
};
