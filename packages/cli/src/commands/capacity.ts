import { capacityOf, type ProviderName, providerNames } from 'isostream';
import { type CapacityPlan, humanCount, planCapacity } from '@isostream/operations';
import { toBytes, toMilliseconds } from '@isostream/core/adapter';
import { type Command, Option } from 'commander';
import { parseRate, parseWhole, usage } from '../client.ts';
import { print, say, table } from '../terminal.ts';
import { json } from '../visible.ts';

interface CapacityOptions {
  readonly provider: ProviderName;
  readonly events: string;
  readonly bytes: string;
  readonly groups: string;
  readonly retention: string;
  readonly hottestKey: string;
  readonly headroom: string;
  readonly copies: string;
  readonly handler?: string;
  readonly concurrency: string;
  readonly json?: boolean;
}

/** Partitions, units and members for a load. */
export function addCapacityCommand(program: Command): void {
  program
    .command('capacity')
    .description('print how many partitions, units and members a load takes, and what limits first; asks no service')
    .addOption(new Option('--provider <name>', 'whose limits').choices(providerNames).makeOptionMandatory())
    .requiredOption('--events <rate>', 'events per second, at the peak')
    .requiredOption('--bytes <size>', 'average size of an event with key and headers, such as 2kb')
    .option('--groups <count>', 'groups that read all of it', '1')
    .option('--retention <duration>', 'how long events are kept', '1d')
    .option('--hottest-key <part>', 'part of all events that the most frequent key has, from 0 to 1', '0')
    .option('--headroom <part>', 'part that is kept free, for peaks and for groups that catch up', '0.25')
    .option('--copies <count>', 'copies of each event, on Kafka', '3')
    .option('--handler <duration>', 'how long a handler takes for one event')
    .option('--concurrency <count>', 'handlers of one member at a time', '16')
    .option('--json', 'print JSON for programs')
    .action(capacity);
}

async function capacity(options: CapacityOptions): Promise<void> {
  const demand = {
    eventsPerSecond: parseRate(options.events, '--events'),
    eventBytes: toBytes(numberOr(options.bytes), '--bytes'),
    groups: parseWhole(options.groups, '--groups', 0),
    retentionMs: toMilliseconds(numberOr(options.retention), '--retention'),
    hottestKey: partOf(options.hottestKey, '--hottest-key'),
    headroom: partOf(options.headroom, '--headroom'),
    copies: parseWhole(options.copies, '--copies', 1),
  };
  const handler =
    options.handler === undefined
      ? undefined
      : {
          ms: toMilliseconds(numberOr(options.handler), '--handler'),
          concurrency: parseWhole(options.concurrency, '--concurrency', 1),
        };
  const plan = planCapacity(await capacityOf(options.provider, demand), demand, handler);
  if (options.json === true) print(json({ demand, ...plan }));
  else show(plan);
}

function show(plan: CapacityPlan): void {
  const { partition, unit, partitions, units, handlers, members, storedBytes, first, limits, costs } = plan;
  const totals = [
    ...(units === null ? [] : [[`${unit ?? ''}s`, humanCount(units)]]),
    ...(partitions === null ? [] : [[`${partition ?? ''}s`, humanCount(partitions)]]),
    ...(handlers === null ? [] : [['handlers at a time', humanCount(handlers)]]),
    ...(members === null ? [] : [['members of each group', humanCount(members)]]),
    ['stored, one copy', `${humanCount(storedBytes)} bytes`],
    ['limits first', first],
  ];
  print(table(['what', 'needed'], totals));
  print('');
  const rows = limits.map(({ what, per, limit, demand, unit: of, needs, formula }) => [
    what,
    `${humanCount(limit)} ${of} per ${per === 'partition' ? (partition ?? per) : per === 'unit' ? (unit ?? per) : per}`,
    humanCount(demand),
    per === 'key' || per === 'topic' ? `${Math.ceil(needs * 100)} %` : humanCount(needs),
    formula,
  ]);
  print(table(['limit', 'is', 'demand', 'takes', 'formula'], rows));
  print('');
  print(
    table(
      ['billed by', 'amount', 'formula'],
      costs.map((cost) => [cost.what, `${humanCount(cost.amount)} ${cost.unit}`, cost.formula]),
    ),
  );
  const sources = new Set([...limits, ...costs].map(({ source }) => source));
  print(`\nsources:\n${[...sources].join('\n')}`);
  for (const problem of plan.problems) say(`not enough: ${problem}`);
  for (const note of plan.notes) say(note);
}

/** A number without a unit is one of the smallest. */
function numberOr(text: string): never {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it is given is checked by whoever parses it
  return (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text) as never;
}

function partOf(text: string, option: string): number {
  const value = Number(text);
  if (value >= 0 && value <= 1 && text.trim() !== '') return value;
  throw usage(`${option} is ${JSON.stringify(text)}. Give a part from 0 to 1, such as 0.25`);
}
