import { Counted } from '../measured.ts';
import { rawTopic, typedTopic } from '../topics.ts';
import type { Backlog } from './backlog.ts';
import type { Figures, Reader } from './consume-process.ts';
import { consumeCounted, consumeCountedRaw } from './consumers.ts';
import { type KafkaStage, openStage } from './stage.ts';

/** Reads the whole backlog once. */
async function read(stage: KafkaStage, { client, kind, maxEvents }: Reader, backlog: Backlog): Promise<Figures> {
  const counted = new Counted(backlog.events);
  const rate = await (client === 'kafkajs'
    ? readRaw(stage, kind, backlog, counted)
    : readOwn(stage, kind, backlog, counted, maxEvents));
  return { rate, cpu: counted.cpuPerEvent };
}

function readRaw(stage: KafkaStage, kind: Reader['kind'], { topic }: Backlog, counted: Counted): Promise<number> {
  const handle = async (value: Buffer | null): Promise<void> => {
    if (kind === 'typed') JSON.parse(value?.toString() ?? '');
    counted.count();
  };
  return consumeCountedRaw(stage, topic, { counted, partitionsAtOnce: 1, handle });
}

function readOwn(
  stage: KafkaStage,
  kind: Reader['kind'],
  { topic }: Backlog,
  counted: Counted,
  maxEvents: number | undefined,
): Promise<number> {
  const handle = async (): Promise<void> => counted.count();
  const options = { counted, handle, ...(maxEvents === undefined ? {} : { maxInFlight: { events: maxEvents } }) };
  return kind === 'typed'
    ? consumeCounted(stage, typedTopic(topic), options)
    : consumeCounted(stage, rawTopic(topic), options);
}

process.on('message', ({ url, reader, backlog }: { url: string; reader: Reader; backlog: Backlog }) => {
  // A failure ends this process, and with it the parent's wait.
  void (async () => {
    await using stage = await openStage({ url, scale: 1, rounds: 1 });
    process.send?.(await read(stage, reader, backlog));
  })();
});
