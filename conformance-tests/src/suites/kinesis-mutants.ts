import { openAdapter } from '@isostream/core/adapter';
import type { KinesisAdapter } from '@isostream/kinesis';
import type { Harness } from './harness.ts';
import type { Mutant } from '../mutants/mutant.ts';

interface AwsMutant extends Pick<Mutant, 'name' | 'defect' | 'noticedBy'> {
  /** What the adapter would have to misread, or leave out, to be wrong in this way. */
  readonly mutate: (command: string, send: () => Promise<Fields>, input: Fields, seen: Set<string>) => Promise<Fields>;
}

type Fields = Record<string, unknown>;

const awsMutants: readonly AwsMutant[] = [
  {
    name: 'ignores-failed-records',
    defect: 'takes every record of a request for stored, because the call did not throw',
    noticedBy: ['backpressure/a-slow-service: all delivered', 'backpressure/a-slow-service: after predecessors'],
    async mutate(command, send) {
      const output = await send();
      if (command !== 'PutRecordsCommand') return output;
      const taken = listOf(output['Records']).map((record) =>
        'ErrorCode' in record && record['ErrorCode'] !== undefined
          ? { ShardId: 'shardId-000000000000', SequenceNumber: '1' }
          : record,
      );
      return { ...output, FailedRecordCount: 0, Records: taken };
    },
  },
  {
    name: 'repeats-whole-requests',
    defect: 'writes a whole request again where one of its records failed',
    noticedBy: ['backpressure/a-slow-service: exactly once'],
    async mutate(command, send) {
      const output = await send();
      if (command !== 'PutRecordsCommand' || Number(output['FailedRecordCount'] ?? 0) === 0) return output;
      throw Object.assign(new Error('one of the records failed'), { name: 'ProvisionedThroughputExceededException' });
    },
  },
  {
    name: 'reads-children-early',
    defect: 'reads what a shard was split into before the shard is read to its end',
    noticedBy: [
      'key-order/partitions-are-split-and-merged: order per key',
      'key-order/partitions-are-split-and-merged: after predecessors',
      'key-order/partitions-are-split-and-merged: exactly once',
    ],
    async mutate(command, send) {
      const output = await send();
      if (command !== 'ListShardsCommand') return output;
      return {
        ...output,
        Shards: listOf(output['Shards']).map((shard) => ({
          ...shard,
          ParentShardId: undefined,
          AdjacentParentShardId: undefined,
        })),
      };
    },
  },
  {
    name: 'starts-grandchildren-at-the-end',
    defect: 'starts at its end what was split from a shard that was itself split from one',
    noticedBy: [
      'start-replay/partitions-split-before-they-are-read: all delivered',
      'start-replay/partitions-split-before-they-are-read: after predecessors',
    ],
    async mutate(command, send, input, seen) {
      const id = ({ ShardId: shard }: Fields): string => `${String(input['StreamName'])}/${String(shard)}`;
      if (command === 'GetShardIteratorCommand' && input['ShardIteratorType'] === 'TRIM_HORIZON' && seen.has(id(input)))
        input['ShardIteratorType'] = 'LATEST';
      const output = await send();
      if (command !== 'ListShardsCommand') return output;
      const shards = listOf(output['Shards']);
      const children = new Set(
        shards.filter((shard) => shard['ParentShardId'] !== undefined).map(({ ShardId }) => ShardId),
      );
      for (const shard of shards) if (children.has(shard['ParentShardId'])) seen.add(id(shard));
      return output;
    },
  },
];

/** The Kinesis adapter made wrong, between it and the service. */
export const kinesisMutants: readonly Mutant[] = awsMutants.map((mutant) => ({
  name: mutant.name,
  defect: mutant.defect,
  noticedBy: mutant.noticedBy,
  harness: (harness) => withMutant(harness, mutant),
  distort: () => ({}),
}));

/** The harness with every client of it, also in member processes, made wrong. */
function withMutant(harness: Harness, { name }: AwsMutant): Harness {
  const { worker } = harness;
  return {
    ...harness,
    createAdapter: (clientId) => {
      const adapter = openAdapter(harness.createAdapter(clientId));
      if (!isKinesis(adapter)) throw new Error('mutants of Kinesis need Kinesis');
      mutate(adapter, name);
      return adapter;
    },
    worker:
      worker === undefined
        ? undefined
        : { module: worker.module, settings: { ...fieldsOf(worker.settings), mutant: name } },
  };
}

function isKinesis(adapter: object): adapter is KinesisAdapter {
  return 'native' in adapter;
}

/** Makes a client wrong, as the mutant of this name is. */
export function mutate({ native }: KinesisAdapter, name: string): void {
  const mutant = awsMutants.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
  const seen = new Set<string>();
  native.kinesis.middlewareStack.add(
    (next, context) => async (request) => {
      let result: Awaited<ReturnType<typeof next>> | undefined;
      const send = async (): Promise<Fields> => {
        result = await next(request);
        return { ...result.output };
      };
      const output = await mutant.mutate(context.commandName ?? '', send, asFields(request.input), seen);
      if (result === undefined) throw new Error(`mutant ${mutant.name} did not send`);
      Object.assign(result.output, output);
      return result;
    },
    { step: 'initialize', name: 'isostreamMutant' },
  );
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map((each: object) => asFields(each)) : [];
}

function asFields(value: object): Fields {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every object can be asked for a field
  return value as Fields;
}

function fieldsOf(settings: unknown): object {
  return typeof settings === 'object' && settings !== null ? settings : {};
}
