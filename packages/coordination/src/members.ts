import type { GroupMember } from '@isostream/core/adapter';
import type { Lease } from './lease.ts';

/**
 * Who holds leases, as they are stored: a member that crashed is there until another one has its leases.
 */
export function membersOf(leases: readonly Lease[]): readonly GroupMember[] {
  const held = new Map<string, string[]>();
  for (const { owner, partition, isFinished } of leases) {
    if (owner === undefined || isFinished) continue;
    const partitions = held.get(owner) ?? [];
    held.set(owner, [...partitions, partition]);
  }
  return [...held].map(([id, partitions]) => ({ id, clientId: clientIdOf(id), host: undefined, partitions }));
}

/** Names of members are `<client>/<run>`. */
function clientIdOf(member: string): string | undefined {
  const end = member.lastIndexOf('/');
  return end <= 0 ? undefined : member.slice(0, end);
}
