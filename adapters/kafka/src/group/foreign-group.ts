import { StreamError } from '@isostream/core/adapter';
import { toStreamError } from '../errors.ts';
import type { GroupDescription, NodeId, Wire } from '../client/wire.ts';

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
    `group "${group}" has members that use the newer group protocol (group.protocol=${type}). Stop them first, set groupProtocol to 'consumer' or 'auto', or choose another group; the group's positions are kept`,
  );
}

/** Whether the group has members of the classic protocol; false where the broker never tells. Throws what may pass. */
export async function hasClassicMembers(wire: Wire, node: NodeId, group: string): Promise<boolean> {
  const kinds = await wire.groupKinds(node).catch((thrown: unknown) => {
    if (toStreamError(thrown, `group "${group}"`).retryable) throw thrown;
    return undefined;
  });
  const kind = kinds?.get(group);
  return kind?.type === 'classic' && !memberless.has(kind.state);
}

/** Throws `conflict` where a member of the newer protocol cannot be one of this group. */
export async function refuseClassicMembers(wire: Wire, node: NodeId, group: string): Promise<void> {
  const foreign = await foreignGroup(wire, node, group, { mayHaveMembers: true });
  if (foreign !== undefined) throw foreign;
  if (await hasClassicMembers(wire, node, group))
    throw conflict(
      `group "${group}" has members that use the classic group protocol. Stop them first, set groupProtocol to 'classic' or 'auto', or choose another group; the group's positions are kept`,
    );
}

/** A group of either protocol. Throws `unsupported` for one with members that only requests for other kinds would show. */
export async function describeGroup(wire: Wire, node: NodeId, group: string): Promise<GroupDescription> {
  const kind = (await wire.groupKinds(node).catch(() => undefined))?.get(group);
  if (kind?.type === 'consumer') return (await wire.describeConsumerGroup(node, group)) ?? { ...kind, members: [] };
  if (kind !== undefined && kind.type !== 'classic' && !memberless.has(kind.state))
    throw new StreamError(
      'unsupported',
      `group "${group}" is of the type "${kind.type}", whose members cannot be listed here. See: kafka-groups.sh --list, kafka-consumer-groups.sh --describe --members --group ${group}`,
      { where: 'kafka' },
    );
  return wire.describeGroup(node, group);
}

function conflict(message: string): StreamError {
  return new StreamError('conflict', message, { where: 'kafka' });
}
