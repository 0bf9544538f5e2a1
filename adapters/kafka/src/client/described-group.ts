import { readForeignAssignment, readSubscription } from './member-bytes.ts';
import type { GroupDescription } from './wire.ts';

/** A group as kafkajs decodes what its coordinator says of it. */
export interface RawGroup {
  readonly state: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly clientHost: string;
    readonly memberMetadata: Buffer;
    readonly memberAssignment: Buffer;
  }[];
}

/** A group that the coordinator does not know is a dead one. */
export function describe(found: RawGroup | undefined): GroupDescription {
  const members = (found?.members ?? []).map(
    ({ memberId, clientId, clientHost, memberMetadata, memberAssignment }) => ({
      memberId,
      clientId,
      host: clientHost,
      topics: readSubscription(memberMetadata).topics,
      assignment: readForeignAssignment(memberAssignment),
    }),
  );
  return { state: found?.state ?? 'Dead', members };
}
