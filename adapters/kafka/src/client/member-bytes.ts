import { AnswerReader } from './answer-reader.ts';
import type { Assignment, Subscription } from './wire.ts';
import { WireError } from './wire-error.ts';

/** Version of what a member says or is given; whatever its version, it begins alike. */
const versionBytes = 2;

/**
 * What a member says when it joins. It wrote that itself, and may be any client: what cannot be read counts as nothing, so
 * that one member does not end the others.
 */
export function readSubscription(bytes: Buffer): Subscription {
  try {
    const reader = new AnswerReader(bytes);
    reader.skip(versionBytes);
    const topics = Array.from({ length: reader.count(2) }, () => reader.text());
    return { topics, userData: reader.bytes() };
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    return { topics: [], userData: new Uint8Array() };
  }
}

/** What the leader gave to a member; nothing in an empty one. Throws `malformed`. */
export function readAssignment(bytes: Buffer): Assignment {
  const assignment = new Map<string, readonly number[]>();
  if (bytes.length === 0) return assignment;
  const reader = new AnswerReader(bytes);
  reader.skip(versionBytes);
  for (let topics = reader.count(6); topics > 0; topics--) {
    const topic = reader.text();
    assignment.set(
      topic,
      Array.from({ length: reader.count(4) }, () => reader.int32()),
    );
  }
  return assignment;
}

/** The same of a member of any client, which may not use the protocol of consumers: what cannot be read counts as nothing. */
export function readForeignAssignment(bytes: Buffer): Assignment {
  try {
    return readAssignment(bytes);
  } catch (thrown) {
    if (!(thrown instanceof WireError)) throw thrown;
    return new Map();
  }
}
