import { type SourceListener, StreamError } from '@isostream/core/adapter';
import { createVirtualClock } from '@isostream/memory';
import { expect, it } from 'vitest';
import type { HeldLease } from '../src/held-lease.ts';
import { LeaseCoordinator } from '../src/lease-coordinator.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';

it('is ready with its whole share, and takes again soon what it loses while nobody else is there', async () => {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const held: HeldLease[] = [];
  let has = 0;
  let readyWith: number | undefined;
  const listener: SourceListener = {
    assigned: () => void has++,
    lost: () => void has--,
    revoking: async () => undefined,
    ready: () => void (readyWith ??= has),
  };
  const coordinator = new LeaseCoordinator(
    {
      store: createMemoryLeaseStore(),
      partitions: {
        list: async () => ['a', 'b', 'c'].map((partition) => ({ partition })),
        start: async () => ({ position: '0' }),
        open: (lease) => {
          held.push(lease);
          const { partition, token } = lease;
          return { partition, fencingToken: String(token), read: async () => undefined, commit: async () => undefined };
        },
      },
      member: 'm/1',
      where: 'test',
      what: 'group "alone"',
      clock,
    },
    listener,
  );
  const running = coordinator.run(stop.signal);
  await clock.advance(60_000);
  expect(readyWith).toBe(3);

  for (let times = 0; times < 20; times++) {
    held.at(-1)?.abandon(new StreamError('lease-lost', 'another reader took it', { where: 'test' }));
    expect(has).toBe(2);
    // A third of `sessionTimeout`, as beside others.
    await clock.advance(3_400);
    expect(has).toBe(3);
    await clock.advance(17_000);
  }
  stop.abort();
  await clock.advanceUntil(running);
});
