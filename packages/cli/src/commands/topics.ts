import type { Command } from 'commander';
import type { PartitionLag } from 'isostream';
import { type ClientOptions, parseStart, withClientOptions, withStreams, usage } from '../client.ts';
import { print, say, table } from '../terminal.ts';

/** Topics and groups: list, describe, lag, reset, delete. */
export function addTopicCommands(program: Command): void {
  withClientOptions(program.command('topics').description('list topics')).action((options: ClientOptions) =>
    withStreams(options, async ({ admin }) => {
      const topics = (await admin.topics()).toSorted();
      print(options.json === true ? JSON.stringify(topics) : topics.join('\n'));
    }),
  );

  withClientOptions(
    program.command('describe').description('show a topic’s partitions, settings and groups').argument('<topic>'),
  ).action((topic: string, options: ClientOptions) =>
    withStreams(options, async ({ admin }) => {
      const description = await admin.describe(topic);
      if (description === undefined) throw usage(`topic "${topic}" does not exist`);
      const { partitionNames: _, ...settings } = description;
      const groups = await admin.groups(topic);
      const rows = [
        ...Object.entries(settings).map(([name, value]) => [name, String(value)]),
        ['groups', groups.join(', ') || 'none'],
      ];
      print(options.json === true ? JSON.stringify({ ...settings, groups }) : table(['setting', 'value'], rows));
    }),
  );

  withClientOptions(
    program
      .command('lag')
      .description('show how far a group is behind')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group'),
  ).action((topic: string, options: ClientOptions & { readonly group: string }) =>
    withStreams(options, async ({ admin }) => {
      const lags = await admin.lag(topic, options.group);
      if (options.json === true) {
        print(JSON.stringify(lags));
        return;
      }
      const rows = lags.map(({ partition, events, ms, committed, end }) => [
        partition,
        show(events),
        show(ms),
        committed ?? 'none',
        end ?? '?',
      ]);
      print(table(['partition', 'events', 'ms', 'committed', 'end'], rows));
      say(summary(lags));
    }),
  );

  withClientOptions(
    program
      .command('reset')
      .description('set where a stopped group goes on')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group')
      .requiredOption('--to <start>', 'earliest, latest, a time, or how long ago (15m, 2d)'),
  ).action((topic: string, options: ClientOptions & { readonly group: string; readonly to: string }) =>
    withStreams(options, async ({ admin }) => {
      const to = parseStart(options.to, '--to');
      await admin.reset(topic, options.group, to);
      say(`group ${options.group} goes on at ${to instanceof Date ? to.toISOString() : to}`);
    }),
  );

  withClientOptions(
    program
      .command('delete-group')
      .description('forget a stopped group and its position')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group'),
  ).action((topic: string, options: ClientOptions & { readonly group: string }) =>
    withStreams(options, async ({ admin }) => {
      await admin.deleteGroup(topic, options.group);
      say(`topic ${topic} has no group ${options.group} any more`);
    }),
  );
}

function show(value: number | undefined): string {
  return value === undefined ? '?' : String(value);
}

/** What cannot be counted is told by its age. */
function summary(lags: readonly PartitionLag[]): string {
  const isCounted = lags.every(({ events }) => events !== undefined);
  if (isCounted) return `${lags.reduce((sum, { events = 0 }) => sum + events, 0)} events behind`;
  return `${Math.max(0, ...lags.map(({ ms = 0 }) => ms))} ms behind`;
}
