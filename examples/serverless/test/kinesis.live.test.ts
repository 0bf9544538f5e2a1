import { expect, it } from 'vitest';
import { onKinesis } from '../src/kinesis.ts';
import { natives, seen, stored, wanted } from './support.ts';

interface Record {
  readonly Data: Uint8Array;
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp: Date;
}

it('a function on Kinesis handles what isostream wrote there', async () => {
  const records = (await stored('kinesis', natives)) as readonly Record[];
  const { billed, refused, handle, refuse } = seen();
  const answer = await onKinesis(
    handle,
    refuse,
  )({
    Records: records.map(({ Data, SequenceNumber: sequenceNumber, ApproximateArrivalTimestamp: time }) => ({
      eventID: `shardId-000000000000:${sequenceNumber}`,
      kinesis: {
        ...{ data: Buffer.from(Data).toString('base64'), sequenceNumber },
        approximateArrivalTimestamp: time.getTime() / 1_000,
      },
    })),
  });
  expect({ billed, refused, answer }).toEqual({ billed: wanted, refused: [], answer: { batchItemFailures: [] } });
});
