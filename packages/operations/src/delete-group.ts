import type { Streams } from '@isostream/core';
import { humanCount } from './human.ts';
import { type GroupView, lookAtGroup } from './group-view.ts';

/** What deleting a group would take away. */
export interface DeleteGroupPlan {
  readonly kind: 'delete-group';
  readonly topic: string;
  readonly group: string;
  /** Members that have to stop first; `null` where nobody tells. */
  readonly members: GroupView['members'];
  /** What it has not handled; `null` where that cannot be counted. */
  readonly events: number | null;
  /** Why something is `null`, by what it is. */
  readonly unknown: GroupView['unknown'];
  /** The plan in one sentence. */
  readonly sentence: string;
}

/** A plan with what it needs to be run. */
export interface RunnableDeleteGroup {
  readonly plan: DeleteGroupPlan;
  /** Throws `conflict`, without effect, while the group has members that the service knows of. */
  readonly run: (signal?: AbortSignal) => Promise<void>;
}

/** Plans to delete a group; changes nothing. */
export async function planDeleteGroup(
  streams: Streams,
  topic: string,
  group: string,
  signal?: AbortSignal,
): Promise<RunnableDeleteGroup> {
  const { members, events, unknown } = await lookAtGroup(streams, topic, group, signal);
  const { settlement } = streams.adapter.capabilities;
  const waiting = events === null ? 'however many those are' : humanCount(events);
  // A position can be given to a group again. What single events were settled is known to the group alone.
  const lost =
    settlement === 'individual'
      ? ` with its record of what it has handled: events that wait for it (${waiting}) are not kept for it, and those that it has handled may come again if a group of this name starts at the earliest`
      : ' and its position: where it starts again is decided by its next member';
  const first = members === null || members.length === 0 ? '' : `. Its members must stop first, ${members.length} run`;
  const plan: DeleteGroupPlan = {
    kind: 'delete-group',
    topic,
    group,
    members,
    events,
    unknown,
    sentence: `deletes group ${group} of topic ${topic}${lost}${first}`,
  };
  return {
    plan,
    run: (running = signal) =>
      streams.admin.deleteGroup(topic, group, running === undefined ? {} : { signal: running }),
  };
}
