import { readFileSync } from 'node:fs';
import { defineTopic, type Schema, type Streams } from 'isostream';
import {
  eventJson,
  eventLine,
  type EventFilter,
  type EventView,
  formatEvent,
  formatFields,
  getEvent,
  prettyJson,
  search,
  shownText,
  tail,
  unknownField,
} from '@isostream/operations';
import type { Command } from 'commander';
import {
  type ClientOptions,
  parseStart,
  parseTime,
  parseWhole,
  usage,
  withClientOptions,
  withStreams,
  withTemporary,
} from '../client.ts';
import { print, printRaw, say, table } from '../terminal.ts';
import { json, visible, visibleJson } from '../visible.ts';

/** Takes any data: the topic's own schema is not known here. */
const anything: Schema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'isostream', validate: (value) => ({ value }) },
};

/** Events: tail, replay, get, send. */
export function addEventCommands(program: Command): void {
  withEventOptions(
    program
      .command('tail')
      .description('print events as they arrive, without affecting your groups')
      .argument('<topic>')
      .option('--from <start>', 'earliest, latest, a time, or how long ago', 'latest'),
  ).action((topic: string, options: TailOptions) =>
    withTemporary(options, async (streams, signal) => {
      const show = printer(options);
      const from = parseStart(options.from, '--from');
      const left = (group: string, why: string): void =>
        say(
          `the temporary group ${group} is left: ${why}. Delete it: isostream delete-group ${topic} --group ${group} --execute`,
        );
      await tail(streams, topic, { from, filter: filterOf(options), signal, left }, show);
    }),
  );

  withEventOptions(
    program
      .command('replay')
      .description('print a range of stored events')
      .argument('<topic>')
      .option('--from <start>', 'earliest, a time, or how long ago', 'earliest')
      .option('--to <time>', 'now, a time, or how long ago', 'now'),
  ).action((topic: string, options: ReplayOptions) =>
    withTemporary(options, async (streams, signal) => {
      const show = printer(options);
      const from = parseStart(options.from, '--from');
      const to = options.to === 'now' ? ('now' as const) : parseTime(options.to, '--to');
      const { read, matched } = await search(streams, topic, { from, to, filter: filterOf(options), signal }, show);
      say(read === matched ? `${matched} events` : `${matched} events of ${read} that were read`);
    }),
  );

  withClientOptions(
    program
      .command('get')
      .description('show one stored event whole')
      .argument('<topic>')
      .argument('<place>', 'partition/position, as tail and replay print it'),
  ).action((topic: string, place: string, options: ClientOptions) =>
    withTemporary(options, async (streams, signal) => {
      const at = place.lastIndexOf('/');
      if (at <= 0) throw usage(`${JSON.stringify(place)} is not a place. Give partition/position, such as 0/1200`);
      const event = await getEvent(streams, topic, place.slice(0, at), place.slice(at + 1), signal);
      if (options.json === true) print(visibleJson(eventJson(event)));
      else showWhole(event);
    }),
  );

  withClientOptions(
    program
      .command('send')
      .description('send one event')
      .argument('<topic>')
      .requiredOption('--type <type>', 'event type')
      .requiredOption('--data <json>', 'payload as JSON, or @file')
      .option('--key <key>', 'key; events of one key keep their order')
      .option('--id <id>', 'event id (default: a random UUID)'),
  ).action((topic: string, options: SendOptions) => withStreams(options, (streams) => send(streams, topic, options)));
}

interface EventOptions extends ClientOptions {
  readonly limit?: string;
  readonly format?: string;
  readonly key?: string;
  readonly type?: string;
  readonly header?: string;
  readonly contains?: string;
}

interface TailOptions extends EventOptions {
  readonly from: string;
}

interface ReplayOptions extends TailOptions {
  readonly to: string;
}

interface SendOptions extends ClientOptions {
  readonly type: string;
  readonly data: string;
  readonly key?: string;
  readonly id?: string;
}

