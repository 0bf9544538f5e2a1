import { type HandleOrder, handleRecord, type Refused } from './handle.ts';

/** What Lambda is given of Kafka (MSK, or a cluster of your own), as far as it is looked at. */
export interface KafkaBatch {
  readonly records: Readonly<
    Record<
      string,
      readonly {
        readonly partition: number;
        readonly offset: number;
        readonly timestamp: number;
        readonly key?: string | null;
        readonly value?: string | null;
        /** Each header is a list of the numbers of its bytes, which may be signed. */
        readonly headers: readonly Readonly<Record<string, readonly number[]>>[];
      }[]
    >
  >;
}

/** A Lambda function on Kafka: each partition in order. What fails has Lambda send the whole batch again. */
export function onKafka(handle: HandleOrder, refused: Refused): (batch: KafkaBatch) => Promise<void> {
  return async ({ records }) => {
    for (const list of Object.values(records))
      for (const { partition, offset, timestamp, key, value, headers } of list) {
        const pairs = headers.flatMap((one) =>
          Object.entries(one).map(([name, bytes]) => [name, Uint8Array.from(bytes)] as const),
        );
        const record = {
          key: typeof key === 'string' ? Buffer.from(key, 'base64').toString('utf8') : null,
          value: typeof value === 'string' ? Buffer.from(value, 'base64') : null,
          headers: pairs,
          timestamp,
          partition: String(partition),
          position: String(offset),
        };
        await handleRecord(record, handle, refused);
      }
  };
}
