import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Streams } from 'isostream';
import { deadLetterName } from '@isostream/core/adapter';
import {
  findLetter,
  humanCount,
  type LetterFilter,
  type LetterReport,
  listLetters,
  type LettersRead,
  type LetterView,
  planDiscard,
  planEdit,
  planRedrive,
  prettyJson,
  readLetters,
  type RunnableLetters,
  shownText,
} from '@isostream/operations';
import type { Command } from 'commander';
import {
  type ClientOptions,
  parseRate,
  parseWhole,
  requireGroup,
  usage,
  withClientOptions,
  withTemporary,
} from '../client.ts';
import { counted, GrowingTable, nothingChanged, print, say, table, telling } from '../terminal.ts';
import { cut, json, visible, visibleJson } from '../visible.ts';

interface LetterOptions extends ClientOptions {
  readonly group: string;
  readonly code?: string;
  readonly key?: string;
  readonly type?: string;
  readonly limit?: string;
  readonly by?: string;
  readonly execute?: boolean;
}

interface RedriveOptions extends LetterOptions {
  readonly rate?: string;
  readonly maxRedrives: string;
}

/** Dead letters: list, show, edit, discard, redrive. */
export function addDeadLetterCommands(program: Command): void {
  const dlq = program.command('dlq').description('inspect dead letters, send them back, or discard them');
  withFilter(
    dlq
      .command('list')
      .description('list the dead letters of a group that were neither redriven nor discarded')
      .argument('<topic>')
      .option('--limit <letters>', 'list at most this many')
      .option('--by-reason', 'count by code and type instead of listing'),
  ).action((topic: string, options: LetterOptions & { readonly byReason?: boolean }) =>
    withTemporary(options, async (streams, signal) => {
      await requireLetters(streams, topic, options.group);
      const limit = options.limit === undefined ? Infinity : parseWhole(options.limit, '--limit', 1);
      const reading = { filter: filterOf(options), signal, progress: counting() };
      if (options.json !== true && options.byReason !== true) {
        await listAsRead(readLetters(streams, topic, options.group, reading), limit);
        return;
      }
      const found = await listLetters(streams, topic, options.group, { ...reading, limit });
      if (options.json === true) {
        print(json(options.byReason === true ? found.groups : found.letters));
        return;
      }
      const rows = found.groups.map(({ code, type, count, first, last, message }) => [
        code,
        type ?? '',
        String(count),
        first,
        last,
        firstLine(message),
      ]);
      print(table(['code', 'type', 'letters', 'first', 'last', 'newest message'], rows));
      say(counted(found.total, 'dead letter'));
    }),
  );

  withClientOptions(
    dlq
      .command('show')
      .description('show one dead letter whole: why it failed, and its event')
      .argument('<topic>')
      .argument('<letter>', 'its id, as dlq list prints it')
      .requiredOption('--group <name>', 'consumer group'),
  ).action((topic: string, id: string, options: LetterOptions) =>
    withTemporary(options, async (streams, signal) => {
      await requireLetters(streams, topic, options.group);
      const letter = await findLetter(streams, topic, options.group, id, signal);
      if (options.json === true) print(json(letter));
      else showLetter(letter);
    }),
  );

  withClientOptions(
    dlq
      .command('edit')
      .description('show what would be sent in place of a dead letter; with --execute, send it')
      .argument('<topic>')
      .argument('<letter>', 'its id, as dlq list prints it')
      .requiredOption('--group <name>', 'consumer group')
      .requiredOption('--payload <text>', 'the payload to send, or @file')
      .option('--execute', 'apply the change; without this only the plan is shown'),
  ).action((topic: string, id: string, options: LetterOptions & { readonly payload: string }) =>
    withTemporary(options, async (streams, signal) => {
      await requireLetters(streams, topic, options.group);
      const payload = options.payload.startsWith('@') ? readText(options.payload.slice(1)) : options.payload;
      await act(await planEdit(streams, topic, options.group, id, { payload }, signal), options, signal);
    }),
  );

  withFilter(
    dlq
      .command('discard')
      .description('show which dead letters would be marked as done; with --execute, mark them')
      .argument('<topic>')
      .argument('[letters...]', 'ids, as dlq list prints them (default: all that match)')
      .option('--execute', 'apply the change; without this only the plan is shown'),
  ).action((topic: string, ids: readonly string[], options: LetterOptions) =>
    withTemporary(options, async (streams, signal) => {
      await requireLetters(streams, topic, options.group);
      const reading = { filter: filterOf(options, ids), signal, progress: counting() };
      await act(await planDiscard(streams, topic, options.group, reading), options, signal);
    }),
  );

  for (const parent of [dlq, program]) addRedrive(parent);
}

function addRedrive(parent: Command): void {
  withFilter(
    parent
      .command('redrive')
      .description('show which dead letters would be sent back; with --execute, send them, in order')
      .argument('<topic>')
      .argument('[letters...]', 'ids, as dlq list prints them (default: all that match)')
      .option('--rate <letters>', 'maximum letters per second')
      .option('--max-redrives <times>', 'skip letters that were already redriven this many times', '3')
      .option('--execute', 'apply the change; without this only the plan is shown'),
  ).action((topic: string, ids: readonly string[], options: RedriveOptions) =>
    withTemporary(options, async (streams, signal) => {
      const limits = {
        maxRedrives: parseWhole(options.maxRedrives, '--max-redrives', 0),
        ...(options.rate === undefined ? {} : { rate: parseRate(options.rate, '--rate') }),
      };
      await requireLetters(streams, topic, options.group);
      const reading = { filter: filterOf(options, ids), signal, progress: counting() };
      await act(await planRedrive(streams, topic, options.group, { ...reading, ...limits }), options, signal);
    }),
  );
}

