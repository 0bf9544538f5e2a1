import { inMode, type Mode } from '../in-mode.ts';
import { startDockerKinesis } from './docker.ts';
import { startNativeKinesis } from './native.ts';

export interface KinesisOptions {
  /** `auto` takes native where it can start, else Docker. Default `auto`. */
  readonly mode?: Mode;
  readonly keepLogs?: boolean;
  readonly progress?: (text: string) => void;
}

/** The process of one native emulator. */
export interface AwsServer {
  readonly port: number;
  /** Starts it again on its port: Kinesis with what its last `stop` saved, DynamoDB empty. */
  start(): Promise<void>;
  /**
   * Ends it in good order. Kinesis closes its port, waits for clients to close their connections, and then saves its
   * streams: break the connections first, or that takes half a minute.
   */
  stop(): Promise<void>;
  /** Ends it at once. It keeps no log: everything since its last start is gone. */
  kill(): Promise<void>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
}

export interface KinesisEmulator extends AsyncDisposable {
  readonly region: string;
  /** Of Kinesis, over HTTP/1.1 without TLS. */
  readonly endpoint: string;
  /** Of DynamoDB, for leases. */
  readonly dynamoEndpoint: string;
  /** Any pair is taken; Kinesis keeps an account of its own for each access key id of twelve digits. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** For `connect` and `ISOSTREAM_URL`. */
  readonly url: string;
  readonly mode: 'native' | 'docker';
  /** Versions and mode, for people. */
  readonly description: string;
  readonly logFolder: string | undefined;
  /** `undefined` with Docker. */
  readonly kinesis: AwsServer | undefined;
  /** `undefined` with Docker. */
  readonly dynamo: AwsServer | undefined;
  /**
   * Removes records of a shard before a sequence number, as retention does on AWS. Works on what Kinesis saved: call it
   * between its `stop` and `start`. Absent with Docker.
   */
  readonly trim?: (stream: string, shard: string, before: string) => Promise<void>;
  stop(): Promise<void>;
}

/** Starts Kinesis and DynamoDB emulators, which end with this process at the latest. Throws `BrokerUnavailable` that says what to install. */
export async function startKinesis(options: KinesisOptions = {}): Promise<KinesisEmulator> {
  const { mode = 'auto', progress } = options;
  const start = { native: () => startNativeKinesis(options), docker: () => startDockerKinesis(options) };
  return inMode<KinesisEmulator>(mode, start, progress);
}
