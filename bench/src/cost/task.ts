import type { Config } from 'isostream';

interface Place {
  readonly provider: string;
  /** How isostream reaches the service: what a configuration file would hold. */
  readonly config: Config;
  readonly topics: readonly string[];
  readonly group: string;
}

/** What the parent process asks for, in one message. */
export type CostTask =
  | (Place & {
      readonly kind: 'idle';
      readonly client: 'isostream' | 'kafkajs';
      readonly brokers?: readonly string[];
      readonly seconds: number;
    })
  | (Place & { readonly kind: 'load'; readonly events: number })
  | (Place & { readonly kind: 'member' });

export interface IdleFigures {
  /** By kind, a minute. */
  readonly requests: Readonly<Record<string, number>>;
  /** A minute. */
  readonly receivedKb: number;
  readonly sockets: number;
  /** Of one core. */
  readonly cpuPercent: number;
}

/** Requests by kind for a thousand events. */
export interface LoadFigures {
  readonly send: Readonly<Record<string, number>>;
  readonly consume: Readonly<Record<string, number>>;
}

/** What a worker tells. */
export type Say =
  | { readonly kind: 'idle'; readonly figures: IdleFigures }
  | { readonly kind: 'load'; readonly figures: LoadFigures }
  | { readonly kind: 'held'; readonly partitions: number };
