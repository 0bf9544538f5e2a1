import type { PutRecordsCommandInput, PutRecordsResultEntry, _Record } from '@aws-sdk/client-kinesis';

type Fields = Readonly<Record<string, unknown>>;

/** What the SDK's own reader would make of the body of an answer; `undefined` where that has to look at it. */
export type FromJson = (answer: Fields) => object | undefined;

/** The body of a request; `undefined` where the SDK has to make it. */
export function putRecordsJson(input: PutRecordsCommandInput): Buffer | undefined {
  const { StreamName: name, Records: records, ...more } = input;
  if (name === undefined || records === undefined || Object.keys(more).length > 0) return undefined;
  let text = `{"StreamName":${JSON.stringify(name)},"Records":[`;
  for (const [index, { PartitionKey: key, Data: data, ExplicitHashKey: hash }] of records.entries()) {
    if (key === undefined || !(data instanceof Uint8Array)) return undefined;
    const start = index === 0 ? '{"Data":"' : ',{"Data":"';
    const explicit = hash === undefined ? '' : `,"ExplicitHashKey":${JSON.stringify(hash)}`;
    text += `${start}${base64(data)}","PartitionKey":${JSON.stringify(key)}${explicit}}`;
  }
  return Buffer.from(`${text}]}`);
}

export const putRecordsFromJson: FromJson = ({ Records: records, FailedRecordCount: failed }) => {
  if (!Array.isArray(records) || !isCount(failed)) return undefined;
  const entries: PutRecordsResultEntry[] = [];
  for (const record of records) {
    if (!isObject(record)) return undefined;
    const { SequenceNumber, ShardId, ErrorCode, ErrorMessage } = record;
    if (!isText(SequenceNumber) || !isText(ShardId) || !isText(ErrorCode) || !isText(ErrorMessage)) return undefined;
    entries.push({
      SequenceNumber: SequenceNumber ?? undefined,
      ShardId: ShardId ?? undefined,
      ErrorCode: ErrorCode ?? undefined,
      ErrorMessage: ErrorMessage ?? undefined,
    });
  }
  return { FailedRecordCount: failed ?? undefined, Records: entries };
};

export const getRecordsFromJson: FromJson = (answer) => {
  const { Records: records, ChildShards: children, NextShardIterator: next, MillisBehindLatest: behind } = answer;
  if (!Array.isArray(records) || !isText(next) || !isCount(behind)) return undefined;
  if (children !== undefined && children !== null && !isPlain(children)) return undefined;
  const made: _Record[] = [];
  for (const record of records) {
    const one = isObject(record) ? recordOf(record) : undefined;
    if (one === undefined) return undefined;
    made.push(one);
  }
  return {
    NextShardIterator: next ?? undefined,
    MillisBehindLatest: behind ?? undefined,
    ChildShards: children ?? undefined,
    Records: made,
  };
};

function recordOf(record: Fields): _Record | undefined {
  const { SequenceNumber: sequence, PartitionKey: key, Data: text, EncryptionType: type } = record;
  const { ApproximateArrivalTimestamp: seconds } = record;
  if (typeof sequence !== 'string' || typeof key !== 'string' || typeof text !== 'string') return undefined;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || !isText(type)) return undefined;
  const data = fromBase64(text);
  const encryption = encryptions.get(type);
  if (data === undefined || (typeof type === 'string' && encryption === undefined)) return undefined;
  return {
    SequenceNumber: sequence,
    ApproximateArrivalTimestamp: new Date(Math.round(seconds * 1_000)),
    Data: data,
    PartitionKey: key,
    EncryptionType: encryption,
  };
}

const encryptions: ReadonlyMap<unknown, _Record['EncryptionType']> = new Map([
  ['NONE', 'NONE'],
  ['KMS', 'KMS'],
] as const);

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** Nothing for what the SDK refuses: Node skips what is not base64. */
function fromBase64(text: string): Uint8Array | undefined {
  const { length } = text;
  if (length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === (length / 4) * 3 - padding ? bytes : undefined;
}

/** AWS leaves a field out, or says `null`; so for texts. */
function isCount(value: unknown): value is number | null | undefined {
  return value === undefined || value === null || (typeof value === 'number' && Number.isSafeInteger(value));
}

/** A list of what holds texts, lists of texts and such things alone, as the SDK would give it. */
function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  return typeof value === 'string' || (isObject(value) && Object.values(value).every(isPlain));
}

function isText(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string';
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
