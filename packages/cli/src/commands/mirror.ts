import { connect, type Streams } from 'isostream';
import { createMirror, type Mirror } from '@isostream/mirror';
import { type Command, Option } from 'commander';
import { interruption } from '../interruption.ts';
import { print, say, table } from '../terminal.ts';
import { json, visible } from '../visible.ts';

interface MirrorOptions {
  readonly from: string;
  readonly to: string;
  readonly toTopic?: string;
  readonly mirrorGroup?: string;
  readonly json?: boolean;
}

interface CutoverOptions extends MirrorOptions {
  readonly group: string;
  readonly execute?: boolean;
}

/** Moving a topic to another provider: copy, compare, place groups. */
export function addMirrorCommands(program: Command): void {
  const mirror = program.command('mirror').description('move a topic to another provider while it is in use');
  withSides(mirror.command('run').description('copy events until interrupted, in order per key'))
    .option('--skip-copies', 'do not copy what came from the other side: for the way back')
    .action((topic: string, options: MirrorOptions & { readonly skipCopies?: boolean }) =>
      withMirror(topic, options, options.skipCopies === true, async (each) => {
        say(`copying topic "${visible(topic)}". Stop it with Ctrl-C; it goes on where it was`);
        await each.run({ signal: interruption.signal });
        say(`${each.copied} events copied`);
      }),
    );

  withSides(mirror.command('status').description('show how far the copy is')).action(
    (topic: string, options: MirrorOptions) =>
      withMirror(topic, options, false, async (each) => {
        const { behind, behindMs } = await each.status();
        if (options.json === true) print(json({ behind, behindMs }));
        else print(table(['events behind', 'for ms'], [[String(behind ?? 'unknown'), String(behindMs ?? 'unknown')]]));
      }),
  );

  withSides(
    mirror.command('verify').description('compare both sides; fails if something is lost, reordered or changed'),
  ).action((topic: string, options: MirrorOptions) =>
    withMirror(topic, options, false, async (each) => {
      const { examples, ...counts } = await each.verify({ signal: interruption.signal });
      if (options.json === true) print(json({ ...counts, examples }));
      else {
        print(
          table(
            ['', 'events'],
            Object.entries(counts).map(([name, count]) => [name, String(count)]),
          ),
        );
        for (const example of examples) say(visible(example));
      }
      if (counts.lost + counts.reordered + counts.changed > 0) process.exitCode = 1;
    }),
  );

  withSides(
    mirror
      .command('cutover')
      .description('show where a stopped group would go on at the other side; with --execute, place it there'),
  )
    .requiredOption('--group <name>', 'consumer group')
    .option('--execute', 'apply the change; without this only the plan is shown')
    .action((topic: string, options: CutoverOptions) =>
      withMirror(topic, options, false, (each) => cutover(each, options)),
    );
}

async function cutover(mirror: Mirror, { group, execute, json: asJson }: CutoverOptions): Promise<void> {
  const move = await mirror.planGroup(group, { signal: interruption.signal });
  if (execute === true) await mirror.moveGroup(move, { signal: interruption.signal });
  const { waiting, repeats, positions } = move;
  if (asJson === true) {
    print(json({ group, waiting, repeats, positions: Object.fromEntries(positions), executed: execute === true }));
    return;
  }
  print(
    table(
      ['partition', 'goes on at'],
      [...positions].map(([partition, position]) => [partition, position]),
    ),
  );
  say(`${waiting} events wait for it there, and ${repeats} that it has settled come again`);
  say(
    execute === true ? 'done: start its members with the other address' : 'this is the plan. Apply it with --execute',
  );
}

function withSides(command: Command): Command {
  return command
    .argument('<topic>')
    .requiredOption('--from <address>', 'provider to copy from, such as kafka://localhost:9092')
    .requiredOption('--to <address>', 'provider to copy to')
    .option('--to-topic <name>', 'name of the topic there (default: the same)')
    .addOption(new Option('--mirror-group <name>', 'group that the mirror reads as').default('isostream-mirror'))
    .option('--json', 'print JSON for programs');
}

async function withMirror(
  topic: string,
  { from, to, toTopic, mirrorGroup }: MirrorOptions,
  skipsCopies: boolean,
  work: (mirror: Mirror) => Promise<void>,
): Promise<void> {
  const open: Streams[] = [];
  try {
    for (const url of [from, to]) open.push(await connect({ url, topics: [], topology: 'assume' }));
    const [source, target] = open;
    if (source === undefined || target === undefined) return;
    await work(
      createMirror({
        from: source,
        to: target,
        topic,
        copies: skipsCopies ? 'skip' : 'copy',
        ...(toTopic === undefined ? {} : { toTopic }),
        ...(mirrorGroup === undefined ? {} : { group: mirrorGroup }),
      }),
    );
  } finally {
    await Promise.all(open.map((streams) => streams.close()));
  }
}
