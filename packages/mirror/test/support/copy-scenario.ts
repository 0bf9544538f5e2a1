import type { Harness } from '@isostream/conformance';
import { type Entry, ofKind } from '@isostream/conformance/checks';
import {
  atLeast,
  everyStoredSettled,
  groupName,
  judgeInvariants,
  resumesAfter,
  Stage,
  storedInOrder,
  storedOnce,
} from '@isostream/conformance/stage';
import { openAdapter } from '@isostream/core/adapter';
import { createMirror, type MirrorComparison } from '../../src/index.ts';
import { mirrorGroup, type Route, startMirror, type Wrong } from './mirrors.ts';

export type Findings = Readonly<Record<string, readonly string[]>>;

export interface CopyReport {
  /** What each check found wrong: `from: …` of the mirror as a group, `to: …` of both sides as one history. */
  readonly findings: Findings;
  readonly sent: number;
  /** Copies that readers of the other side were given, and how many of them they had been given before. */
  readonly copies: number;
  readonly repeats: number;
  /** `undefined` where the sides cannot be compared. */
  readonly verified: MirrorComparison | undefined;
}

interface CopyOptions {
  readonly wrong?: Wrong;
  readonly seed?: number;
  readonly perSecond?: number;
  readonly keys?: number;
  /** Twice: also while the other side is gone, which costs a session. Default once. */
  readonly kills?: 1 | 2;
}

const group = 'readers';
/** A mirror that was killed never says how its handlers ended. */
const without = { 'single flight per key': 'handlers of a mirror that is killed have no end' } as const;

/**
 * Copies under load, with connections of both sides cut, the other side gone for a while, the mirror killed, stopped and started again;
 * then judges what senders of one side and readers of the other saw as one history, by the checks of the suite.
 */
