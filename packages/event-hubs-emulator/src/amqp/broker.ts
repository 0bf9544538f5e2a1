import type { WriteFaults } from '../faults.ts';
import type { Throughput } from '../throughput.ts';
import type { Hub, Namespace } from '../store/namespace.ts';
import type { OffsetForm } from '../store/offsets.ts';
import type { PartitionLog } from '../store/partition-log.ts';
import type { NewEvent } from '../store/stored-event.ts';
import type { Owners } from './owners.ts';
import type { Connection } from './rhea.ts';
import type { Keys } from './tokens.ts';

/** What links need of the server that they belong to. */
export interface Broker {
  readonly namespace: Namespace;
  readonly faults: WriteFaults;
  readonly throughput: Throughput;
  readonly owners: Owners;
  readonly offsets: OffsetForm;
  readonly replicated: boolean;
  /** `undefined`: nobody has to put a token. */
  readonly keys: Keys | undefined;
  readonly maxMessageBytes: number;
  readonly senderCredit: number;
  now(): number;
  store(hub: Hub, partition: PartitionLog, events: readonly NewEvent[]): void;
  /** Breaks a connection without a word. */
  drop(connection: Connection): void;
  /** Runs that after a while, unless the server has stopped. */
  later(ms: number, action: () => void): void;
}
