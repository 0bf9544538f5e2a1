import type { Member } from './member.ts';
import type { Stage } from './stage.ts';

/** A count of something that a reader should know, in words: `3 handlers started after close`. */
export interface Note {
  readonly what: string;
  readonly count: number;
}

export interface Outcome {
  /** What is special about the scenario and did not hold. */
  readonly broken?: readonly Note[];
  /** Its handlers end with its process: how they overlap with others is not judged. */
  readonly gone?: Member;
  /** Keys that are not judged: what is right for them differs from client to client. */
  readonly leftKeys?: readonly string[];
  /** Too little happened to say anything. */
  readonly vacuous?: string;
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** Needs members in processes of their own. */
  readonly hasMembers?: true;
  readonly needsPause?: true;
  readonly run: (stage: Stage) => Promise<Outcome>;
}
