import type { KinesisClient, PutRecordsCommandInput } from '@aws-sdk/client-kinesis';
import { type FromJson, getRecordsFromJson, putRecordsFromJson, putRecordsJson } from './record-json.ts';

/** A call on its way: the SDK makes one context for each. */
interface UnderWay {
  body: Buffer | undefined;
  output: object | undefined;
}

const readers: Readonly<Record<string, FromJson>> = {
  PutRecordsCommand: putRecordsFromJson,
  GetRecordsCommand: getRecordsFromJson,
};

/**
 * Writes and reads the records of `PutRecords` and `GetRecords` itself. The SDK goes through its model of the service for
 * each field of each record, which costs several times what the record costs elsewhere. All else stays its own: addresses,
 * signatures, errors; and whatever is not just as the service writes it, it gets to see.
 */
export function writeRecordsDirectly(client: KinesisClient): void {
  const calls = new WeakMap<object, UnderWay>();
  const { middlewareStack: stack } = client;
  stack.add(
    (next, context) => async (args) => {
      if (readers[context.commandName ?? ''] === undefined) return next(args);
      const call: UnderWay = { body: undefined, output: undefined };
      calls.set(context, call);
      const result = await next(context.commandName === 'PutRecordsCommand' ? withoutRecords(args, call) : args);
      if (call.output !== undefined) Object.assign(result.output, call.output);
      return result;
    },
    { step: 'serialize', priority: 'high', name: 'isostreamRecords' },
  );
  stack.add(
    (next, context) => async (args) => {
      const body = calls.get(context)?.body;
      if (body !== undefined && hasBody(args.request)) args.request.body = body;
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'isostreamRecordsBody' },
  );
  stack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const call = calls.get(context);
      const reader = readers[context.commandName ?? ''];
      if (call === undefined || reader === undefined || !isAnswer(result.response)) return result;
      const text = await textOf(result.response.body);
      call.output = read(text, reader);
      result.response.body = call.output === undefined ? text : nothing;
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'isostreamRecordsRead' },
  );
}

const nothing = Buffer.from('{}');

function withoutRecords<Args extends { readonly input: object }>(args: Args, call: UnderWay): Args {
  const input: PutRecordsCommandInput = { Records: undefined, ...args.input };
  call.body = putRecordsJson(input);
  return call.body === undefined ? args : { ...args, input: { ...input, Records: [] } };
}

function read(text: Buffer, reader: FromJson): object | undefined {
  try {
    const answer: unknown = JSON.parse(text.toString());
    return typeof answer === 'object' && answer !== null && !Array.isArray(answer) ? reader({ ...answer }) : undefined;
  } catch {
    // Whoever reads it next says what is wrong with it.
    return undefined;
  }
}

function hasBody(request: unknown): request is { body: unknown } {
  return typeof request === 'object' && request !== null && 'body' in request;
}

/** One that succeeded; what failed is the SDK's. */
function isAnswer(response: unknown): response is { readonly statusCode: number; body: unknown } {
  if (typeof response !== 'object' || response === null) return false;
  return 'statusCode' in response && response.statusCode === 200 && 'body' in response;
}

async function textOf(body: unknown): Promise<Buffer> {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Uint8Array[] = [];
  if (isStream(body)) for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
