import {
  KinesisClient,
  ResourceInUseException,
  type StartingPosition,
  type SubscribeToShardCommand,
  type SubscribeToShardEvent,
  type SubscribeToShardEventStream,
} from '@aws-sdk/client-kinesis';

/** What one subscription gets, before it ends or is cut in the middle of an event; `refused` for one that never begins. */
export type Script = readonly (Partial<SubscribeToShardEvent> | 'cut')[] | 'refused' | 'lasts';

/** A client whose subscriptions are as a test writes them, in order; behind the last one they are refused. */
export class ScriptedPushes {
  /** Where each of them began. */
  readonly places: (StartingPosition | undefined)[] = [];
  readonly client = new KinesisClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'isostream', secretAccessKey: 'isostream' },
  });

  constructor(...scripts: readonly Script[]) {
    const left = [...scripts];
    this.client.middlewareStack.add(
      (next) => async (args) => {
        if (!isSubscription(args.input)) return next(args);
        this.places.push(args.input.StartingPosition);
        const script = left.shift() ?? 'refused';
        if (script === 'refused') throw new ResourceInUseException({ message: 'another subscription', $metadata: {} });
        return { response: {}, output: { $metadata: {}, EventStream: eventsOf(script) } };
      },
      { step: 'initialize', name: 'scripted' },
    );
  }
}

function isSubscription(input: object): input is SubscribeToShardCommand['input'] {
  return 'ConsumerARN' in input;
}

async function* eventsOf(script: Exclude<Script, 'refused'>): AsyncGenerator<SubscribeToShardEventStream> {
  if (script === 'lasts') await new Promise(() => undefined);
  else
    for (const event of script) {
      // As the SDK says it, without a name.
      if (event === 'cut') throw new Error('Truncated event message received.');
      yield {
        SubscribeToShardEvent: {
          Records: [],
          ContinuationSequenceNumber: '1',
          MillisBehindLatest: 0,
          ...event,
        },
      };
    }
}
