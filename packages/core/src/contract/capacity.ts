/** What a topic has to carry, at its peak. */
export interface CapacityDemand {
  readonly eventsPerSecond: number;
  /** Of one event on the average: key, data and headers. */
  readonly eventBytes: number;
  /** Groups that read all of it. */
  readonly groups: number;
  readonly retentionMs: number;
  /** What part of all events has the most frequent key, from 0 to 1. */
  readonly hottestKey: number;
  /** What is kept free, from 0 to 1: for peaks, and for groups that catch up. */
  readonly headroom: number;
  /** Copies of each event, where the provider does not keep them by itself. */
  readonly copies: number;
}

/** One published limit, and how much of it the demand takes. */
export interface CapacityLimit {
  /** Such as `bytes written`. */
  readonly what: string;
  /** What has the limit: more partitions or units raise the whole, more of a key or a topic there is not. */
  readonly per: 'partition' | 'unit' | 'key' | 'topic';
  readonly limit: number;
  readonly demand: number;
  readonly unit: string;
  /** How the demand follows from what is to be carried. */
  readonly formula: string;
  /** Where the limit is published. */
  readonly source: string;
}

/** What the provider bills by, in its own units: prices change, and are not ours to tell. */
export interface CostDriver {
  readonly what: string;
  /** For each partition or unit that is needed, a month; or the amount itself. */
  readonly amount: number | 'partitions' | 'units';
  /** Such as `per second`, `hours` or `bytes stored`. */
  readonly unit: string;
  readonly formula: string;
  readonly source: string;
}

/** Limits and costs of one provider for a demand. */
export interface CapacityModel {
  /** What a partition is called there; absent where there are none. */
  readonly partition?: string;
  /** What throughput is bought in; absent where there is nothing to buy. */
  readonly unit?: string;
  readonly limits: readonly CapacityLimit[];
  /** The most partitions of a topic, units of a service and bytes of one event, where that is bounded. */
  readonly most: { readonly partitions?: number; readonly units?: number; readonly eventBytes?: number };
  readonly costs: readonly CostDriver[];
  /** What the figures leave out. */
  readonly notes: readonly string[];
}