function withEventOptions(command: Command): Command {
  const fields = Object.entries(formatFields).map(([name, meaning]) => `  ${name}  ${meaning}`);
  return withClientOptions(
    command
      .option('--limit <events>', 'stop after this many events')
      .option('--key <key>', 'only events of this key')
      .option('--type <type>', 'only events of this type')
      .option('--header <name[=value]>', 'only events with this header or attribute')
      .option('--contains <text>', 'only events whose payload contains this text, as it is written')
      .option('--format <format>', 'print events in this form, such as "%d %k %t %v\\n"'),
  ).addHelpText('after', `\n--format takes:\n${fields.join('\n')}`);
}

function filterOf({ key, type, header, contains }: EventOptions): EventFilter {
  return {
    ...(key === undefined ? {} : { key }),
    ...(type === undefined ? {} : { type }),
    ...(header === undefined ? {} : { header }),
    ...(contains === undefined ? {} : { text: contains }),
  };
}

/** Prints one event, and says when there have been enough. */
function printer(options: EventOptions): (event: EventView) => 'stop' | undefined {
  const { format } = options;
  const limit = options.limit === undefined ? Infinity : parseWhole(options.limit, '--limit', 1);
  const unknown = format === undefined ? undefined : unknownField(format);
  if (unknown !== undefined)
    throw usage(`--format has ${JSON.stringify(unknown)}. Valid: ${Object.keys(formatFields).join(' ')}`);
  let count = 0;
  return (event) => {
    if (format !== undefined) printRaw(formatEvent(format, event, visible));
    else print(options.json === true ? visibleJson(eventJson(event)) : visible(eventLine(event)));
    return ++count >= limit ? 'stop' : undefined;
  };
}

function showWhole(event: EventView): void {
  const { partition, position, stored, key, attributes, headers, payload } = event;
  const rows = [
    ['place', `${partition}/${position}`],
    ['stored', stored],
    ['key', shownText(key)],
    ...Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
    ...headers.map(([name, value]) => [`header ${name}`, shownText(value)]),
    ['payload', payload.kind === 'none' ? 'none: a tombstone' : `${payload.bytes} bytes`],
  ];
  print(table(['', ''], rows).trimStart());
  if (payload.kind === 'json') print(prettyJson(payload.text));
  else if (payload.kind !== 'none') print(visible(payload.text));
}

async function send(streams: Streams, topic: string, options: SendOptions): Promise<void> {
  const { type, key, id } = options;
  const declared = defineTopic(topic, {
    events: { [type]: anything },
    key: key === undefined ? null : () => key,
  });
  const data = parseJson(options.data.startsWith('@') ? readText(options.data.slice(1)) : options.data);
  const receipt = await streams.producer(declared).send({ type, data, ...(id === undefined ? {} : { id }) });
  print(
    options.json === true
      ? json(receipt)
      : `stored at ${[receipt.partition ?? topic, receipt.position ?? []].flat().join('/')}`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw usage(`--data names the file ${JSON.stringify(file)}, which cannot be read`);
  }
}

function parseJson(text: string): unknown {
  const data = parsed(text);
  const rounded = (text.match(/"(?:[^"\\]|\\.)*"|-?\d+(?![\d.eE])/g) ?? []).find(isRounded);
  if (rounded !== undefined)
    throw usage(`--data has the number ${rounded}, which would be stored as ${Number(rounded)}. Write it as a string`);
  return data;
}

/** Whether an integer is one that JavaScript's numbers do not have. */
function isRounded(part: string): boolean {
  return !part.startsWith('"') && !Number.isSafeInteger(Number(part)) && BigInt(part) !== BigInt(Number(part));
}

function parsed(text: string): unknown {
  try {
    const data: unknown = JSON.parse(text);
    return data;
  } catch {
    throw usage(`--data is not valid JSON. Quote it for the shell, such as '{"total":9}'`);
  }
}
