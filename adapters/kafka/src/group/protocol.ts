import type { Wire } from '../client/wire.ts';
import { hasClassicMembers } from './foreign-group.ts';

export type GroupProtocol = 'classic' | 'consumer';

/** Which protocol a member of this group speaks: `auto` follows the members that are there, and takes the newer one where it can. */
export async function protocolOf(wanted: GroupProtocol | 'auto', wire: Wire, group: string): Promise<GroupProtocol> {
  if (wanted !== 'auto') return wanted;
  const node = await wire.coordinator(group);
  // A broker that does not describe such groups has none.
  if ((await wire.describeConsumerGroup(node, group)) === undefined) return 'classic';
  return (await hasClassicMembers(wire, node, group)) ? 'classic' : 'consumer';
}
