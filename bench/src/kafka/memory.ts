import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import type { Backlog } from './backlog.ts';
import type { MemoryFigures, MemoryTask } from './memory-worker.ts';
import type { KafkaStage } from './stage.ts';

const maxEvents = 500;

/** What a consumer holds while its handler is slower than the backlog is long: each in a fresh process. */
export async function measureMemory(stage: KafkaStage, { topic }: Backlog): Promise<Row[]> {
  const task = (client: MemoryTask['client']): MemoryTask => ({
    client,
    topic,
    group: stage.groupName(),
    brokers: stage.brokers,
    maxEvents,
    ms: 5_000 * stage.scale,
  });
  const samples = await runRounds(
    [
      async () => ({ 'raw rss': (await inFreshProcess(task('raw'))).rssMb }),
      async () => {
        const { rssMb, events, bytes } = await inFreshProcess(task('isostream'));
        return { rss: rssMb, events, bytes: bytes / 1_024 };
      },
    ],
    stage.rounds,
  );
  return [
    row({
      measurement: 'backlog, slow handler: events held at most',
      unit: 'events',
      isostream: samples.of('events'),
      goal: { atMost: maxEvents },
    }),
    row({ measurement: 'backlog, slow handler: bytes held at most', unit: 'KB', isostream: samples.of('bytes') }),
    row({
      measurement: 'backlog, slow handler: RSS above an idle client',
      unit: 'MB',
      isostream: samples.of('rss'),
      against: 'kafkajs, eachMessage',
      reference: samples.of('raw rss'),
    }),
  ];
}

/** Resident memory tells something only in a process that did nothing else. */
function inFreshProcess(task: MemoryTask): Promise<MemoryFigures> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./memory-worker.js', import.meta.url)));
    child.send(task);
    let figures: MemoryFigures | undefined;
    child.once('message', (message: MemoryFigures) => {
      figures = message;
      child.disconnect();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (figures !== undefined) resolve(figures);
      else reject(new Error(`the process that measures memory ended with ${String(code)} and no figures`));
    });
  });
}
