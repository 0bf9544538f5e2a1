import type { Call, Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { atLeast, type Check, eachGroup, tell } from './check.ts';

/**
 * No handler is started under an assignment that is over: not after its own end, and not after a newer assignment of the
 * partition had a delivery. Where single events are told, no event is tried again that somebody else was given since.
 *
 * `frozen`: a member whose process was stopped. It can have been stopped between asking whether it may start a handler and
 * starting it, so the first thing that it does afterwards may be that. Whatever it had done meanwhile, it had asked again.
 */
export function noLateDeliveries(frozen?: string, settlement?: 'watermark' | 'individual'): Check {
  return eachGroup((entries) => {
    // A history may end before the first event is told.
    const isSingle =
      settlement === undefined ? entries.some(({ kind }) => kind === 'told') : settlement === 'individual';
    const ended = new Map<number, 'revoke' | 'lost'>();
    const holders = new Map<string, { readonly assignment: number; readonly since: number }>();
    let lastOfFrozen = -1;
    const wrong: string[] = [];
    for (const [index, entry] of entries.entries()) {
      if (entry.kind === 'revoke' || entry.kind === 'lost') ended.set(entry.assignment, entry.kind);
      else if (entry.kind === 'deliver') {
        const { id, member, assignment, partition, position, attempt } = entry;
        const what = isSingle ? `${partition}/${position}` : partition;
        const holder = holders.get(what);
        const isOver =
          holder !== undefined &&
          (isSingle ? attempt > 1 && holder.assignment !== assignment : holder.assignment > assignment);
        const end = ended.get(assignment);
        const wasStopped = member === frozen && lastOfFrozen < (holder?.since ?? 0);
        if (end !== undefined) wrong.push(`${id} at ${member} after ${end}`);
        else if (isOver && !wasStopped) wrong.push(`${id} at ${member} while another had ${what}`);
        if (!isOver && holder?.assignment !== assignment) holders.set(what, { assignment, since: index });
      }
      if ('member' in entry && entry.member === frozen) lastOfFrozen = index;
    }
    return tell('handlers started under an assignment that was over', wrong);
  });
}

/** GROUPS: each assignment of a partition has a greater fencing token than all before it, if the provider has tokens. */
export const fencingTokensGrow: Check = eachGroup((entries) => {
  const greatest = new Map<string, bigint>();
  const wrong: string[] = [];
  for (const { partition, member, fencingToken } of ofKind(entries, 'assign')) {
    const before = greatest.get(partition);
    if (fencingToken === undefined && before === undefined) continue;
    // As numbers: texts of other lengths would be in another order.
    const token = /^\d+$/.test(fencingToken ?? '') ? BigInt(fencingToken ?? 0) : undefined;
    if (token === undefined) wrong.push(`${partition} at ${member} with ${fencingToken ?? 'none'}, no number`);
    else if (before !== undefined && token <= before)
      wrong.push(`${partition} at ${member} with ${token} after ${before}`);
    if (token !== undefined && token > (before ?? -1n)) greatest.set(partition, token);
  }
  return tell('fencing tokens that did not grow', wrong);
});

/** GROUPS: nothing is committed or told under an assignment after its end, whether that succeeds or not. */
export const noCommitsAfterEnd: Check = (entries) => {
  const ended = new Map<number, 'revoke' | 'lost'>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'revoke' || entry.kind === 'lost') ended.set(entry.assignment, entry.kind);
    else if (entry.kind === 'commit' || entry.kind === 'told' || entry.kind === 'commit-failed') {
      const end = ended.get(entry.assignment);
      if (end !== undefined) wrong.push(`${entry.kind} of ${entry.partition} by ${entry.member} after ${end}`);
    }
  }
  return tell('commits under an assignment that was over', wrong);
};

/** GROUPS: every handler that ran when its assignment ended was told by its signal. */
export const signalsTellOfLosses: Check = (entries) => {
  const running = new Map<string, Call>();
  const excused = new Set<string>();
  const untold = new Map<string, Call>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'deliver') running.set(nameOf(entry), entry);
    else if (entry.kind === 'aborted') {
      // A handler that took too long was told of that, and is nobody's any more.
      if (entry.code !== 'lease-lost' && entry.code !== 'handler-timeout') continue;
      excused.add(nameOf(entry));
      untold.delete(nameOf(entry));
    } else if (entry.kind === 'settle') {
      running.delete(nameOf(entry));
      if (untold.delete(nameOf(entry))) wrong.push(`${entry.id} at ${entry.member}`);
    } else if (entry.kind === 'revoke' || entry.kind === 'lost') {
      for (const [name, call] of running)
        if (call.assignment === entry.assignment && !excused.has(name)) untold.set(name, call);
    }
  }
  wrong.push(...[...untold.values()].map(({ id, member }) => `${id} at ${member}`));
  return tell('handlers whose assignment ended and whose signal did not tell', wrong);
};

function nameOf({ assignment, id, partition, position, attempt }: Call): string {
  return `${assignment}/${id}/${partition}/${position}/${attempt}`;
}

/** When a fault began this member had read so many events whose handlers it had not started. */
export function queuedAt(fault: string, member: string, least: number): Check {
  return (entries) => {
    const start = entries.findIndex((entry) => entry.kind === 'fault' && entry.name === fault);
    const before = entries.slice(0, Math.max(0, start));
    return atLeast(`events that ${member} had queued when ${fault} began`, queued(before, member), least);
  };
}

/** How many events a member has read and not started a handler for, of what it holds: others start what it handed over. */
export function queued(entries: readonly Entry[], member: string): number {
  const waiting = new Map<number, number>();
  for (const entry of entries) {
    if (!('assignment' in entry) || entry.member !== member) continue;
    const { assignment } = entry;
    if (entry.kind === 'read') waiting.set(assignment, (waiting.get(assignment) ?? 0) + entry.events);
    else if (entry.kind === 'revoke' || entry.kind === 'lost') waiting.delete(assignment);
    else if (entry.kind === 'deliver' && entry.attempt === 1 && waiting.has(assignment))
      waiting.set(assignment, (waiting.get(assignment) ?? 0) - 1);
  }
  return [...waiting.values()].reduce((sum, count) => sum + count, 0);
}

/** So many handlers of this member ran when it lost their assignment, and were told. */
export function toldOfLosses(member: string, least: number): Check {
  return (entries) => {
    const told = ofKind(entries, 'aborted').filter((entry) => entry.member === member && entry.code === 'lease-lost');
    return atLeast(`handlers of ${member} whose signal told of the loss`, told.length, least);
  };
}
