import { ofKind } from '../history/history.ts';
import { type Check, tell } from './check.ts';

/** D7: at every commit, every event of the partition up to its position is settled. */
export const contiguousCommits: Check = (entries) => {
  const stored = new Map<string, { readonly id: string; readonly position: bigint }[]>();
  for (const { topic, id, partition, position } of ofKind(entries, 'sent')) {
    const lane = `${topic}/${partition}`;
    const events = stored.get(lane) ?? [];
    stored.set(lane, events);
    events.push({ id, position: BigInt(position) });
  }
  // The log in its own order: producers learn of their positions in any.
  for (const events of stored.values()) events.sort((a, b) => (a.position < b.position ? -1 : 1));
  const settled = new Set<string>();
  const checked = new Map<string, number>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'dead' || (entry.kind === 'settle' && entry.result === 'ok')) settled.add(entry.id);
    else if (entry.kind === 'commit') {
      const lane = `${entry.topic}/${entry.partition}`;
      const events = stored.get(lane) ?? [];
      let index = checked.get(lane) ?? 0;
      for (let event = events[index]; event !== undefined && event.position <= BigInt(entry.position); event = events[++index]) {
        if (!settled.has(event.id)) wrong.push(`${event.id} at ${event.position}, committed ${entry.position}`);
      }
      checked.set(lane, index);
    }
  }
  return tell('committed before they were settled', wrong);
};

/** D5: commits of a partition carry leases and positions that never go back. */
export const monotonicCommits: Check = (entries) => {
  const last = new Map<string, { readonly lease: number; readonly position: bigint }>();
  const wrong: string[] = [];
  for (const { topic, partition, lease, position } of ofKind(entries, 'commit')) {
    const lane = `${topic}/${partition}`;
    const before = last.get(lane);
    const here = { lease, position: BigInt(position) };
    if (before !== undefined && (here.lease < before.lease || here.position < before.position))
      wrong.push(`${partition}: lease ${lease} at ${position} after lease ${before.lease} at ${before.position}`);
    last.set(lane, here);
  }
  return tell('commits that go back', wrong);
};

/** D4: nothing is committed under a lease once the partition's next owner had a delivery. */
export const noLateCommits: Check = (entries) => {
  const newest = new Map<string, number>();
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind === 'deliver') {
      const lane = `${entry.topic}/${entry.partition}`;
      newest.set(lane, Math.max(newest.get(lane) ?? 0, entry.lease));
    } else if (entry.kind === 'commit' && entry.lease < (newest.get(`${entry.topic}/${entry.partition}`) ?? 0)) {
      wrong.push(`${entry.partition} at ${entry.position} by ${entry.member}`);
    }
  }
  return tell('commits by a former owner', wrong);
};
