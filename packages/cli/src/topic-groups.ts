import { StreamError, type Streams } from 'isostream';
import { visible } from './visible.ts';

/** The groups of a topic; `null` where the service does not list them to us: who may delete a topic need not see its groups. */
export async function groupsOf(
  admin: Pick<Streams['admin'], 'groups'>,
  topic: string,
): Promise<readonly string[] | null> {
  try {
    return await admin.groups(topic);
  } catch (error) {
    if (StreamError.is(error) && error.code === 'unauthorized') return null;
    throw error;
  }
}

/** What is lost with a topic, in words. */
export function lostWith(topic: string, groups: readonly string[] | null): string {
  const them =
    groups === null
      ? 'its groups, which are not listed to you'
      : groups.length === 0
        ? 'no groups'
        : `its groups ${groups.map(visible).join(', ')}`;
  return `topic ${topic} with all its events and ${them}`;
}