export async function copyScenario(sides: readonly [Harness, Harness], options: CopyOptions = {}): Promise<CopyReport> {
  const signal = new AbortController().signal;
  const [from, to] = sides.map((harness) => {
    const { capabilities } = openAdapter(harness.createAdapter('probe'));
    return new Stage({ harness, capabilities, clause: 'KEY-ORDER', seed: options.seed ?? 1, signal });
  });
  if (from === undefined || to === undefined) throw new Error('two sides');
  try {
    const route = { from, to, source: from.topic({ partitions: 4 }), target: to.topic({ partitions: 3 }) };
    await underLoad(route, options);
    return await judge(route);
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

async function underLoad(
  route: Route,
  { wrong = {}, perSecond = 100, keys = 30, kills = 1 }: CopyOptions,
): Promise<void> {
  const { from, to, source, target } = route;
  const producer = await from.producer(source);
  await to.member(target, { group, handle: to.busy(2) });
  const copied = waitFor(to, 'deliver');
  const sent = waitFor(from, 'sent');
  // A process takes a while to start, in which a load would only pile up.
  const isProcess = from.harness.worker !== undefined && to.harness.worker !== undefined;
  const early = isProcess ? await startMirror(route, wrong) : undefined;
  if (early !== undefined) await from.until('the mirror has its group', () => from.history.count('assign') > 0);
  let isOver = false;
  const load = from.load.sendAll(producer, source, {
    events: 100,
    keys,
    perSecond,
    goOn: () => !isOver,
    mostUnread: 300,
  });
  let mirror = early ?? (await startMirror(route, wrong));
  await copied(30);
  await from.during('connections are cut on the side that is copied from', async () => {
    from.cut();
    await copied(30);
  });
  await to.during('the other side is gone', async () => {
    const undo = to.faults.goAway();
    await sent(100);
    if (kills > 1) await mirror.crash();
    await undo();
  });
  if (kills > 1) mirror = await startMirror(route, wrong);
  await to.during('connections are cut on the other side, and the mirror is killed', async () => {
    await copied(30);
    to.cut();
    await copied(30);
    await mirror.crash();
    await sent(10);
  });
  mirror = await startMirror(route, wrong);
  await copied(10);
  isOver = true;
  await load;
  await allRead(route);
  await mirror.stop();
  from.mark('stopped');
  mirror = await startMirror(route, wrong);
  await from.load.sendAll(producer, source, { events: 20, keys });
  await allRead(route);
  await mirror.stop();
}

/** Waits until there are so many more entries, but for nothing where something did not come about before. */
function waitFor(stage: Stage, kind: 'deliver' | 'sent'): (more: number) => Promise<void> {
  return async (more) => {
    const least = stage.history.count(kind) + more;
    if (stage.vain.length === 0) await stage.until(`${more} more: ${kind}`, () => stage.history.count(kind) >= least);
  };
}

/** Readers of the other side settled everything that senders were told is stored. */
async function allRead({ from, to }: Route): Promise<void> {
  if (to.vain.length > 0) return;
  const acknowledged = ofKind(from.history.entries, 'sent').map(({ id }) => id);
  await to.until('every event is read on the other side', () => {
    const settled = new Set(ofKind(to.history.entries, 'settle').map(({ id }) => id));
    return acknowledged.every((id) => settled.has(id));
  });
}

async function judge(route: Route): Promise<CopyReport> {
  const { from, to, source, target } = route;
  const verified = await verify(route);
  if (to.capabilities.replay) await to.recordStored(target);
  const reading = from.history.entries;
  const joined = asOne(route);
  const readers = new Set([groupName({ topic: target.name, group })]);
  const mirrors = new Set([groupName({ topic: source.name, group: mirrorGroup })]);
  // What readers are given again is not what is stored again.
  const copies = [
    ...new Map(ofKind(joined, 'deliver').map((entry) => [`${entry.partition}/${entry.position}`, entry.id])).values(),
  ];
  const findings: Findings = {
    ...prefixed('from', judgeInvariants(reading, from.capabilities, without, mirrors)),
    'from: resumes where it was': resumesAfter('stopped')(reading),
    ...prefixed('to', judgeInvariants(joined, to.capabilities, {}, readers)),
    'to: stored in order': storedInOrder(joined),
    'to: stored copies are read': everyStoredSettled(joined),
    ...(to.capabilities.replay ? { 'to: every event is stored': storedOnce(false)(joined) } : {}),
    'to: verify agrees': verified === undefined ? [] : disagreements(verified, joined),
    waits: [...from.vain, ...to.vain],
    ended: [...from.ended, ...to.ended],
    vacuity: [
      ...atLeast('events', ofKind(reading, 'sent').length, 150),
      ...atLeast(
        'broken connections on each side',
        Math.min(from.history.count('broken'), to.history.count('broken')),
        1,
      ),
    ],
  };
  return {
    findings: Object.fromEntries(Object.entries(findings).filter(([, found]) => found.length > 0)),
    sent: ofKind(reading, 'sent').length,
    copies: copies.length,
    repeats: copies.length - new Set(copies).size,
    verified,
  };
}

async function verify({ from, to, source, target }: Route): Promise<MirrorComparison | undefined> {
  if (!from.capabilities.replay || !to.capabilities.replay) return undefined;
  const [one, other] = [await from.client(), await to.client()];
  return createMirror({ from: one.streams, to: other.streams, topic: source.name, toTopic: target.name }).verify();
}

/** The product's own comparison finds nothing wrong, and as many repeats as are stored. */
function disagreements(verified: MirrorComparison, joined: readonly Entry[]): string[] {
  const { events, behind, lost, reordered, changed, repeated } = verified;
  // What its sender stored twice on the first side is two events there.
  const again = ofKind(joined, 'stored').length - events;
  return [
    ...Object.entries({ behind, lost, reordered, changed }).flatMap(([name, count]) =>
      count === 0 ? [] : [`${count} ${name}`],
    ),
    ...(repeated === again ? [] : [`${repeated} repeated, and ${again} more are stored than on the first side`]),
  ];
}

/** What senders saw on one side and readers on the other, as a topic that has no mirror in it: places are those of the copies. */
function asOne({ from, to, source, target }: Route): readonly Entry[] {
  const sides = [
    ...from.history.entries.flatMap((entry): Entry[] => {
      if ('group' in entry) return [];
      if (!('topic' in entry) || entry.topic !== source.name) return [entry];
      const renamed: Entry = { ...entry, topic: target.name };
      return [renamed.kind === 'sent' ? { ...renamed, partition: undefined, position: undefined } : renamed];
    }),
    ...to.history.entries,
  ];
  return sides.toSorted((a, b) => a.at - b.at);
}

function prefixed(prefix: string, findings: Findings): Findings {
  return Object.fromEntries(Object.entries(findings).map(([name, found]) => [`${prefix}: ${name}`, found]));
}
