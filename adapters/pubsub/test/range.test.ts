import { CollectedPage, type Cursor } from '@isostream/core/adapter';
import { expect, test } from 'vitest';
import { openRange } from '../src/consume/range.ts';
import { FakeService, grpcError, received } from './support/fake-service.ts';

/** Reads until something comes or the range ends. */
async function readOn(cursor: Cursor, signal: AbortSignal): Promise<CollectedPage> {
  for (;;) {
    const page = new CollectedPage();
    await cursor.read(page, signal);
    if (page.isEnd || page.events.length > 0) return page;
  }
}

/** The cursor of a read of the whole topic. */
async function cursorOf(service: FakeService): Promise<Cursor> {
  service.topics.set('projects/project/topics/orders', {
    name: 'projects/project/topics/orders',
    messageRetentionDuration: { seconds: 3_600 },
  });
  const { cursors } = await openRange(service, { topic: 'orders', from: 'earliest', to: 'now' });
  const [cursor] = cursors;
  if (cursor === undefined) throw new Error('nothing to read');
  return cursor;
}

test('a range ends after three pulls that brought nothing, each while the service answers', async () => {
  const over = new AbortController();
  const service = new FakeService();
  const cursor = await cursorOf(service);
  expect(await readOn(cursor, over.signal)).toMatchObject({ events: [], isEnd: true });
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
  const cursor = await cursorOf(service);
  expect(await readOn(cursor, over.signal)).toMatchObject({ events: [{ position: 'e1' }] });
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
  const cursor = await cursorOf(service);
  expect(await readOn(cursor, over.signal)).toMatchObject({ events: [{ position: 'e1' }] });
  expect(await readOn(cursor, over.signal)).toMatchObject({ events: [{ position: 'e2' }] });
  expect(await readOn(cursor, over.signal)).toMatchObject({ events: [], isEnd: true });
  expect(service.named('pull')).toHaveLength(6);
});
