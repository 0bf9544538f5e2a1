import { connect, type Streams } from 'isostream';
import { createMirror, type GroupMove, type Mirror, type SideNames } from '@isostream/mirror';
import { type Command, Option } from 'commander';
import { usage } from '../client.ts';
import { interruption } from '../interruption.ts';
import { print, say, table } from '../terminal.ts';
import { json, visible } from '../visible.ts';

interface MirrorOptions {
  readonly from: string;
  readonly to: string;
  readonly toTopic?: string;
  readonly mirrorGroup?: string;
  readonly nameFrom?: string;
  readonly nameTo?: string;
  readonly json?: boolean;
}

interface RunOptions extends MirrorOptions {
  readonly skipCopies?: boolean;
  readonly both?: boolean;
}

interface CutoverOptions extends MirrorOptions {
  readonly group: string;
  readonly execute?: boolean;
}

/** Moving a topic to another provider: copy, compare, place groups. */
export function addMirrorCommands(program: Command): void {
  const mirror = program.command('mirror').description('move a topic to another provider while it is in use');
  withSides(mirror.command('run').description('copy events until interrupted, in order per key'))
    .option('--skip-copies', 'do not copy what any mirror copied, also from elsewhere')
    .option('--both', 'copy in both directions at once')
    .action((topic: string, options: RunOptions) =>
      withMirror(topic, options, options.skipCopies === true, async (each, back) => {
        say(`copying topic "${visible(topic)}". Stop it with Ctrl-C; it goes on where it was`);
        await runAll(options.both === true ? [each, back] : [each]);
        say(`${each.copied} events copied${options.both === true ? `, and ${back.copied} back` : ''}`);
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

  withSides(
    mirror
      .command('rollback')
      .description('show what going back would do for a stopped group; with --execute, copy back and place it there'),
  )
    .requiredOption('--group <name>', 'consumer group')
    .option('--execute', 'apply the change; without this only the plan is shown')
    .action((topic: string, options: CutoverOptions) =>
      withMirror(topic, options, false, (each) => rollback(each, options)),
    );
}

/** Until interrupted; where one fails, the others end as well. */
async function runAll(mirrors: readonly Mirror[]): Promise<void> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  interruption.signal.addEventListener('abort', stop, { once: true });
  if (interruption.signal.aborted) stop();
  try {
    const ends = await Promise.allSettled(mirrors.map((each) => each.run({ signal: end.signal }).catch(failing(stop))));
    for (const each of ends) {
      const reason: unknown = each.status === 'rejected' ? each.reason : undefined;
      if (each.status === 'rejected') throw reason;
    }
  } finally {
    interruption.signal.removeEventListener('abort', stop);
  }
}

const failing = (stop: () => void) => (error: unknown) => {
  stop();
  throw error;
};

async function rollback(mirror: Mirror, { group, execute, json: asJson }: CutoverOptions): Promise<void> {
  const plan = await mirror.planRollback(group, { signal: interruption.signal });
  if (execute === true) await mirror.rollBack(plan, { signal: interruption.signal });
  const { events, move } = plan;
  if (asJson === true) {
    print(json({ events, ...asData(move), executed: execute === true }));
    return;
  }
  say(`${events} events were written there and are not here`);
  printMove(move);
  say(
    execute === true
      ? 'done: they are copied back. Start producers and the group with the first address'
      : 'this is the plan. Stop the mirror, producers there and the group, and apply it with --execute',
  );
}

function asData({ group, waiting, repeats, positions }: GroupMove): Readonly<Record<string, unknown>> {
  return { group, waiting, repeats, positions: Object.fromEntries(positions) };
}

function printMove({ waiting, repeats, positions }: GroupMove): void {
  print(
    table(
      ['partition', 'goes on at'],
      [...positions].toSorted(([left], [right]) => left.localeCompare(right, 'en', { numeric: true })),
    ),
  );
  say(`${waiting} events wait for it there, and ${repeats} that it has settled come again`);
}

async function cutover(mirror: Mirror, { group, execute, json: asJson }: CutoverOptions): Promise<void> {
  const move = await mirror.planGroup(group, { signal: interruption.signal });
  if (execute === true) await mirror.moveGroup(move, { signal: interruption.signal });
  if (asJson === true) {
    print(json({ ...asData(move), executed: execute === true }));
    return;
  }
  printMove(move);
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
    .option('--name-from <name>', 'what copies call the side that is copied from (default: its address and topic)')
    .option('--name-to <name>', 'what copies call the other side (default: its address and topic)')
    .option('--json', 'print JSON for programs');
}

async function withMirror(
  topic: string,
  options: MirrorOptions,
  skipsCopies: boolean,
  work: (mirror: Mirror, back: Mirror) => Promise<void>,
): Promise<void> {
  const { from, to, toTopic, mirrorGroup } = options;
  const names = sideNames(topic, options);
  const open: Streams[] = [];
  try {
    for (const url of [from, to]) open.push(await connect({ url, topics: [], topology: 'assume' }));
    const [source, target] = open;
    if (source === undefined || target === undefined) return;
    const copies = skipsCopies ? 'skip' : 'copy';
    const group = mirrorGroup === undefined ? {} : { group: mirrorGroup };
    const there = createMirror({ from: source, to: target, topic, toTopic: toTopic ?? topic, copies, names, ...group });
    const back = createMirror({
      from: target,
      to: source,
      topic: toTopic ?? topic,
      toTopic: topic,
      copies,
      names: { from: names.to, to: names.from },
      ...group,
    });
    await work(there, back);
  } finally {
    await Promise.all(open.map((streams) => streams.close()));
  }
}

/** What both sides are called. Throws `invalid-config` where that is the same. */
function sideNames(topic: string, { from, to, toTopic, nameFrom, nameTo }: MirrorOptions): SideNames {
  const names = { from: nameFrom ?? sideName(from, topic), to: nameTo ?? sideName(to, toTopic ?? topic) };
  if (names.from !== names.to) return names;
  const message = `both sides are called "${visible(names.from)}": a name is address and topic, without user and parameters. Where they are two services, give --name-from and --name-to, the same in every command`;
  throw usage(message);
}

/** What copies call a side without a name: its address without what is secret or an option, and the topic. */
function sideName(address: string, topic: string): string {
  const bare = address.replace(/\/\/[^@/]*@/, '//').replace(/[?#].*$/, '');
  return encodeURI(`${bare.replace(/\/$/, '')}/${topic}`);
}