function withFilter(command: Command): Command {
  return withClientOptions(
    command
      .requiredOption('--group <name>', 'consumer group')
      .option('--code <code>', 'only letters with this error code')
      .option('--key <key>', 'only letters of this key')
      .option('--type <type>', 'only letters of events of this type'),
  );
}

function filterOf({ code, key, type }: LetterOptions, ids: readonly string[] = []): LetterFilter {
  return {
    ...(ids.length === 0 ? {} : { ids }),
    ...(code === undefined ? {} : { code }),
    ...(key === undefined ? {} : { key }),
    ...(type === undefined ? {} : { type }),
  };
}

/** Prints letters as they are read; to count those beyond the limit they are read as well. */
async function listAsRead(letters: AsyncIterable<LetterView>, limit: number): Promise<void> {
  const rows = new GrowingTable(headings, Math.min(limit, 50));
  let total = 0;
  for await (const letter of letters) if (++total <= limit) rows.add(row(letter));
  rows.flush();
  const found = counted(total, 'dead letter');
  say(total > limit ? `${found}, of which the first ${limit} are listed` : found);
}

/** Says how far the reading of letters is. */
function counting(): (report: LettersRead) => void {
  const tell = telling();
  return ({ read, matching }) =>
    tell(() => `read ${humanCount(read)} letters${matching === read ? '' : `, ${humanCount(matching)} match`}`);
}

/** What was done with letters. */
const outcomes: Readonly<Record<RunnableLetters['plan']['kind'], string>> = {
  redrive: 'sent back',
  edit: 'sent back with the payload given',
  discard: 'marked as done',
};

/** Shows the plan; carries it out where that was asked for. */
async function act({ plan, ids, run }: RunnableLetters, options: LetterOptions, signal: AbortSignal): Promise<void> {
  const execute = options.execute === true;
  const report = execute ? await carriedOut({ plan, run }, signal) : undefined;
  if (options.json === true) {
    print(json({ ...plan, ids, executed: execute, done: report?.done ?? 0 }));
    return;
  }
  if (report === undefined) {
    print(nothingChanged(plan.sentence));
    return;
  }
  const letters = counted(report.done, 'letter');
  print(`done: ${letters} of group ${plan.group} ${outcomes[plan.kind]}`);
  if (report.done < report.of) say(`${report.of - report.done} of these letters were not there any more`);
}

/** What is done stays done, also where an act ends before its end: whoever ended it is told how far it came. */
async function carriedOut(
  { plan, run }: Pick<RunnableLetters, 'plan' | 'run'>,
  signal: AbortSignal,
): Promise<LetterReport> {
  const tell = telling();
  let reached = 0;
  try {
    return await run({
      signal,
      progress({ done, of }) {
        reached = done;
        tell(() => `${humanCount(done)} of ${humanCount(of)}`);
      },
    });
  } catch (error) {
    if (reached > 0 || signal.aborted)
      say(
        `stopped: ${humanCount(reached)} of ${counted(plan.letters, 'letter')} ${outcomes[plan.kind]}, the others are as they were`,
      );
    throw error;
  }
}

const headings = ['letter', 'key', 'type', 'origin', 'code', 'attempts', 'redrives', 'last failure', 'message'];

function row(letter: LetterView): readonly string[] {
  const { id, key, type, origin, code, attempts, redrives, lastFailure, message } = letter;
  const { partition, position } = origin;
  const place = `${partition}/${position}`;
  return [
    id,
    cut(shownText(key), 60),
    cut(type ?? '', 100),
    place,
    code,
    String(attempts),
    String(redrives),
    lastFailure,
    firstLine(message),
  ];
}

function showLetter(letter: LetterView): void {
  const { event, unreadableBytes } = letter;
  const rows = [
    ...headings.map((heading, index) => [heading, row(letter)[index] ?? '']).filter(([name]) => name !== 'message'),
    ['first failure', letter.firstFailure],
    ['event id', letter.eventId ?? '-'],
    ...event.headers.map(([name, value]) => [`header ${name}`, shownText(value)]),
    [
      'payload',
      unreadableBytes === null ? `${event.payload.bytes} bytes` : `${unreadableBytes} bytes that could not be read`,
    ],
  ];
  print(table(['', ''], rows).trimStart());
  print(visible(letter.message));
  if (event.payload.kind === 'json') print(visibleJson(prettyJson(event.payload.text)));
  else if (event.payload.kind !== 'none') print(visible(event.payload.text));
}

/** For a list; `dlq show` has the whole. */
function firstLine(text: string): string {
  return cut(text.split(/[\r\n]/)[0] ?? '', 200);
}

/** The file as it is: a payload may end with a line break, and bytes that are not text would be sent as others. */
function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    throw usage(`--payload names the file ${JSON.stringify(file)}, which cannot be read`);
  }
  if (!isUtf8(bytes)) throw usage(`the file ${JSON.stringify(file)} is not UTF-8 text. Give a payload that is text`);
  return bytes.toString('utf8');
}

/** Letters stay when their group is forgotten: a group without either is refused by name. */
async function requireLetters(streams: Streams, topic: string, group: string): Promise<void> {
  const { admin } = streams;
  if ((await admin.describe(deadLetterName(topic, group))) !== undefined) return;
  await requireGroup(streams, topic, group);
}
