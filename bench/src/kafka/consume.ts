import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { ConsumeProcess, type Reader } from './consume-process.ts';
import type { KafkaStage } from './stage.ts';

const readers: Readonly<Record<string, Reader>> = {
  raw: { client: 'kafkajs', kind: 'raw' },
  defaults: { client: 'isostream', kind: 'raw' },
  'room 5000': { client: 'isostream', kind: 'raw', maxEvents: 5_000 },
  'raw typed': { client: 'kafkajs', kind: 'typed' },
  typed: { client: 'isostream', kind: 'typed' },
};

/** Passes before the first that counts: what runs a hundred thousand times a second is compiled anew for some seconds. */
const warmUps = 3;

/** How fast one member gets through a backlog when its handler does nothing, from its first assignment to the last event. */
export async function measureConsume(stage: KafkaStage, backlog: Backlog): Promise<Row[]> {
  const typed = await createBacklog(stage, 'typed');
  const url = `kafka://${stage.brokers.join(',')}`;
  const processes = Object.entries(readers).map(
    ([name, reader]) => [name, new ConsumeProcess(url, reader, reader.kind === 'raw' ? backlog : typed)] as const,
  );
  const contestants = processes.map(([name, process]) => async () => {
    const { rate, cpu } = await process.read();
    return { [name]: rate, [`${name} cpu`]: cpu };
  });
  const samples = await runRounds(contestants, stage.rounds, warmUps).finally(() => {
    for (const [, process] of processes) process[Symbol.dispose]();
  });
  const unit = 'events/s';
  const against = { unit, against: 'kafkajs, eachMessage', reference: samples.of('raw') };
  return [
    row({ measurement: 'consume', isostream: samples.of('defaults'), ...against, goal: { atLeast: 1.5 } }),
    row({ measurement: 'consume, maxInFlight 5,000', isostream: samples.of('room 5000'), ...against }),
    row({
      measurement: 'consume typed events',
      unit,
      isostream: samples.of('typed'),
      against: 'kafkajs, eachMessage, JSON.parse',
      reference: samples.of('raw typed'),
      goal: { atLeast: 1.5 },
    }),
    row({
      measurement: 'CPU: consume',
      unit: 'µs/event',
      isostream: samples.of('defaults cpu'),
      against: 'kafkajs, eachMessage',
      reference: samples.of('raw cpu'),
      goal: { atMost: 0.65 },
    }),
    row({
      measurement: 'CPU: consume typed events',
      unit: 'µs/event',
      isostream: samples.of('typed cpu'),
      against: 'kafkajs, eachMessage, JSON.parse',
      reference: samples.of('raw typed cpu'),
      goal: { atMost: 0.65 },
    }),
  ];
}
