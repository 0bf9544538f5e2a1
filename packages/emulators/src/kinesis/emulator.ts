import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { ServerControls } from '../server-process.ts';

export type KinesisEmulatorOptions = BrokerOptions;

export interface KinesisEmulator extends RunningBroker {
  readonly region: string;
  /** Of Kinesis, over HTTP/1.1 without TLS. */
  readonly endpoint: string;
  /** Of DynamoDB, for leases. */
  readonly dynamoEndpoint: string;
  /** Any pair is taken; Kinesis keeps an account of its own for each access key id of twelve digits. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** For `connect` and `ISOSTREAM_URL`. */
  readonly url: string;
  /**
   * `undefined` with Docker. It starts again with what its last `stop` saved: for that it closes its port and waits for
   * clients to close their connections, so break them first, or it takes half a minute. `kill` loses all since its start.
   */
  readonly kinesis: ServerControls | undefined;
  /** `undefined` with Docker. It starts again empty. */
  readonly dynamo: ServerControls | undefined;
  /**
   * Removes records of a shard before a sequence number, as retention does on AWS. Works on what Kinesis saved: call it
   * between its `stop` and `start`. Absent with Docker.
   */
  readonly trim?: (stream: string, shard: string, before: string) => Promise<void>;
}
