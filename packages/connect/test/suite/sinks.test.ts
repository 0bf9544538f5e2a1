import {
  playSink,
  playSinkRun,
  runDistortions,
  type SinkSubject,
  sinkChecks,
  sinkDistortions,
  sinkRunChecks,
} from '@isostream/connect/testing';
import { describe, expect, it } from 'vitest';
import { byKey, byPlace, sinkSubjects } from './sink-subjects.ts';

describe.each(Object.entries(sinkSubjects))('a sink of the package: %s', (_, subject: SinkSubject) => {
  it.each(sinkChecks)('$name', async (check) => {
    expect((await playSink(check, subject)).findings).toEqual([]);
  });
});

/** One of each kind: the runner around them is the same. */
const whole = ['lines of JSON', 'requests with several records', 'documents by key'];

describe.each(Object.entries(sinkSubjects).filter(([name]) => whole.includes(name)))(
  'a connector of the package: %s',
  (_, subject: SinkSubject) => {
    it.each(sinkRunChecks)('$name', async (check) => {
      expect((await playSinkRun(check, subject)).findings).toEqual([]);
    });
  },
);

describe('a wrong version is seen', () => {
  // It may lose something: nobody waits for that for long.
  const patienceMs = 700;

  it.each(sinkDistortions)('of a sink: $name', async ({ killedBy, sink }) => {
    const check = sinkChecks.find(({ name }) => name === killedBy);
    expect(check).toBeDefined();
    if (check !== undefined)
      expect((await playSink(check, byKey, { distort: sink, patienceMs })).findings).not.toEqual([]);
  });

  it.each(runDistortions)('of the runner: $name', async ({ killedBy, streams }) => {
    const check = sinkRunChecks.find(({ name }) => name === killedBy);
    expect(check).toBeDefined();
    if (check !== undefined)
      expect((await playSinkRun(check, byPlace, { streams, patienceMs })).findings).not.toEqual([]);
  });
});
