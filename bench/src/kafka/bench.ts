import type { Bench } from '../bench.ts';
import type { Row } from '../row.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { measureConcurrency } from './concurrency.ts';
import { measureConsume } from './consume.ts';
import { measureLatency } from './latency.ts';
import { measureMemory } from './memory.ts';
import { measureSend } from './send.ts';
import { type KafkaStage, openStage, parseUrl } from './stage.ts';

type Measurement = (stage: KafkaStage, backlog: () => Promise<Backlog>) => Promise<Row[]>;

const measurements: Readonly<Record<string, Measurement>> = {
  send: measureSend,
  latency: measureLatency,
  consume: async (stage, backlog) => measureConsume(stage, await backlog()),
  concurrency: async (stage, backlog) => measureConcurrency(stage, await backlog()),
  memory: async (stage, backlog) => measureMemory(stage, await backlog()),
};

export const kafkaBench: Bench = {
  measurements: Object.keys(measurements),
  notes: [
    'kafkajs 2.2.4 through its public client: acks all, not idempotent. isostream: acks all, idempotent.',
    '12 partitions, 1,000 keys, values of 200 bytes, both write the same bytes; "typed" adds CloudEvents headers and JSON.',
  ],
  checkUrl: parseUrl,
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
