import type { Header } from '@isostream/core/adapter';

/** A record to write. */
export interface WireRecord {
  readonly key: string | Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  /** Milliseconds since the epoch; the time of writing where absent. */
  readonly timestamp?: number;
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface ProducerIdentity {
  readonly id: string;
  readonly epoch: number;
}

export interface ProduceRequest {
  readonly topic: string;
  readonly identity: ProducerIdentity;
  readonly compression: Compression;
  readonly timeoutMs: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly firstSequence: number;
    readonly records: readonly WireRecord[];
  }[];
}

export interface ProduceResult {
  readonly partition: number;
  readonly error: number;
  readonly baseOffset: bigint;
}
