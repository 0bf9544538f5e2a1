import { randomUUID } from 'node:crypto';
import { defineTopic, type Schema, StreamError, type Streams } from 'isostream';
import type { Command } from 'commander';
import {
  type ClientOptions,
  parseWhole,
  parseStart,
  parseTime,
  rawTopic,
  usage,
  withClientOptions,
  withStreams,
  withTemporary,
} from '../client.ts';
import { toJson, toLine } from '../show-event.ts';
import { print, say } from '../terminal.ts';
import { json } from '../visible.ts';

/** Takes any data: the topic's own schema is not known here. */
const anything: Schema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'isostream', validate: (value) => ({ value }) },
};

/** Events: tail, replay, send. */
export function addEventCommands(program: Command): void {
  withClientOptions(
    program
      .command('tail')
      .description('print events as they arrive, without affecting your groups')
      .argument('<topic>')
      .option('--from <start>', 'earliest, latest, a time, or how long ago', 'latest')
      .option('--limit <events>', 'stop after this many events'),
  ).action((topic: string, options: TailOptions) =>
    withTemporary(options, (streams, signal) => tail(streams, topic, options, signal)),
  );

  withClientOptions(
    program
      .command('replay')
      .description('print a range of stored events')
      .argument('<topic>')
      .option('--from <start>', 'earliest, a time, or how long ago', 'earliest')
      .option('--to <time>', 'now, a time, or how long ago', 'now')
      .option('--key <key>', 'only events of this key'),
  ).action(
    (topic: string, options: ClientOptions & { readonly from: string; readonly to: string; readonly key?: string }) =>
      withTemporary(options, async (streams, signal) => {
        const range = {
          from: parseStart(options.from, '--from'),
          to: options.to === 'now' ? ('now' as const) : parseTime(options.to, '--to'),
        };
        const replay = streams.replay(rawTopic(topic), {
          ...range,
          ...(options.key === undefined ? {} : { key: options.key }),
        });
        const { events } = await replay.run(
          (event, context) => print(options.json === true ? json(toJson(event, context)) : toLine(event, context)),
          { signal },
        );
        say(`${events} events`);
      }),
  );

  withClientOptions(
    program
      .command('send')
      .description('send one event')
      .argument('<topic>')
      .requiredOption('--type <type>', 'event type')
      .requiredOption('--data <json>', 'payload as JSON')
      .option('--key <key>', 'key; events of one key keep their order')
      .option('--id <id>', 'event id (default: a random UUID)'),
  ).action(
    (
      topic: string,
      options: ClientOptions & {
        readonly type: string;
        readonly data: string;
        readonly key?: string;
        readonly id?: string;
      },
    ) =>
      withStreams(options, async (streams) => {
        const { type, key, id } = options;
        const declared = defineTopic(topic, {
          events: { [type]: anything },
          key: key === undefined ? null : () => key,
        });
        const receipt = await streams
          .producer(declared)
          .send({ type, data: parseJson(options.data), ...(id === undefined ? {} : { id }) });
        print(
          options.json === true
            ? json(receipt)
            : `stored at ${[receipt.partition ?? topic, receipt.position ?? []].flat().join('/')}`,
        );
      }),
  );
}

interface TailOptions extends ClientOptions {
  readonly from: string;
  readonly limit?: string;
}

async function tail(streams: Streams, topic: string, options: TailOptions, signal: AbortSignal): Promise<void> {
  const limit = options.limit === undefined ? Infinity : parseWhole(options.limit, '--limit', 1);
  const group = `isostream-tail-${randomUUID().slice(0, 8)}`;
  const consumer = streams.consumer(rawTopic(topic), {
    group,
    from: parseStart(options.from, '--from'),
    onFailure: 'skip',
    concurrency: 1,
  });
  let count = 0;
  try {
    await consumer.run(
      (event, context) => {
        if (count >= limit || signal.aborted) return;
        print(options.json === true ? json(toJson(event, context)) : toLine(event, context));
        if (++count >= limit) void consumer.close();
      },
      { signal },
    );
  } finally {
    await forget(streams, topic, group);
  }
}

/** What was made to look at the topic would cost whoever owns it; where that fails, its name is told. */
async function forget({ admin }: Streams, topic: string, group: string): Promise<void> {
  try {
    await admin.deleteGroup(topic, group);
  } catch (error) {
    if (StreamError.is(error) && error.code === 'unknown-topic') return;
    const why = error instanceof Error ? error.message : String(error);
    say(`the temporary group ${group} is left: ${why}. Delete it: isostream delete-group ${topic} --group ${group}`);
  }
}

function parseJson(text: string): unknown {
  try {
    const data: unknown = JSON.parse(text);
    return data;
  } catch {
    throw usage(`--data is not valid JSON. Quote it for the shell, such as '{"total":9}'`);
  }
}
