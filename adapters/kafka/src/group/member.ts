import type { StreamError } from '@isostream/core/adapter';
import type { Membership, NodeId } from '../client/wire.ts';
import { WireError } from '../client/wire-error.ts';

/** The source's side: what it holds, and what happens to it. */
export interface MembershipEvents {
  claim(): readonly number[];
  /** The partitions that this member may hold from now on. */
  assigned(partitions: readonly number[], generation: number): void;
  /** The session is over: everything is somebody else's. */
  lost(reason: StreamError): void;
}

/** A member of a consumer group, whichever protocol the group has. */
export interface Member {
  /** The identity that commits carry. */
  readonly identity: Membership;
  /**
   * False once the session must be over by this process's own clock. Whoever asks then loses everything, also if an answer of
   * the coordinator that was on its way says otherwise: what was given up is not taken back.
   */
  readonly isAlive: boolean;
  /** Runs until {@link Member.leave}. Rejects with errors that need operator action. */
  run(): Promise<void>;
  /** Something was released: the others can have it. */
  claimChanged(): void;
  /** Takes nothing more from now on, and stays until {@link Member.leave}: whoever joins meanwhile is told so. */
  beginLeaving(): void;
  /** Tells the group goodbye, so that nobody waits for this member's session. Never throws. */
  leave(): Promise<void>;
  coordinator(): Promise<NodeId>;
  /** The next request asks anew who the coordinator is. */
  forgetCoordinator(): void;
}

export function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new WireError('timeout', 'no answer', { sent: 'maybe' })), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
