import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Duration, PartitionLag, Streams } from 'isostream';
import { toMilliseconds } from '@isostream/core/adapter';
import {
  type ClientOptions,
  parseStart,
  requireGroup,
  usage,
  withClientOptions,
  withStreams,
  withTemporary,
} from '../client.ts';
import { print, say, table } from '../terminal.ts';
import { json, visible } from '../visible.ts';

/** Topics and groups: list, describe, lag, reset, delete. */
export function addTopicCommands(program: Command): void {
  withClientOptions(program.command('topics').description('list topics')).action((options: ClientOptions) =>
    withStreams(options, async ({ admin }) => {
      const topics = (await admin.topics()).toSorted();
      if (options.json === true) print(json(topics));
      else if (topics.length === 0) say('there are no topics');
      else print(topics.map(visible).join('\n'));
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
      print(options.json === true ? json({ ...settings, groups }) : table(['setting', 'value'], rows));
    }),
  );

  withClientOptions(
    program
      .command('lag')
      .description('show how far a group is behind')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group')
      .option('--watch [every]', 'refresh at an interval, such as 5s (default: 2s), until interrupted'),
  ).action((topic: string, options: LagOptions) =>
    withTemporary(options, async (streams, signal) => {
      const everyMs =
        options.watch === undefined
          ? undefined
          : toMilliseconds(options.watch === true ? '2s' : options.watch, '--watch');
      for (;;) {
        await requireGroup(streams, topic, options.group);
        showLag(await streams.admin.lag(topic, options.group, { signal }), options);
        if (everyMs === undefined || signal.aborted) return;
        await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
      }
    }),
  );

  withClientOptions(
    program
      .command('reset')
      .description('show where a stopped group would resume; with --execute, set it')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group')
      .requiredOption('--to <start>', 'earliest, latest, a time, or how long ago (15m, 2d)')
      .option('--create', 'create the group at this position if it does not exist')
      .option('--execute', 'apply the change; without this only the plan is shown'),
  ).action((topic: string, options: ResetOptions) => withStreams(options, (streams) => reset(streams, topic, options)));

  withClientOptions(
    program
      .command('delete-group')
      .description('delete a stopped group and its position')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group'),
  ).action((topic: string, options: ClientOptions & { readonly group: string }) =>
    withStreams(options, async (streams) => {
      await requireGroup(streams, topic, options.group);
      await streams.admin.deleteGroup(topic, options.group);
      if (options.json === true) print(json({ topic, group: options.group, deleted: true }));
      else say(`topic ${topic} has no group ${options.group} any more`);
    }),
  );
}

interface LagOptions extends ClientOptions {
  readonly group: string;
  readonly watch?: true | Duration;
}

interface ResetOptions extends ClientOptions {
  readonly group: string;
  readonly to: string;
  readonly create?: boolean;
  readonly execute?: boolean;
}

function showLag(lags: readonly PartitionLag[], { json: isJson }: ClientOptions): void {
  if (isJson === true) {
    print(json(lags));
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
}

/** Moves a group only when that was asked for in so many words; what it is and what it would be is shown in any case. */
async function reset(streams: Streams, topic: string, options: ResetOptions): Promise<void> {
  const { adapter, admin } = streams;
  const { group, create = false, execute = false } = options;
  const to = parseStart(options.to, '--to');
  const target = to instanceof Date ? to.toISOString() : to;
  // Says by itself why the provider cannot.
  if (!adapter.capabilities.resetGroup) return admin.reset(topic, group, to);
  if (create) await admin.groups(topic);
  else await requireGroup(streams, topic, group);
  const before = await places(streams, topic, group);
  if (execute) await admin.reset(topic, group, to);
  const after = execute ? await places(streams, topic, group) : undefined;
  const partitions = before.map(({ partition, committed, end }, index) => ({
    partition,
    before: committed ?? null,
    after:
      after === undefined ? (to === 'latest' && end !== undefined ? end : target) : (after[index]?.committed ?? null),
    end: end ?? null,
  }));
  if (options.json === true) {
    print(json({ topic, group, to: target, executed: execute, partitions }));
    return;
  }
  const rows = partitions.map((each) => [each.partition, each.before ?? 'none', each.after ?? 'none', each.end ?? '?']);
  print(table(['partition', 'before', 'after', 'end'], rows));
  say(
    execute
      ? `group ${group} goes on at ${target}`
      : `nothing was changed: group ${group} would go on at ${target}. Do it with --execute`,
  );
}

/** Where a group is, as far as the provider tells. */
async function places({ adapter, admin }: Streams, topic: string, group: string): Promise<readonly PartitionLag[]> {
  const { lag } = adapter.capabilities;
  return lag.events || lag.time ? admin.lag(topic, group) : [];
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
