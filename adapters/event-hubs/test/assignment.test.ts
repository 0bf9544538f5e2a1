import type { HeldLease } from '@isostream/coordination';
import { CollectedPage } from '@isostream/core/adapter';
import { message, type Receiver } from 'rhea-promise';
import { afterEach, expect, it } from 'vitest';
import type { PartitionProperties } from '../src/answers.ts';
import { Link } from '../src/client/link.ts';
import { type ReadOptions, Wire } from '../src/client/wire.ts';
import { EventHubsAssignment } from '../src/consume/assignment.ts';
import { Rivals } from '../src/consume/rivals.ts';
import { resolveOptions } from '../src/settings.ts';

const connectionString = 'Endpoint=sb://test.servicebus.windows.net;SharedAccessKeyName=n;SharedAccessKey=k';
const now: PartitionProperties = {
  isEmpty: false,
  beginningSequenceNumber: 0,
  lastEnqueuedSequenceNumber: 5,
  lastEnqueuedOffset: '4096',
  lastEnqueuedOn: new Date(0),
};

/** Every reader gets the event of number 5. */
class OneEvent extends Wire {
  override async read({ onMessage }: ReadOptions): Promise<Link<Receiver>> {
    const annotations = { 'x-opt-sequence-number': 5, 'x-opt-offset': '4096', 'x-opt-enqueued-time': new Date(0) };
    const bytes = message.encode({ message_annotations: annotations, body: message.data_section(Buffer.from('5')) });
    queueMicrotask(() => onMessage(bytes));
    return new Link(new AbortController().signal, { used: () => undefined, judge: (error) => error });
  }
}

const lease = new AbortController();
afterEach(() => lease.abort());

/** Behind a place of another client, which has an offset and no number: the first event waits until the service was asked. */
function assignmentWhere(asked: () => void): EventHubsAssignment {
  const held: HeldLease = {
    partition: '0',
    position: '@1024',
    token: 1,
    signal: lease.signal,
    isHeld: true,
    commit: async () => undefined,
    finish: () => undefined,
    abandon: () => undefined,
  };
  const settings = {
    wire: new OneEvent(resolveOptions({ connectionString })),
    hub: 'orders',
    consumerGroup: '$Default',
    reader: 'test',
    prefetchEvents: 10,
    prefetchBytes: 1_000_000,
  };
  const rivals = new Rivals({ what: 'orders', leaseMs: 1_000 });
  return new EventHubsAssignment(held, settings, rivals, async () => {
    asked();
    return now;
  });
}

it('nothing is handed over by a read that ends while the service is asked what came before; the next one has it', async () => {
  const reading = new AbortController();
  let asked = 0;
  const assignment = assignmentWhere(() => {
    if (++asked === 1) reading.abort();
  });
  const [late, next] = [new CollectedPage(), new CollectedPage()];
  await assignment.read(late, reading.signal);
  expect([asked, late.events.length]).toEqual([1, 0]);
  await assignment.read(next, new AbortController().signal);
  expect(next.events.map(({ value }) => Buffer.from(value ?? []).toString())).toEqual(['5']);
});
