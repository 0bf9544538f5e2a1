import { setTimeout } from 'node:timers/promises';
import type { Duration, Streams } from 'isostream';
import { toMilliseconds } from '@isostream/core/adapter';
import {
  type GroupView,
  humanCount,
  humanDuration,
  humanRate,
  LagWatch,
  planDeleteGroup,
  type WatchedGroup,
} from '@isostream/operations';
import type { Command } from 'commander';
import { type ClientOptions, requireGroup, usage, withClientOptions, withStreams, withTemporary } from '../client.ts';
import { counted, nothingChanged, print, say, table } from '../terminal.ts';
import { json, visible } from '../visible.ts';
import type { ExecuteOptions } from './topics.ts';

/** Groups: list, lag, delete. */
export function addGroupCommands(program: Command): void {
  withClientOptions(
    program
      .command('groups')
      .description('list the groups of all topics, those that are behind first')
      .argument('[topic]', 'only groups of this topic')
      .option('--behind', 'only groups that have something to do'),
  ).action((topic: string | undefined, options: ClientOptions & { readonly behind?: boolean }) =>
    withTemporary(options, async (streams, signal) => {
      const found = await new LagWatch(streams).look({ signal, ...(topic === undefined ? {} : { topic }) });
      const groups = found.groups.filter(({ state }) => options.behind !== true || state !== 'idle');
      if (options.json === true) print(json({ ...found, groups }));
      else showGroups(groups, false);
      for (const problem of found.problems) say(`problem: ${visible(problem)}`);
      if (found.groups.length === 0 && options.json !== true) say('there are no groups');
      if (found.problems.length > 0) process.exitCode = 7;
    }),
  );

  withClientOptions(
    program
      .command('lag')
      .description('show how far groups are behind, with their members and rates')
      .argument('[topic]', 'default: all topics')
      .option('--group <name>', 'only this group, by partition')
      .option('--watch [every]', 'look again at an interval, such as 5s (default: 2s), until interrupted'),
  ).action((topic: string | undefined, options: LagOptions) =>
    withTemporary(options, (streams, signal) => lag(streams, topic, options, signal)),
  );

  withClientOptions(
    program
      .command('delete-group')
      .description('show what would be forgotten; with --execute, delete a stopped group and its position')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group')
      .option('--execute', 'apply the change; without this only the plan is shown'),
  ).action((topic: string, options: ExecuteOptions & { readonly group: string }) =>
    withStreams(options, async (streams) => {
      const { group, execute = false } = options;
      await requireGroup(streams, topic, group);
      const { plan, run } = await planDeleteGroup(streams, topic, group);
      if (execute) await run();
      if (options.json === true) {
        print(json({ ...plan, executed: execute, deleted: execute }));
        return;
      }
      say(execute ? `topic ${topic} has no group ${group} any more` : nothingChanged(plan.sentence));
    }),
  );
}

interface LagOptions extends ClientOptions {
  readonly group?: string;
  readonly watch?: true | Duration;
}

async function lag(
  streams: Streams,
  topic: string | undefined,
  options: LagOptions,
  signal: AbortSignal,
): Promise<void> {
  const { group, watch } = options;
  if (group !== undefined && topic === undefined)
    throw usage('--group needs a topic. Give it: isostream lag <topic> --group <name>');
  const everyMs = watch === undefined ? undefined : toMilliseconds(watch === true ? '2s' : watch, '--watch');
  if (everyMs === 0) throw usage('--watch is 0. Give a duration above 0, such as 2s');
  const looker = new LagWatch(streams);
  if (topic !== undefined && group !== undefined) await requireGroup(streams, topic, group);
  for (;;) {
    const found = await looker.look({
      signal,
      ...(topic === undefined ? {} : { topic }),
      ...(group === undefined ? {} : { group }),
    });
    if (signal.aborted) return;
    if (options.json === true) print(json(found));
    else if (group === undefined) showGroups(found.groups, everyMs !== undefined);
    else for (const each of found.groups) showGroup(each, everyMs !== undefined);
    for (const problem of found.problems) say(`problem: ${visible(problem)}`);
    if (found.stale !== null) say(`these figures are of ${found.at}: ${visible(found.stale)}`);
    if (everyMs === undefined) {
      if (found.problems.length > 0) process.exitCode = 7;
      return;
    }
    await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}

function showGroups(groups: readonly WatchedGroup[], withRates: boolean): void {
  if (groups.length === 0) return;
  const rows = groups.map((each) => [
    each.group,
    each.topic,
    each.state,
    countOf(each.events),
    ageOf(each.oldestMs),
    each.members === null ? '?' : String(each.members.length),
    ...(withRates ? [rateOf(each.inPerSecond), rateOf(each.outPerSecond)] : []),
  ]);
  print(table(['group', 'topic', 'state', 'lag', 'oldest', 'members', ...(withRates ? ['in', 'out'] : [])], rows));
  for (const why of reasons(groups)) say(`? ${visible(why)}`);
}

function showGroup(group: WatchedGroup, withRates: boolean): void {
  const clients = new Map(
    group.members?.map(({ id, clientId, host }) => [id, [clientId ?? id, host ?? []].flat().join(' on ')]),
  );
  const rows = group.partitions.map(({ partition, events, oldestMs, committed, end, member }) => [
    partition,
    countOf(events),
    ageOf(oldestMs),
    committed ?? 'none',
    end ?? '?',
    member === null ? '-' : (clients.get(member) ?? member),
  ]);
  if (rows.length > 0) print(table(['partition', 'lag', 'oldest', 'committed', 'end', 'member'], rows));
  say(summary(group, withRates));
  for (const why of reasons([group])) say(`? ${visible(why)}`);
}

/** One group in one sentence. What cannot be counted is told by its age. */
function summary(
  { group, state, events, oldestMs, members, inPerSecond, outPerSecond }: WatchedGroup,
  withRates: boolean,
): string {
  const parts = [
    `group ${group}: ${state}`,
    events === null ? [] : `${counted(events, 'event')} behind`,
    oldestMs === null || oldestMs === 0 ? [] : `the oldest is ${humanDuration(oldestMs)} old`,
    members === null ? [] : counted(members.length, 'member'),
    withRates && inPerSecond !== null ? `${rateOf(inPerSecond)} in` : [],
    withRates && outPerSecond !== null ? `${rateOf(outPerSecond)} out` : [],
  ];
  return parts.flat().join(', ');
}

/** Why some figures are missing, each reason once. */
function reasons(groups: readonly GroupView[]): readonly string[] {
  return [...new Set(groups.flatMap(({ unknown }) => Object.values(unknown)))];
}

function countOf(count: number | null): string {
  return count === null ? '?' : humanCount(count);
}

function ageOf(ms: number | null): string {
  if (ms === null) return '?';
  return ms === 0 ? '-' : humanDuration(ms);
}

function rateOf(rate: number | null): string {
  return rate === null ? '?' : humanRate(rate);
}
