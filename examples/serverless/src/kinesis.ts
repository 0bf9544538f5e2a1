import { type HandleOrder, handleRecord, type Refused } from './handle.ts';

/** What Lambda is given of a Kinesis stream, as far as it is looked at. */
export interface KinesisBatch {
  readonly Records: readonly {
    readonly eventID: string;
    readonly kinesis: {
      readonly data: string;
      readonly sequenceNumber: string;
      readonly approximateArrivalTimestamp: number;
    };
  }[];
}

/** From which record on Lambda is to send the batch again; needs `ReportBatchItemFailures` on the event source mapping. */
export interface KinesisAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** A Lambda function on a Kinesis stream: in order, and from the first failure on again. */
export function onKinesis(handle: HandleOrder, refused: Refused): (batch: KinesisBatch) => Promise<KinesisAnswer> {
  return async ({ Records }) => {
    for (const { eventID, kinesis } of Records) {
      const [partition = ''] = eventID.split(':');
      const { data, sequenceNumber: position, approximateArrivalTimestamp: seconds } = kinesis;
      // The key is in the bytes: a partition key may be a spelling of it.
      const record = { value: Buffer.from(data, 'base64'), timestamp: seconds * 1_000, partition, position };
      try {
        await handleRecord(record, handle, refused);
      } catch (error) {
        console.error(`${eventID} is tried again`, error);
        return { batchItemFailures: [{ itemIdentifier: position }] };
      }
    }
    return { batchItemFailures: [] };
  };
}
