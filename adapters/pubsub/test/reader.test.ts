import type { Assignment, ReadResult } from '@isostream/core/adapter';
import { expect, test } from 'vitest';
import { PubSubReader } from '../src/consume/reader.ts';
import { FakeService, grpcError, received } from './support/fake-service.ts';

/** Reads until something comes or the range ends. */
async function readOn(assignment: Assignment, signal: AbortSignal): Promise<ReadResult> {
  for (;;) {
    const result = await assignment.read({ take: () => true }, signal);
    if (result === 'end' || 'gap' in result || result.length > 0) return result;
  }
}

/** The assignment of a read of the whole topic. */
async function assignmentOf(service: FakeService, signal: AbortSignal): Promise<Assignment> {
  service.topics.set('projects/project/topics/orders', {
    name: 'projects/project/topics/orders',
    messageRetentionDuration: { seconds: 3_600 },
  });
  const reader = new PubSubReader(service, { topic: 'orders', from: 'earliest', to: 'now' });
  return new Promise((resolve) => {
    void reader.run({ assigned: resolve, revoking: async () => undefined, lost: () => undefined }, signal);
  });
}

test('a range ends after three pulls that brought nothing, each while the service answers', async () => {
  const over = new AbortController();
  const service = new FakeService();
  const assignment = await assignmentOf(service, over.signal);
  expect(await readOn(assignment, over.signal)).toBe('end');
  expect(service.named('pull')).toHaveLength(3);
  expect(service.named('getSubscription')).toHaveLength(3);
});

test('pulls that bring nothing over a dead connection are no end: what is stored comes once it is back', async () => {
  const over = new AbortController();
  const service = new FakeService();
  let asked = 0;
  service.before = ({ name }) => {
    if (name === 'getSubscription' && ++asked === 3) throw grpcError(14, 'keepalive watchdog timeout');
  };
  service.pulls = [...Array.from({ length: 3 }, () => async () => []), async () => [received('e1')]];
  const assignment = await assignmentOf(service, over.signal);
  expect(await readOn(assignment, over.signal)).toMatchObject([{ position: 'e1' }]);
  expect(asked).toBe(3);
  over.abort();
});

test('a range ends though somebody goes on sending: pulls that bring only what came later count as those that bring nothing', async () => {
  const over = new AbortController();
  const service = new FakeService({ isEmulator: true });
  let count = 0;
  const later = () => [received(`later-${++count}`, { publishedAt: Date.now() + 60_000 })];
  service.pulls = [
    async () => [received('e1', { publishedAt: Date.now() - 1_000 })],
    async () => later(),
    async () => [...later(), received('e2', { publishedAt: Date.now() - 1_000 })],
    async () => later(),
  ];
  const assignment = await assignmentOf(service, over.signal);
  expect(await readOn(assignment, over.signal)).toMatchObject([{ position: 'e1' }]);
  expect(await readOn(assignment, over.signal)).toMatchObject([{ position: 'e2' }]);
  expect(await readOn(assignment, over.signal)).toBe('end');
  expect(service.named('pull')).toHaveLength(6);
});
