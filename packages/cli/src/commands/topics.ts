import { defineTopic, type Duration, type Size, type Streams } from 'isostream';
import { NotFound } from '@isostream/operations';
import type { Command } from 'commander';
import { type ClientOptions, parseWhole, withClientOptions, withStreams } from '../client.ts';
import { nothingChanged, print, say, table } from '../terminal.ts';
import { groupsOf, lostWith } from '../topic-groups.ts';
import { json, visible } from '../visible.ts';

/** Topics: list, describe, create, delete. */
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
      if (description === undefined) throw new NotFound(`topic "${topic}" does not exist`);
      const { partitionNames: _, ...settings } = description;
      const groups = await groupsOf(admin, topic);
      const rows = [
        ...Object.entries(settings).map(([name, value]) => [name, String(value)]),
        ['groups', groups === null ? 'not listed to you' : groups.join(', ') || 'none'],
      ];
      print(options.json === true ? json({ ...settings, groups }) : table(['setting', 'value'], rows));
    }),
  );

  const topic = program.command('topic').description('create and delete topics');
  withClientOptions(
    topic
      .command('create')
      .description('show what would be created; with --execute, create it')
      .argument('<topic>')
      .option('--partitions <count>', 'number of partitions (default: that of the provider)')
      .option('--retention <duration>', 'keep events at least this long, such as 7d')
      .option('--max-event-bytes <size>', 'largest event, such as 256kb')
      .option('--execute', 'apply the change; without this only the plan is shown'),
  ).action((name: string, options: CreateOptions) => withStreams(options, ({ admin }) => create(admin, name, options)));

  withClientOptions(
    topic
      .command('delete')
      .description('show what would be lost; with --execute, delete the topic with its events and groups')
      .argument('<topic>')
      .option('--execute', 'apply the change; without this only the plan is shown'),
  ).action((name: string, options: ExecuteOptions) =>
    withStreams(options, async ({ admin }) => {
      if ((await admin.describe(name)) === undefined) throw new NotFound(`topic "${name}" does not exist`);
      const groups = await groupsOf(admin, name);
      const execute = options.execute === true;
      if (execute) await admin.delete(name);
      if (options.json === true) {
        print(json({ topic: name, groups, executed: execute }));
        return;
      }
      const lost = lostWith(name, groups);
      say(execute ? `deleted ${lost}` : nothingChanged(`deletes ${lost}`));
    }),
  );
}

/** What a command takes that changes something. */
export interface ExecuteOptions extends ClientOptions {
  readonly execute?: boolean;
}

interface CreateOptions extends ExecuteOptions {
  readonly partitions?: string;
  readonly retention?: Duration;
  readonly maxEventBytes?: Size;
}

async function create(admin: Streams['admin'], name: string, options: CreateOptions): Promise<void> {
  const { partitions, retention, maxEventBytes, execute = false } = options;
  const topic = defineTopic(name, {
    raw: true,
    ...(partitions === undefined ? {} : { partitions: parseWhole(partitions, '--partitions', 1) }),
    ...(retention === undefined ? {} : { retention }),
    ...(maxEventBytes === undefined ? {} : { maxEventBytes }),
  });
  const isThere = (await admin.describe(name)) !== undefined;
  // Says how it differs, where it does.
  if (isThere) await admin.validate(topic);
  else if (execute) await admin.ensure(topic);
  const description = execute || isThere ? await admin.describe(name) : undefined;
  if (options.json === true) {
    print(json({ topic: name, exists: isThere, executed: execute && !isThere, settings: description ?? null }));
    return;
  }
  if (isThere) {
    say(`topic ${name} is there already, as it was asked for`);
    return;
  }
  say(
    execute
      ? `created topic ${name} with ${description?.partitionNames.length ?? 0} partitions`
      : nothingChanged(`creates topic ${name}`),
  );
}
