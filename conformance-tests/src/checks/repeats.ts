import type { EntryOf } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { type Check, tell } from './check.ts';

/** D3: what comes again after a crash was not committed by whoever had it before. */
export const repeatsAreUncommitted: Check = (entries) => {
  const committed = new Map<number, bigint>();
  for (const { lease, position } of ofKind(entries, 'commit')) committed.set(lease, BigInt(position));
  const first = new Map<string, EntryOf<'deliver'>>();
  const wrong: string[] = [];
  for (const entry of ofKind(entries, 'deliver')) {
    const lane = `${entry.topic}\n${entry.group}\n${entry.id}`;
    const before = first.get(lane);
    if (before === undefined) first.set(lane, entry);
    else if (before.lease !== entry.lease && BigInt(before.position) <= (committed.get(before.lease) ?? -1n))
      wrong.push(`${entry.id} at ${entry.position}, committed ${committed.get(before.lease)}`);
  }
  return tell('repeated after they were committed', wrong);
};

/** D4: every lease of a member that was out of reach beyond its session was reported lost. */
export function losesEverything(member: string, fault: string): Check {
  return (entries) => {
    const start = entries.findIndex((entry) => entry.kind === 'fault' && entry.name === fault && entry.edge === 'start');
    const held = new Map<number, string>();
    for (const entry of entries.slice(0, start)) {
      if (!('member' in entry) || entry.member !== member || !('lease' in entry)) continue;
      if (entry.kind === 'assign') held.set(entry.lease, entry.partition);
      if (entry.kind === 'revoke' || entry.kind === 'lost') held.delete(entry.lease);
    }
    const after = entries.slice(start);
    // What it was already handing over ends as that.
    const ended = new Set([...ofKind(after, 'lost'), ...ofKind(after, 'revoke')].map((entry) => entry.lease));
    const kept = [...held].flatMap(([lease, partition]) => (ended.has(lease) ? [] : [`partition ${partition}`]));
    return held.size === 0 ? ['it held nothing when it was frozen'] : tell('kept beyond the session', kept);
  };
}
