import { GetRecordsCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeRecordsDirectly } from '../src/client/record-wire.ts';

/** A client whose requests are kept, and answered with a text. */
class Scripted {
  answer = '{}';
  body: unknown;
  length: string | undefined;
  readonly client = new KinesisClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'isostream', secretAccessKey: 'isostream' },
    maxAttempts: 1,
    requestHandler: {
      handle: async ({ body, headers }: { body: unknown; headers: Record<string, string> }) => {
        this.body = body;
        this.length = headers['content-length'];
        const type = { 'content-type': 'application/x-amz-json-1.1' };
        return { response: { statusCode: 200, headers: type, body: Buffer.from(this.answer) } };
      },
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    },
  });
}

const theirs = new Scripted();
const ours = new Scripted();
writeRecordsDirectly(ours.client);

function textOf(body: unknown): string {
  return body instanceof Uint8Array ? Buffer.from(body).toString() : String(body);
}

/** What a call gives, or that it fails; the SDK's error says more than anybody needs. */
async function outcome(call: Promise<object>): Promise<unknown> {
  try {
    const output: unknown = JSON.parse(JSON.stringify(await call, bytesAsText));
    return { ...Object(output), $metadata: undefined };
  } catch (error) {
    return error instanceof Error ? error.name : 'no error';
  }
}

/** Both are bytes; ours are a `Buffer` that says more of itself. */
function bytesAsText(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const found = this[name];
  return found instanceof Uint8Array ? Buffer.from(found).toString('hex') : value;
}

async function both(answer: string, command: () => PutRecordsCommand | GetRecordsCommand): Promise<[unknown, unknown]> {
  theirs.answer = answer;
  ours.answer = answer;
  const send = (client: KinesisClient): Promise<object> => {
    const made = command();
    return made instanceof PutRecordsCommand ? client.send(made) : client.send(made);
  };
  return [await outcome(send(ours.client)), await outcome(send(theirs.client))];
}

const put = (): PutRecordsCommand => new PutRecordsCommand({ StreamName: 's', Records: [] });
const get = (): GetRecordsCommand => new GetRecordsCommand({ ShardIterator: 'i' });
const text = fc.string({ unit: 'binary', maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 40 });
const base64 = bytes.map((data) => Buffer.from(data).toString('base64'));
const rarely = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: fc.jsonValue() });

const record = fc.record(
  {
    SequenceNumber: rarely(text),
    ApproximateArrivalTimestamp: rarely(fc.integer({ min: 0, max: 4e12 }).map((ms) => ms / 1_000)),
    Data: rarely(base64),
    PartitionKey: rarely(text),
    EncryptionType: rarely(fc.constantFrom('NONE', 'KMS', null)),
  },
  { requiredKeys: ['SequenceNumber', 'Data', 'PartitionKey', 'ApproximateArrivalTimestamp'] },
);
const child = fc.record({
  ShardId: text,
  ParentShards: fc.array(text, { maxLength: 2 }),
  HashKeyRange: fc.record({ StartingHashKey: text, EndingHashKey: text }),
});
const page = fc.record(
  {
    Records: rarely(fc.array(record, { maxLength: 5 })),
    NextShardIterator: rarely(fc.oneof(text, fc.constant(null))),
    MillisBehindLatest: rarely(fc.nat()),
    ChildShards: fc.oneof(fc.array(child, { maxLength: 2 }), fc.constant(null)),
  },
  { requiredKeys: ['Records'] },
);
const result = fc.record(
  {
    SequenceNumber: rarely(fc.oneof(text, fc.constant(null))),
    ShardId: rarely(text),
    ErrorCode: rarely(fc.oneof(text, fc.constant(null))),
    ErrorMessage: rarely(text),
  },
  { requiredKeys: [] },
);
const results = fc.record({
  FailedRecordCount: rarely(fc.nat()),
  Records: rarely(fc.array(result, { maxLength: 5 })),
});

describe('the records of a call', () => {
  it('are written as the SDK writes them', async () => {
    const entry = fc.record(
      { Data: bytes, PartitionKey: text, ExplicitHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n }).map(String) },
      { requiredKeys: ['Data', 'PartitionKey'] },
    );
    await fc.assert(
      fc.asyncProperty(text, fc.array(entry, { maxLength: 5 }), fc.boolean(), async (StreamName, Records, isByArn) => {
        const StreamARN = isByArn ? 'arn:aws:kinesis:eu-west-1:000000000000:stream/s' : undefined;
        const input = { StreamName, Records, ...(StreamARN === undefined ? {} : { StreamARN }) };
        const command = (): PutRecordsCommand => new PutRecordsCommand(input);
        await both('{"Records":[]}', command);
        expect(ours.length).toBe(String(Buffer.from(textOf(ours.body)).length));
        expect(JSON.parse(textOf(ours.body))).toEqual(JSON.parse(textOf(theirs.body)));
      }),
    );
  });

  it('are read as the SDK reads them, whatever an answer holds', async () => {
    await fc.assert(
      fc.asyncProperty(page, async (answer) => {
        const [own, sdk] = await both(JSON.stringify(answer), get);
        expect(own).toEqual(sdk);
      }),
    );
  });

  it('have the results that the SDK reads', async () => {
    await fc.assert(
      fc.asyncProperty(results, async (answer) => {
        const [own, sdk] = await both(JSON.stringify(answer), put);
        expect(own).toEqual(sdk);
      }),
    );
  });

  it.each([
    '',
    '[]',
    'null',
    '{"Records":',
    '"text"',
    '{"Records":[{"Data":"a"}]}',
    '{"__proto__":{"a":1},"Records":[]}',
  ])('are the SDK’s where an answer is %j', async (answer) => {
    const [own, sdk] = await both(answer, get);
    expect(own).toEqual(sdk);
  });
});
