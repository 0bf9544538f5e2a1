import type { ConsumerOptions } from '@isostream/core';
import { withCpu } from '../cpu.ts';
import { Counted } from '../measured.ts';
import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { rawTopic, typedTopic } from '../topics.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { consumeCounted, consumeCountedRaw } from './consumers.ts';
import type { KafkaStage } from './stage.ts';

/** How fast one member gets through a backlog when its handler does nothing, from its first assignment to the last event. */
export async function measureConsume(stage: KafkaStage, backlog: Backlog): Promise<Row[]> {
  const typedBacklog = await createBacklog(stage, 'typed');
  const samples = await runRounds(
    [
      () => withCpu('raw', backlog.events, () => rawRate(stage, backlog, () => undefined)),
      () => withCpu('defaults', backlog.events, () => rate(stage, backlog, {})),
      async () => ({ 'room 5000': await rate(stage, backlog, { maxInFlight: { events: 5_000 } }) }),
      () =>
        withCpu('raw typed', typedBacklog.events, () =>
          rawRate(stage, typedBacklog, (value) => JSON.parse(value?.toString() ?? '')),
        ),
      () => withCpu('typed', typedBacklog.events, () => typedRate(stage, typedBacklog)),
    ],
    stage.rounds,
  );
  const unit = 'events/s';
  const against = { unit, against: 'kafkajs, eachMessage', reference: samples.of('raw') };
  return [
    row({ measurement: 'consume', isostream: samples.of('defaults'), ...against, goal: { atLeast: 0.75 } }),
    row({ measurement: 'consume, maxInFlight 5,000', isostream: samples.of('room 5000'), ...against }),
    row({
      measurement: 'consume typed events',
      unit,
      isostream: samples.of('typed'),
      against: 'kafkajs, eachMessage, JSON.parse',
      reference: samples.of('raw typed'),
    }),
    row({
      measurement: 'CPU: consume',
      unit: 'µs/event',
      isostream: samples.of('defaults cpu'),
      against: 'kafkajs, eachMessage',
      reference: samples.of('raw cpu'),
    }),
    row({
      measurement: 'CPU: consume typed events',
      unit: 'µs/event',
      isostream: samples.of('typed cpu'),
      against: 'kafkajs, eachMessage, JSON.parse',
      reference: samples.of('raw typed cpu'),
    }),
  ];
}

function rawRate(
  stage: KafkaStage,
  { topic, events }: Backlog,
  work: (value: Buffer | null) => unknown,
): Promise<number> {
  const counted = new Counted(events);
  const handle = async (value: Buffer | null): Promise<void> => {
    work(value);
    counted.count();
  };
  return consumeCountedRaw(stage, topic, { counted, partitionsAtOnce: 1, handle });
}

function rate(stage: KafkaStage, { topic, events }: Backlog, options: Omit<ConsumerOptions, 'group'>): Promise<number> {
  const counted = new Counted(events);
  return consumeCounted(stage, rawTopic(topic), { counted, handle: async () => counted.count(), ...options });
}

function typedRate(stage: KafkaStage, { topic, events }: Backlog): Promise<number> {
  const counted = new Counted(events);
  return consumeCounted(stage, typedTopic(topic), { counted, handle: async () => counted.count() });
}
