import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListTagsForStreamCommand,
  type StreamDescriptionSummary,
} from '@aws-sdk/client-kinesis';
import { abortable, StreamError } from '@isostream/core/adapter';
import { recordOverhead } from './capabilities.ts';
import { nameOf, toStreamError } from './errors.ts';

/** Kinesis has no limit below 1 MB, and none to the byte: a topic that declares one has it in this tag. */
export const maxEventBytesTag = 'isostream:max-event-bytes';
export const defaultRecordKib = 1_024;

export interface StreamFacts {
  readonly arn: string;
  readonly isActive: boolean;
  readonly isOnDemand: boolean;
  readonly openShards: number;
  readonly retentionHours: number;
  readonly maxRecordKib: number;
  readonly maxEventBytes: number;
}

/** Kinesis' own limit for one record, in KiB, so that an event of so many bytes fits. */
export function recordKibFor(maxEventBytes: number): number {
  return Math.max(defaultRecordKib, Math.ceil((maxEventBytes + recordOverhead) / 1_024));
}

/** `undefined` for a stream that does not exist or is being deleted. Throws a StreamError. */
export async function describeStream(
  client: KinesisClient,
  name: string,
  signal?: AbortSignal,
): Promise<StreamFacts | undefined> {
  const what = `stream "${name}"`;
  try {
    const command = new DescribeStreamSummaryCommand({ StreamName: name });
    const { StreamDescriptionSummary: summary } = await client.send(command, abortable(signal));
    if (summary === undefined || summary.StreamStatus === 'DELETING') return undefined;
    const declared = await declaredBytes(client, name, signal);
    return factsOf(summary, declared);
  } catch (thrown) {
    if (nameOf(thrown) === 'ResourceNotFoundException') return undefined;
    throw toStreamError(thrown, what);
  }
}

/** Throws `unsupported` for a stream that spreads events as it likes: then nothing keeps the order of a key. */
export function requireKeyOrder({ RecordDistributionStrategy: strategy }: StreamDescriptionSummary): void {
  if (strategy !== 'AUTO') return;
  throw new StreamError(
    'unsupported',
    "the stream's record distribution strategy is AUTO: Kinesis ignores keys, and their order is lost. Set it back with UpdateStreamRecordDistributionStrategy",
    { where: 'kinesis', outcome: 'not-written' },
  );
}

function factsOf(summary: StreamDescriptionSummary, declaredMaxBytes: number | undefined): StreamFacts {
  requireKeyOrder(summary);
  const maxRecordKib = summary.MaxRecordSizeInKiB ?? defaultRecordKib;
  return {
    arn: summary.StreamARN ?? '',
    isActive: summary.StreamStatus === 'ACTIVE',
    isOnDemand: summary.StreamModeDetails?.StreamMode === 'ON_DEMAND',
    openShards: summary.OpenShardCount ?? 0,
    retentionHours: summary.RetentionPeriodHours ?? 24,
    maxRecordKib,
    maxEventBytes: declaredMaxBytes ?? maxRecordKib * 1_024 - recordOverhead,
  };
}

/** Who may not read tags is believed to need none. */
async function declaredBytes(
  client: KinesisClient,
  name: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let after: string | undefined;
  try {
    for (;;) {
      const command = new ListTagsForStreamCommand({
        StreamName: name,
        ...(after === undefined ? {} : { ExclusiveStartTagKey: after }),
      });
      const { Tags: tags = [], HasMoreTags: hasMore } = await client.send(command, abortable(signal));
      const value = Number(tags.find(({ Key: key }) => key === maxEventBytesTag)?.Value);
      if (Number.isSafeInteger(value) && value > 0) return value;
      after = tags.at(-1)?.Key;
      if (hasMore !== true || after === undefined) return undefined;
    }
  } catch (thrown) {
    if (nameOf(thrown) === 'AccessDeniedException') return undefined;
    throw thrown;
  }
}
