import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { type KinesisAdapter, createKinesis, type KinesisOptions } from './open.ts';

type Request = Parameters<NodeHttpHandler['handle']>[0];

/** What a service says: a result, an error, or nothing ever. */
export type Reply =
  | object
  | { readonly error: string; readonly message?: string; readonly status?: number }
  | Error
  | 'silence';

export interface Call {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ScriptedAws {
  readonly adapter: KinesisAdapter;
  readonly calls: readonly Call[];
}

/** An adapter whose requests are answered by a function, without a network. */
export function scriptedAws(reply: (call: Call) => Reply, options: KinesisOptions = {}): ScriptedAws {
  const calls: Call[] = [];
  const handle = async (request: Request): Promise<Awaited<ReturnType<NodeHttpHandler['handle']>>> => {
    const call = {
      operation: (request.headers['x-amz-target'] ?? '').split('.').at(-1) ?? '',
      input: jsonOf(request.body),
    };
    calls.push(call);
    const answer = reply(call);
    if (answer === 'silence') return new Promise(() => undefined);
    if (answer instanceof Error) throw answer;
    const {
      error,
      message = '',
      status = 400,
    } = { error: undefined, ...answer } as { error?: string; message?: string; status?: number };
    const body = Buffer.from(JSON.stringify(error === undefined ? answer : { __type: error, message }));
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'content-length': String(body.length) };
    return { response: { statusCode: error === undefined ? 200 : status, headers, body } };
  };
  const requestHandler = { handle, updateHttpClientConfig: () => undefined, httpHandlerConfigs: () => ({}) };
  const adapter = createKinesis({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'isostream', secretAccessKey: 'isostream' },
    requestHandler,
    ...options,
  });
  return { adapter, calls };
}

function jsonOf(body: unknown): Readonly<Record<string, unknown>> {
  const text =
    typeof body === 'string'
      ? body
      : body instanceof Uint8Array
        ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
        : '{}';
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** What DescribeStreamSummary answers for a stream that is in order. */
export const activeStream = {
  StreamDescriptionSummary: {
    StreamName: 's',
    StreamARN: 'arn:aws:kinesis:eu-west-1:000000000000:stream/s',
    StreamStatus: 'ACTIVE',
    RetentionPeriodHours: 24,
    OpenShardCount: 1,
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
  },
};
