import type { Config } from 'isostream';

/** What the parent process asks for, in one message. */
export interface ScaleTask {
  readonly kind: 'fill' | 'read' | 'join' | 'topics' | 'keys';
  readonly config: Config;
  readonly topics: readonly string[];
  readonly group: string;
  /** How much of it: events, members or seconds. */
  readonly count: number;
  /** How many partitions there are to share. */
  readonly partitions: number;
}

/** What was measured, by name. */
export type Figures = Readonly<Record<string, number>>;
