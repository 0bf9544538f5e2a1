import type { Streams } from 'isostream';
import { humanCount, planReset, type ResetTarget } from '@isostream/operations';
import type { Command } from 'commander';
import { type ClientOptions, parseStart, requireGroup, usage, withClientOptions, withStreams } from '../client.ts';
import { nothingChanged, print, say, table } from '../terminal.ts';
import { json, visible } from '../visible.ts';

/** Moving a group, shown first. */
export function addResetCommand(program: Command): void {
  withClientOptions(
    program
      .command('reset')
      .description('show where a stopped group would resume; with --execute, set it')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group')
      .option('--to <start>', 'earliest, latest, a time, or how long ago (15m, 2d)')
      .option('--to-group <name>', 'where another group of the topic is')
      .option('--at <partition=position...>', 'positions of single partitions; others stay where they are')
      .option('--create', 'create the group at this position if it does not exist')
      .option('--execute', 'apply the change; without this only the plan is shown'),
  ).action((topic: string, options: ResetOptions) => withStreams(options, (streams) => reset(streams, topic, options)));
}

interface ResetOptions extends ClientOptions {
  readonly group: string;
  readonly to?: string;
  readonly toGroup?: string;
  readonly at?: readonly string[];
  readonly create?: boolean;
  readonly execute?: boolean;
}

/** Moves a group only when that was asked for in so many words; what it is and what it would be is shown in any case. */
async function reset(streams: Streams, topic: string, options: ResetOptions): Promise<void> {
  const { group, create = false, execute = false } = options;
  const target = await targetOf(streams, topic, options);
  if (streams.adapter.capabilities.resetGroup) {
    if (create) await streams.admin.groups(topic);
    else await requireGroup(streams, topic, group);
  }
  const planned = await planReset(streams, topic, group, target);
  const { plan } = planned;
  const result = execute ? await planned.run() : undefined;
  const afterwards = new Map(result?.partitions.map((each) => [each.partition, each.after]));
  const partitions = plan.steps.map(({ partition, from, to, again, skipped }) => ({
    partition,
    before: from,
    after: result === undefined ? to : (afterwards.get(partition) ?? null),
    again,
    skipped,
  }));
  if (options.json === true) {
    print(
      json({
        topic,
        group,
        to: plan.target,
        executed: execute,
        members: plan.members,
        partitions,
        sentence: plan.sentence,
      }),
    );
    return;
  }
  const rows = partitions.map((each) => [
    each.partition,
    each.before ?? 'none',
    each.after ?? 'none',
    each.again === null ? '?' : humanCount(each.again),
    each.skipped === null ? '?' : humanCount(each.skipped),
  ]);
  print(table(['partition', 'before', 'after', 'again', 'skipped'], rows));
  if (result !== undefined) {
    const behind = result.events === null ? '' : `: it is now ${humanCount(result.events)} events behind`;
    say(`group ${group} goes on at ${plan.target}${behind}`);
    return;
  }
  if (plan.members !== null && plan.members.length > 0)
    say(`members must stop first, ${plan.members.length} run: ${plan.members.map(visible).join(', ')}`);
  say(nothingChanged(plan.sentence));
}

async function targetOf({ admin }: Streams, topic: string, { to, toGroup, at }: ResetOptions): Promise<ResetTarget> {
  if ([to, toGroup, at].filter((each) => each !== undefined).length !== 1)
    throw usage('where to move the group is not clear. Give one of --to, --to-group and --at');
  if (to !== undefined) return parseStart(to, '--to');
  if (toGroup !== undefined) {
    const lags = await admin.lag(topic, toGroup);
    const placed = lags.flatMap(({ partition, committed }) =>
      committed === undefined ? [] : [[partition, committed] as const],
    );
    if (placed.length === 0) throw usage(`group "${toGroup}" has no position on topic "${topic}"`);
    return new Map(placed);
  }
  return new Map(
    (at ?? []).map((text) => {
      const [partition = '', position = ''] = text.split('=');
      if (partition === '' || position === '')
        throw usage(`--at is ${JSON.stringify(text)}. Give partition=position, such as 0=1200`);
      return [partition, position] as const;
    }),
  );
}
