import type { Config } from 'isostream';
import { runRounds } from '../rounds.ts';
import { type Goal, row, type Row } from '../row.ts';
import { idleFigures, loadFigures, MemberProcess } from './in-process.ts';
import type { IdleFigures } from './task.ts';

export interface CostStage {
  readonly config: Config;
  createTopic(partitions?: number): Promise<string>;
  groupName(): string;
}

/** What is asked of one provider beside the rows that all have. */
export interface CostPlan {
  readonly provider: string;
  /** Of the topic that is silent, where the provider has partitions. */
  readonly silentPartitions: number;
  /** Consumers of a topic of one partition each, on one client. */
  readonly consumers: number;
  /** The client to compare with at rest. */
  readonly brokers?: readonly string[];
  /** By the name of the row. */
  readonly goals: Readonly<Record<string, Goal>>;
  /** How long a silent member keeps its partitions here, in ms; absent where no member has any. */
  readonly sessionMs?: number;
}

/** What the SDK costs at rest, for a thousand events, and when a member crashes. */
export async function measureCost(
  stage: CostStage,
  plan: CostPlan,
  { rounds, scale }: { readonly rounds: number; readonly scale: number },
): Promise<Row[]> {
  const seconds = 30 * scale;
  return [
    ...(await silentTopic(stage, plan, rounds, seconds)),
    ...(await manyConsumers(stage, plan, rounds, seconds)),
    ...(await perThousandEvents(stage, plan, 20_000 * scale)),
    ...(plan.sessionMs === undefined ? [] : await afterACrash(stage, plan, plan.sessionMs, rounds)),
  ];
}

async function silentTopic(stage: CostStage, plan: CostPlan, rounds: number, seconds: number): Promise<Row[]> {
  const { provider, silentPartitions, brokers } = plan;
  const topics = [await stage.createTopic(silentPartitions)];
  const task = (client: 'isostream' | 'kafkajs') => async () => {
    const at = { provider, config: stage.config, topics, group: stage.groupName(), seconds };
    const figures = await idleFigures({ kind: 'idle', client, ...at, ...(brokers === undefined ? {} : { brokers }) });
    return named(client, figures);
  };
  const hasReference = brokers !== undefined;
  const samples = await runRounds([...(hasReference ? [task('kafkajs')] : []), task('isostream')], rounds);
  const what = `at rest, ${silentPartitions} silent partitions`;
  const kinds = samples.names('isostream ').map((name) => name.slice('isostream '.length));
  return kinds.map((kind) => {
    const against = samples.of(`kafkajs ${kind}`);
    const measurement = `${what}: ${kind}`;
    return row({
      measurement,
      unit: unitOf(kind),
      isostream: samples.of(`isostream ${kind}`),
      ...(hasReference && against.length > 0 ? { against: 'kafkajs', reference: against } : {}),
      ...goalOf(plan, measurement),
    });
  });
}

async function manyConsumers(stage: CostStage, plan: CostPlan, rounds: number, seconds: number): Promise<Row[]> {
  const { provider, consumers } = plan;
  const topics: string[] = [];
  while (topics.length < consumers) topics.push(await stage.createTopic(1));
  const samples = await runRounds(
    [
      async () => {
        const at = { provider, config: stage.config, topics, group: stage.groupName(), seconds };
        const figures = await idleFigures({ kind: 'idle', client: 'isostream', ...at });
        return { sockets: figures.sockets, cpu: figures.cpuPercent };
      },
    ],
    rounds,
  );
  const what = `at rest, ${consumers} consumers in one client`;
  return [`${what}: sockets`, `${what}: CPU`].map((measurement, index) =>
    row({
      measurement,
      unit: index === 0 ? 'sockets' : '% of a core',
      isostream: samples.of(index === 0 ? 'sockets' : 'cpu'),
      ...goalOf(plan, measurement),
    }),
  );
}

async function perThousandEvents(stage: CostStage, plan: CostPlan, events: number): Promise<Row[]> {
  const topics = [await stage.createTopic()];
  const at = { provider: plan.provider, config: stage.config, topics, group: stage.groupName(), events };
  const figures = await loadFigures({ kind: 'load', ...at });
  return (['send', 'consume'] as const).flatMap((way) =>
    Object.entries(figures[way]).map(([kind, count]) => {
      const measurement = `${way} 1,000 events: ${kind}`;
      return row({ measurement, unit: 'requests', isostream: [count], ...goalOf(plan, measurement) });
    }),
  );
}

async function afterACrash(stage: CostStage, plan: CostPlan, sessionMs: number, rounds: number): Promise<Row[]> {
  const samples = await runRounds([async () => ({ crash: (await takeOver(stage, plan)) / sessionMs })], rounds);
  const measurement = 'a member crashes, until the other one holds all partitions';
  return [row({ measurement, unit: '× sessionTimeout', isostream: samples.of('crash'), ...goalOf(plan, measurement) })];
}

async function takeOver(stage: CostStage, { provider }: CostPlan): Promise<number> {
  const partitions = 12;
  const topics = [await stage.createTopic(partitions)];
  const task = { kind: 'member', provider, config: stage.config, topics, group: stage.groupName() } as const;
  const first = new MemberProcess(task);
  await first.holds((held) => held === partitions);
  const second = new MemberProcess(task);
  await Promise.all([first, second].map((each) => each.holds((held) => held === partitions / 2)));
  const start = performance.now();
  await first.kill();
  await second.holds((held) => held === partitions);
  const took = performance.now() - start;
  await second.kill();
  return took;
}

function named(client: string, { requests, receivedKb, sockets, cpuPercent }: IdleFigures): Record<string, number> {
  const all = Object.values(requests).reduce((sum, count) => sum + count, 0);
  const figures = { ...requests, 'all requests': all, received: receivedKb, sockets, CPU: cpuPercent };
  return Object.fromEntries(Object.entries(figures).map(([kind, value]) => [`${client} ${kind}`, value]));
}

function unitOf(kind: string): string {
  if (kind === 'CPU') return '% of a core';
  if (kind === 'sockets') return 'sockets';
  return kind === 'received' ? 'KB a minute' : 'a minute';
}

function goalOf({ goals }: CostPlan, measurement: string): { readonly goal?: Goal } {
  const goal = goals[measurement];
  return goal === undefined ? {} : { goal };
}
