import { StreamError } from '@isostream/core/adapter';
import type { NodeId, Wire } from '../client/wire.ts';

/** Groups whose members isostream's can follow, one after the other: these kinds turn into each other while they are empty. */
const sharable: ReadonlySet<string> = new Set(['', 'classic', 'consumer']);
const memberless: ReadonlySet<string> = new Set(['', 'Empty', 'Dead']);

/**
 * Why a group cannot be used here: another kind of client made it (KIP-848, share groups, Streams), for which older
 * requests get answers that say nothing. `undefined` where that is not the reason, or where the broker does not tell.
 */
export async function foreignGroup(
  wire: Wire,
  node: NodeId,
  group: string,
  options: { readonly mayHaveMembers?: boolean } = {},
): Promise<StreamError | undefined> {
  const kind = (await wire.groupKinds(node).catch(() => undefined))?.get(group);
  if (kind === undefined || kind.type === 'classic') return undefined;
  const { type, state } = kind;
  if (!sharable.has(type))
    return conflict(
      `group "${group}" is of the type "${type}", which keeps no positions that a consumer could use. Choose another group`,
    );
  if (memberless.has(state) || options.mayHaveMembers === true) return undefined;
  return conflict(
    `group "${group}" has members that use the newer group protocol (group.protocol=${type}). Stop them first, or choose another group; the group's positions are kept`,
  );
}

/** Throws `unsupported` for a group with members that only requests for another kind of group would show. */
export async function refuseUnseen(wire: Wire, node: NodeId, group: string): Promise<void> {
  const kind = (await wire.groupKinds(node).catch(() => undefined))?.get(group);
  if (kind === undefined || kind.type === 'classic' || memberless.has(kind.state)) return;
  throw new StreamError(
    'unsupported',
    `group "${group}" is of the type "${kind.type}", whose members cannot be listed here. See: kafka-groups.sh --list, kafka-consumer-groups.sh --describe --members --group ${group}`,
    { where: 'kafka' },
  );
}

function conflict(message: string): StreamError {
  return new StreamError('conflict', message, { where: 'kafka' });
}
