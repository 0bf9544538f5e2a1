import { readFileSync } from 'node:fs';
import type { CapacityDemand, CapacityModel } from '@isostream/core/adapter';
import { planCapacity } from '@isostream/operations';
import { capacityOf } from 'isostream';
import { describe, expect, it } from 'vitest';
import { type Line, logChart } from './support/chart.ts';

const names = { kafka: 'Kafka', kinesis: 'Kinesis', pubsub: 'Pub/Sub', 'event-hubs': 'Event Hubs' } as const;
const providers = ['kafka', 'kinesis', 'pubsub', 'event-hubs'] as const;
const day = 86_400_000;

const demandOf = (eventsPerSecond: number): CapacityDemand => ({
  ...{
    eventsPerSecond,
    eventBytes: 1_024,
    groups: 2,
    retentionMs: 7 * day,
    hottestKey: 0.01,
    headroom: 0.25,
    copies: 3,
  },
});

describe('the page of capacity: after a change of a limit run "npm run docs:tables"', () => {
  it('has each formula with its source', async () => {
    const blocks = await Promise.all(
      providers.map(
        async (provider) => `### ${names[provider]}\n\n${tables(await capacityOf(provider, demandOf(1_000)))}`,
      ),
    );
    const page = readFileSync('docs/capacity.md', 'utf8');
    const block = /(<!-- formulas: [^\n]*-->\n)[\s\S]*?(<!-- \/formulas -->)/;
    expect(page).toMatch(block);
    const written = page.replace(
      block,
      (_, start: string, end: string) => `${start}\n${blocks.join('\n\n')}\n\n${end}`,
    );
    await expect(written).toMatchFileSnapshot('../docs/capacity.md');
  });

  it('has a picture of what is needed', async () => {
    const rates = Array.from({ length: 61 }, (_, index) => Math.round(100 * 10 ** (index / 20)));
    const lines = [
      await lineOf('kafka', 'partitions', '#7b3ff2', 'Kafka partitions', rates),
      await lineOf('kinesis', 'partitions', '#d9480f', 'Kinesis shards', rates),
      await lineOf('event-hubs', 'units', '#1971c2', 'Event Hubs units', rates, 40),
    ];
    const svg = logChart(
      'Needed for events of 1 KiB, two groups, a quarter kept free',
      { title: 'events per second, at the peak', from: 100, to: 100_000 },
      { title: 'needed', from: 1, to: 1_000 },
      lines,
    );
    await expect(svg).toMatchFileSnapshot('../docs/images/capacity.svg');
  });
});

async function lineOf(
  provider: (typeof providers)[number],
  of: 'partitions' | 'units',
  colour: string,
  label: string,
  rates: readonly number[],
  most = Infinity,
): Promise<Line> {
  const points: (readonly [number, number])[] = [];
  for (const rate of rates) {
    const needed = planCapacity(await capacityOf(provider, demandOf(rate)), demandOf(rate))[of] ?? 1;
    if (needed <= most) points.push([rate, needed]);
  }
  return { label: most === Infinity ? label : `${label}, ${most} at most`, colour, points };
}

function tables({ limits, costs, most, partition = '', unit = '' }: CapacityModel): string {
  const per = { partition, unit, key: 'key', topic: 'topic' };
  const of = (source: string): string => `[source](${source})`;
  const bounds = [
    ...(most.units === undefined ? [] : [`At most ${most.units} ${unit}s of a namespace.`]),
    ...(most.partitions === undefined ? [] : [`At most ${most.partitions} ${partition}s of a topic.`]),
  ];
  return [
    row(['limit', 'is', 'demand', 'published']),
    row(['---', '---', '---', '---']),
    ...limits.map((each) =>
      row([
        each.what,
        `${each.limit.toLocaleString('en-US')} ${each.unit} per ${per[each.per]}`,
        each.formula,
        of(each.source),
      ]),
    ),
    '',
    row(['billed by', 'amount', 'published']),
    row(['---', '---', '---']),
    ...costs.map((each) => row([each.what, each.formula, of(each.source)])),
    ...(bounds.length === 0 ? [] : ['', bounds.join(' ')]),
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
