import { readToEnd } from './base-load.ts';
import { atLeast } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import type { ProducerOptions } from '@isostream/core';
import type { Findings, Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';

export const producerBound: Scenario = {
  id: 'backpressure/a-full-producer',
  title: 'while nothing is answered a producer holds what it may; the rest waits, then fails, and nothing vanishes',
  breaks: true,
  async run(stage) {
    const { failed, findings } = await whileSilent(stage, {
      maxBuffered: { events: 100 },
      events: 300,
      failing: 200,
    });
    return {
      ...findings,
      'holds exactly what it may': failed === 200 ? [] : [`${failed} of 300 failed with room for 100`],
    };
  },
};

export const producerBytes: Scenario = {
  id: 'backpressure/a-producer-full-by-bytes',
  title: 'while nothing is answered a producer holds no more bytes than it may, and nearly as many',
  breaks: true,
  async run(stage) {
    const padBytes = 20_000;
    const events = 150;
    const most = Math.floor(1_048_576 / padBytes);
    const { failed, findings } = await whileSilent(stage, {
      maxBuffered: { bytes: '1mb' },
      events,
      failing: events - most,
      pad: 'x'.repeat(padBytes),
    });
    const held = events - failed;
    return {
      ...findings,
      'holds no more than it may':
        held <= most ? [] : [`${held} events of more than ${padBytes} bytes, with room for ${most}`],
      // What is added to each event's own bytes may cost a few.
      'holds what it may': atLeast('events held', held, Math.floor(most * 0.9)),
    };
  },
};

interface Overload {
  readonly maxBuffered: NonNullable<ProducerOptions['maxBuffered']>;
  /** Sent at once. */
  readonly events: number;
  /** Of these, how many find no room. */
  readonly failing: number;
  readonly pad?: string;
}

/** Sends more than a producer may hold while nothing is answered; then all is answered again. */
async function whileSilent(
  stage: Stage,
  { maxBuffered, events, failing, pad }: Overload,
): Promise<{ readonly failed: number; readonly findings: Findings }> {
  const topic = stage.topic({ partitions: 4 });
  const producer = await stage.producer(topic, { maxBuffered, maxBlock: 800 });
  await stage.load.send(producer, topic, stage.load.event(topic, 'k0'));
  const failures = (): number => ofKind(stage.history.arrivals, 'send-failed').length;
  let failedEarly = 0;
  let failed = 0;
  let whenFlushed = 0;
  let flushing = Promise.resolve();
  const sends: Promise<void>[] = [];
  await stage.during('silence', async () => {
    const undo = stage.faults.isolate();
    for (let index = 0; index < events; index++)
      sends.push(stage.load.send(producer, topic, stage.load.event(topic, `k${index % 20}`, pad)));
    flushing = producer.flush().then(async () => {
      // Results are on their way to the record.
      await stage.pause(0);
      const { arrivals } = stage.history;
      whenFlushed = ofKind(arrivals, 'sent').length + failures();
    });
    await stage.pause(300);
    failedEarly = failures();
    // One that holds too much has nobody to refuse, and would be waited for until its sends are given up.
    const elapsed = stage.stopwatch();
    await stage.until('those without room fail', () => failures() >= failing || elapsed() > 5_000);
    failed = failures();
    await undo();
  });
  await Promise.all(sends);
  await flushing;
  const entries = await readToEnd(stage, topic);
  const codes = new Set(ofKind(entries, 'send-failed').map((entry) => entry.code));
  return {
    failed,
    findings: {
      'waits first': failedEarly === 0 ? [] : [`${failedEarly} failed at once`],
      'says why': codes.size === 1 && codes.has('backpressure') ? [] : [[...codes].join()],
      'a flush waits for every result': atLeast('results when it was flushed', whenFlushed, events + 1),
    },
  };
}
