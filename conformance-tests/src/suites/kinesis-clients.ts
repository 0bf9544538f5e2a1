import type { AwsFaults } from '@isostream/fault-injection/aws';
import { createKinesis, type KinesisAdapter, type KinesisOptions } from '@isostream/kinesis';
import { mutate } from './kinesis-mutants.ts';

/** How clients of the suite reach Kinesis, in this process and in others. */
export interface KinesisSuiteSettings extends KinesisOptions {
  /** The client is to be wrong, as this one is. */
  readonly mutant?: string;
}

/** Long enough for a machine on which emulators and members wait for each other. */
export const leaseMs = 5_000;
/** The emulator takes seconds for megabytes, and goes on with what nobody waits for any more. */
const requestTimeoutMs = 30_000;
const connectTimeoutMs = 2_000;

/** Also called by member processes, which have no faults but those of the proxies. */
export function createAdapter(
  { mutant, ...settings }: KinesisSuiteSettings,
  _clientId: string,
  faults?: AwsFaults,
): KinesisAdapter {
  const handler = faults?.handler({
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    socketTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
  });
  const adapter = createKinesis({
    ...settings,
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    sessionTimeout: leaseMs,
    // Each costs the emulator some milliseconds, more with what the shard holds; AWS takes five a second of a shard.
    pollInterval: 250,
    discovery: '1s',
    ...(handler === undefined ? {} : { requestHandler: handler }),
  });
  if (mutant !== undefined) mutate(adapter, mutant);
  return adapter;
}

/** What member processes load. */
export const clientsModule: string = import.meta.url;
