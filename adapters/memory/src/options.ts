import { type Clock, type DeclaredOption, type Duration, option } from '@isostream/core/adapter';

export interface MemoryBrokerOptions {
  /** Retention, sessions and delays follow it. Default the machine's. */
  readonly clock?: Clock;
  /** Partitions of a topic that declares none. Default 8. */
  readonly partitions?: number;
  /** How long a member that stopped answering keeps its partitions. Default 10 s. */
  readonly sessionTimeout?: Duration;
  /** `none` stores keys and payload bytes alone, as providers without headers do, and declares it. Default `bytes`. */
  readonly headers?: 'bytes' | 'none';
  /**
   * `individual` has no partitions and no positions: members share a topic event by event, each key with one member at a
   * time, as Pub/Sub does, and declares it. Default `watermark`.
   */
  readonly settlement?: 'watermark' | 'individual';
}

/** The options of a broker, as they are declared. */
export const brokerOptions: {
  readonly clock: DeclaredOption<Clock, Clock | undefined>;
  readonly partitions: DeclaredOption<number, number>;
  readonly sessionTimeout: DeclaredOption<Duration, number>;
  readonly headers: DeclaredOption<'bytes' | 'none', 'bytes' | 'none'>;
  readonly settlement: DeclaredOption<'watermark' | 'individual', 'watermark' | 'individual'>;
} = {
  clock: option.given<Clock>({ shownDefault: "the machine's", doc: 'used for retention, sessions and delays' }),
  partitions: option.whole({ byDefault: 8, most: 100_000, doc: 'partitions of a topic that declares none' }),
  sessionTimeout: option.duration({
    byDefault: '10s',
    doc: 'how long a member that stopped answering keeps its partitions',
  }),
  headers: option.oneOf({
    byDefault: 'bytes',
    of: ['bytes', 'none'],
    doc: "`'none'` stores keys and payloads alone, as Kinesis does, and declares it: events travel as structured JSON",
  }),
  settlement: option.oneOf({
    byDefault: 'watermark',
    of: ['watermark', 'individual'],
    doc: "`'individual'` has no partitions and no positions, as Pub/Sub, and declares it: members share a topic event by event, each key with one member at a time ([contract](../contract.md#without-partitions))",
  }),
};
