import { randomUUID } from 'node:crypto';
import { defineTopic, type Schema } from 'isostream';
import type { Command } from 'commander';
import {
  type ClientOptions,
  parseNumber,
  parseStart,
  parseTime,
  rawTopic,
  usage,
  withClientOptions,
  withStreams,
} from '../client.ts';
import { toJson, toLine } from '../show-event.ts';
import { print, say } from '../terminal.ts';

/** Takes any data: the topic's own schema is not known here. */
const anything: Schema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'isostream', validate: (value) => ({ value }) },
};

/** Events: tail, replay, send. */
export function addEventCommands(program: Command): void {
  withClientOptions(
    program
      .command('tail')
      .description('print events as they arrive, without touching any group of yours')
      .argument('<topic>')
      .option('--from <start>', 'earliest, latest, a time, or how long ago', 'latest')
      .option('--limit <events>', 'stop after so many'),
  ).action((topic: string, options: ClientOptions & { readonly from: string; readonly limit?: string }) =>
    withStreams(options, async (streams) => {
      const limit = options.limit === undefined ? Infinity : parseNumber(options.limit, '--limit');
      const group = `isostream-tail-${randomUUID().slice(0, 8)}`;
      const consumer = streams.consumer(rawTopic(topic), {
        group,
        from: parseStart(options.from, '--from'),
        onFailure: 'skip',
        concurrency: 1,
      });
      const stop = (): void => void consumer.close();
      process.once('SIGINT', stop);
      let count = 0;
      const running = consumer.run((event, context) => {
        if (count >= limit) return;
        print(options.json === true ? JSON.stringify(toJson(event, context)) : toLine(event, context));
        if (++count >= limit) stop();
      });
      try {
        await running;
      } finally {
        process.off('SIGINT', stop);
        // What was made to look at the topic would cost whoever owns it.
        await streams.admin.deleteGroup(topic, group);
      }
    }),
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
      withStreams(options, async (streams) => {
        const range = {
          from: parseStart(options.from, '--from'),
          to: options.to === 'now' ? ('now' as const) : parseTime(options.to, '--to'),
        };
        const replay = streams.replay(rawTopic(topic), {
          ...range,
          ...(options.key === undefined ? {} : { key: options.key }),
        });
        const { events } = await replay.run((event, context) =>
          print(options.json === true ? JSON.stringify(toJson(event, context)) : toLine(event, context)),
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
            ? JSON.stringify(receipt)
            : `stored at ${[receipt.partition ?? topic, receipt.position ?? []].flat().join('/')}`,
        );
      }),
  );
}

function parseJson(text: string): unknown {
  try {
    const data: unknown = JSON.parse(text);
    return data;
  } catch {
    throw usage(`--data is no JSON: ${text}. Quote it for the shell, such as '{"total":9}'`);
  }
}
