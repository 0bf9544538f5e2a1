/** What somebody could do, as it says beforehand. */
export interface Intent {
  readonly kind: string;
  /** What it would do, in one sentence. */
  readonly sentence: string;
  /** What has to be typed to confirm it; `undefined` for what repeats and skips nothing. */
  readonly confirm?: string | undefined;
  /** All that a person may want to know of it. */
  readonly details: unknown;
  /** The same as a command, for the next time. */
  readonly command?: string | undefined;
}

/** An act that was planned. */
export interface Plan extends Intent {
  readonly id: string;
  readonly expires: string;
}

/** An act that runs or has run. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly sentence: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly started: string;
  readonly ended: string | null;
  readonly done: number;
  readonly of: number;
  readonly result: unknown;
  readonly error: string | null;
}
