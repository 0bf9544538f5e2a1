import { ofKind } from '../history/history.ts';
import { type Check, eachGroup, tell } from './check.ts';
import { placeOnLine } from './position.ts';

/** D3: what a partition's owner hands out was not committed by any owner before it; where single events are told, none comes again. */
export const repeatsAreUncommitted: Check = (entries) => [...committedRepeats(entries), ...toldRepeats(entries)];

const toldRepeats: Check = eachGroup((entries) => {
  const told = new Set<string>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'told') told.add(`${entry.partition}/${entry.position}`);
    else if (entry.kind === 'deliver' && told.has(`${entry.partition}/${entry.position}`))
      wrong.push(`${entry.id} at ${entry.position}`);
  }
  return tell('repeated after the service was told', wrong);
});

const committedRepeats: Check = eachGroup((entries) => {
  const committed = new Map<string, Map<number, string>>();
  for (const { partition, lease, position } of ofKind(entries, 'commit')) {
    const leases = committed.get(partition) ?? new Map<number, string>();
    committed.set(partition, leases.set(lease, position));
  }
  const wrong: string[] = [];
  for (const { id, partition, lease, position } of ofKind(entries, 'deliver')) {
    const place = placeOnLine(position);
    const former = [...(committed.get(partition) ?? [])].find(
      ([owner, upTo]) => owner < lease && placeOnLine(upTo) >= place,
    );
    if (former !== undefined) wrong.push(`${id} at ${position}, committed ${former[1]}`);
  }
  return tell('repeated after they were committed', wrong);
});

/** D4: every lease of a member that was out of reach beyond its session was reported lost. */
export function losesEverything(member: string, fault: string): Check {
  return (entries) => {
    const start = entries.findIndex(
      (entry) => entry.kind === 'fault' && entry.name === fault && entry.edge === 'start',
    );
    if (start < 0) return [`the history has no fault ${fault}`];
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
