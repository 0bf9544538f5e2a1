/** How a binary-mode CloudEvent is written in a provider's headers; the names come from each protocol binding. */
export interface CloudEventsBinding {
  /** In front of each attribute's name, such as `ce_` on Kafka. */
  readonly prefix: string;
  /** The header that holds the content type. */
  readonly contentType: string;
}

/**
 * What a provider can do, as data. Core obeys it, the suite selects by it, the docs are generated from it.
 * What is declared absent is refused with `unsupported`, never ignored.
 */
export interface Capabilities {
  /** Positions in partitions, committed as a watermark; or events settled one by one. */
  readonly settlement: 'watermark' | 'individual';
  /**
   * How a topic's partitions can change while it is in use. `grow` moves keys to other partitions, and their order is lost
   * unless it is idle; with `split-merge` partitions continue others, each key's order is kept, and there can be fewer.
   */
  readonly reshard: 'grow' | 'split-merge' | 'none';
  /** Whether the sender of a raw event can set when it counts as stored, or the service alone says so. */
  readonly storedTime: 'service' | 'sender';
  /** Where a new group or a replay can start besides `earliest` and `latest`. */
  readonly startAtTimestamp: boolean;
  /** A range can be read without a group. */
  readonly replay: boolean;
  /** A group's position can be set. */
  readonly resetGroup: boolean;
  /** Retention by time: the range in milliseconds, `Infinity` for no bound; `false` where only the provider's owner can set it. */
  readonly retention: {
    readonly minMs: number;
    readonly maxMs: number;
    readonly mutable: boolean;
    readonly bytes: boolean;
  };
  readonly compaction: boolean;
  /**
   * How a tombstone is stored: `native`, as what the service and other clients take for one, a record without a value; or `marked`,
   * where every record has a value, as an event that says what it is.
   */
  readonly tombstones: 'native' | 'marked';
  /** Copies of a partition can be declared. */
  readonly replication: boolean;
  /** What headers carry: any bytes and repeated names, text with unique names, or nothing. */
  readonly headers: 'bytes' | 'text' | 'none';
  /** `null` where headers are `none`: then events travel as structured JSON. */
  readonly cloudEvents: CloudEventsBinding | null;
  /** The largest event that any topic of this provider can take, in bytes of key, payload and headers. */
  readonly maxEventBytes: number;
  /** What lag can be counted in. */
  readonly lag: {
    readonly events: boolean;
    readonly time: boolean;
    /** Where else a group's lag is shown, such as the names of a service's metrics, with `{topic}` and `{group}`; for people. */
    readonly elsewhere?: string;
  };
  /** Whether the members of a group, and what each of them holds, can be told. */
  readonly members: boolean;
  /** The provider counts deliveries of an event across members, so that attempts survive a crash. */
  readonly attemptsSurviveCrash: boolean;
  /**
   * How often a consumer commits that says nothing of it: absent means 200 ms. Longer where each commit of a partition is a
   * write of its own that somebody pays. At a hand-over and at `close` all is committed at once.
   */
  readonly commitIntervalMs?: number;
  /** A resent batch is recognised, so that an unknown outcome leaves no duplicate. */
  readonly idempotentWrites: boolean;
}
