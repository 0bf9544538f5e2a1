import type { Bench } from '../bench.ts';
import { type CostPlan, measureCost } from '../cost/bench.ts';
import { measureScale } from '../scale/bench.ts';
import type { Row } from '../row.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { measureConcurrency } from './concurrency.ts';
import { measureConsume } from './consume.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import { measureOpenLoop } from './open-loop.ts';
import { measurePeers } from './peers.ts';
import { measureSend } from './send.ts';
import { type KafkaStage, openStage, parseUrl } from './stage.ts';

type Measurement = (stage: KafkaStage, backlog: () => Promise<Backlog>) => Promise<Row[]>;

const measurements: Readonly<Record<string, Measurement>> = {
  send: measureSend,
  latency: measureLatency,
  'open-loop': measureOpenLoop,
  consume: async (stage, backlog) => measureConsume(stage, await backlog()),
  concurrency: async (stage, backlog) => measureConcurrency(stage, await backlog()),
  memory: async (stage, backlog) => measureMemory(stage, await backlog()),
  peers: async (stage, backlog) => measurePeers(stage, await backlog()),
};

const quiet = 'at rest, 1000 silent partitions';
const many = 'at rest, 50 consumers in one client';

const costPlan: CostPlan = {
  provider: 'kafka',
  silentPartitions: 1_000,
  consumers: 50,
  sessionMs: 10_000,
  goals: {
    [`${quiet}: CPU`]: { atMost: 1 },
    [`${quiet}: Fetch`]: { atMost: 1 },
    [`${quiet}: received`]: { atMost: 1 },
    [`${many}: sockets`]: { atMost: 4 },
    [`${many}: CPU`]: { atMost: 3 },
  },
};

const scaleNotes = [
  'Raw events of 100 bytes, 1,000 keys but where keys are new; 12 partitions where nothing else is said. Each figure is of one run, in a process of its own.',
  '`npm run bench -- --provider kafka --scale` has a backlog of 10 million events; `--size 0.1` a tenth of all loads.',
];

export const kafkaBench: Bench = {
  measurements: Object.keys(measurements),
  clients: ['kafkajs', '@platformatic/kafka'],
  notes: [
    'kafkajs 2.2.4 through its public client: acks all, not idempotent. isostream: acks all, idempotent.',
    '12 partitions, 1,000 keys, values of 200 bytes, both write the same bytes; "typed" adds CloudEvents headers and JSON.',
  ],
  checkUrl: parseUrl,
  async cost(request) {
    await using stage = await openStage(request);
    const { description: broker, brokers } = stage;
    return { broker, rows: await measureCost(stage, { ...costPlan, brokers }, request) };
  },
  async atScale(request) {
    await using stage = await openStage(request);
    return { broker: stage.description, rows: await measureScale(stage), notes: scaleNotes };
  },
  async run(request) {
    await using stage = await openStage(request);
    let filled: Promise<Backlog> | undefined;
    const backlog = (): Promise<Backlog> => (filled ??= createBacklog(stage));
    const rows: Row[] = [];
    for (const [name, measure] of Object.entries(measurements)) {
      if (request.only !== undefined && request.only !== name) continue;
      process.stderr.write(`measuring ${name}\n`);
      rows.push(...(await measure(stage, backlog)));
    }
    return { broker: stage.description, rows };
  },
};
