import { type Ask, check, type Coded, type RawJoin } from './kafkajs-answers.ts';
import { kafkajsInternals } from './kafkajs-internals.ts';
import { readAssignment, readSubscription } from './member-bytes.ts';
import type { Assignment, JoinRequest, JoinResult, Membership } from './wire.ts';

const memberIdRequired = 79;

export async function joinGroup(ask: Ask, request: JoinRequest): Promise<JoinResult> {
  const { group, sessionTimeoutMs, rebalanceTimeoutMs, protocol, subscription } = request;
  const { encodeSubscription } = kafkajsInternals();
  const metadata = encodeSubscription({
    version: 1,
    topics: subscription.topics,
    userData: Buffer.from(subscription.userData),
  });
  const answer = await ask<RawJoin>(
    'JoinGroup',
    {
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      memberId: request.memberId,
      protocolType: 'consumer',
      groupProtocols: [{ name: protocol, metadata }],
    },
    // The answer waits until every member has joined.
    rebalanceTimeoutMs,
  );
  const isNamed = answer.errorCode === memberIdRequired;
  if (!isNamed) check(answer.errorCode, 'join the group');
  return {
    memberId: answer.memberId,
    generation: isNamed ? undefined : answer.generationId,
    isLeader: answer.leaderId === answer.memberId,
    members: answer.members.map(({ memberId, memberMetadata }) => ({
      memberId,
      subscription: readSubscription(memberMetadata),
    })),
  };
}

export async function syncGroup(
  ask: Ask,
  member: Membership,
  assignments: ReadonlyMap<string, Assignment>,
): Promise<Assignment> {
  const { encodeAssignment } = kafkajsInternals();
  const groupAssignment = [...assignments].map(([memberId, assignment]) => ({
    memberId,
    memberAssignment: encodeAssignment({ version: 1, assignment: Object.fromEntries(assignment) }),
  }));
  const answer = await ask<Coded & { readonly memberAssignment: Buffer }>('SyncGroup', {
    groupId: member.group,
    generationId: member.generation,
    memberId: member.memberId,
    groupAssignment,
  });
  check(answer.errorCode, 'get an assignment');
  return readAssignment(answer.memberAssignment);
}
