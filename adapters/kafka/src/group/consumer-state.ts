/** Who a member is to its group's coordinator; epoch 0 while it is none. */
export interface ConsumerIdentity {
  readonly memberId: string;
  readonly epoch: number;
}

/** What an answer to a heartbeat says. */
export interface HeartbeatAnswer {
  readonly errorCode: number;
  readonly epoch: number;
  readonly assignment: ReadonlyMap<string, readonly number[]> | undefined;
}

/** What follows from an answer. */
export type Verdict =
  /** It may hold these partitions; `undefined` where the answer does not say. */
  | { readonly kind: 'member'; readonly partitions: readonly number[] | undefined; readonly hasOthers: boolean }
  /** The group does not know this member, or another epoch of it: everything is somebody else's. */
  | { readonly kind: 'lost' }
  /** The coordinator is loading, absent or elsewhere: found again, nothing is lost yet. */
  | { readonly kind: 'elsewhere' }
  /** No repetition cures it. */
  | { readonly kind: 'refused' }
  /** To a heartbeat of somebody that this member is no more, or older than one that was answered. */
  | { readonly kind: 'outdated' };

export const coordinatorErrors: ReadonlySet<number> = new Set([14, 15, 16]);
/** Not known, fenced by its epoch, or the group is one of classic members by now. */
const sessionErrors = new Set([25, 69, 110]);

/**
 * What a member of the newer group protocol (KIP-848) knows: pure. It tells all that it holds with every heartbeat, so an
 * answer that was lost is made up for by the next one, and a partition that it lets go of is nobody's until it said so.
 */
export class ConsumerState {
  readonly #newId: () => string;
  readonly #topicId: string;
  #identity: ConsumerIdentity;
  /** When the last request was sent that the coordinator answered well. */
  #aliveAt: number;

  constructor(newId: () => string, topicId: string, now: number) {
    this.#newId = newId;
    this.#topicId = topicId;
    this.#identity = { memberId: newId(), epoch: 0 };
    this.#aliveAt = now;
  }

  get identity(): ConsumerIdentity {
    return this.#identity;
  }

  get isMember(): boolean {
    return this.#identity.epoch > 0;
  }

  /** For how long nobody answered. */
  silentFor(now: number): number {
    return now - this.#aliveAt;
  }

  /** Takes the answer to a heartbeat that was sent at that time by whom this member was then. */
  answered(by: ConsumerIdentity, sentAt: number, answer: HeartbeatAnswer): Verdict {
    // A coordinator that was frozen answers late, and its partitions are another's by then.
    if (by.memberId !== this.#identity.memberId || sentAt < this.#aliveAt) return { kind: 'outdated' };
    const { errorCode, epoch, assignment } = answer;
    if (sessionErrors.has(errorCode)) return { kind: 'lost' };
    if (coordinatorErrors.has(errorCode)) return { kind: 'elsewhere' };
    if (errorCode !== 0) return { kind: 'refused' };
    this.#identity = { memberId: by.memberId, epoch: Math.max(epoch, this.#identity.epoch) };
    this.#aliveAt = Math.max(this.#aliveAt, sentAt);
    if (assignment === undefined) return { kind: 'member', partitions: undefined, hasOthers: false };
    const hasOthers = [...assignment.keys()].some((topicId) => topicId !== this.#topicId);
    return { kind: 'member', partitions: assignment.get(this.#topicId) ?? [], hasOthers };
  }

  /** The session is over: from now on it is another member. Returns whom it was. */
  lose(now: number): ConsumerIdentity {
    const was = this.#identity;
    this.#identity = { memberId: this.#newId(), epoch: 0 };
    this.#aliveAt = now;
    return was;
  }
}
