import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { NonRetryableError } from '../src/errors/stream-error.ts';
import { settled } from './support/manual-clock.ts';
import { openEngine } from './support/open-engine.ts';
import { openWriter } from './support/open-writer.ts';
import { sinkError } from './support/scripted-sink.ts';

/** What is published on a channel while the work is done. */
async function told(channel: string, work: () => Promise<void>): Promise<readonly unknown[]> {
  const messages: unknown[] = [];
  const listen = (message: unknown): void => void messages.push(message);
  subscribe(`isostream:${channel}`, listen);
  try {
    await work();
  } finally {
    unsubscribe(`isostream:${channel}`, listen);
  }
  return messages;
}

const headers = [
  ['ce_specversion', '1.0'],
  ['ce_id', 'e-1'],
  ['ce_type', 'order.placed'],
  ['ce_source', 'shop'],
] as const;

it('a dead letter tells why, of which event, after how many attempts and how long', async () => {
  const test = openEngine();
  const messages = await told('consume:settled', async () => {
    const lane = test.source.assign();
    lane.push(lane.stored('a1', { headers }));
    await settled();
    await test.clock.advance(30);
    await test.call('a1').fail();
    await test.clock.advance(100);
    await test.clock.advance(20);
    await test.call('a1').fail(new NonRetryableError('no such order'));
  });
  expect(messages).toMatchObject([
    {
      result: 'dead-letter',
      error: { code: 'handler-failed', message: 'consumer: no such order' },
      ...{ id: 'e-1', type: 'order.placed', key: 'a', position: 'a1', partition: 'p0', attempt: 2 },
      ...{ ms: 20, totalMs: 150 },
    },
  ]);
});

it('subscribers whose promises never resolve hold back no delivery', async () => {
  // Declared to return nothing, as the types of Node ask for: what it returns all the same never resolves.
  const hang = (): void => new Promise(() => undefined) as unknown as undefined;
  const channels = ['consume:assigned', 'consume:attempt', 'consume:settled', 'consume:commit'];
  for (const channel of channels) subscribe(`isostream:${channel}`, hang);
  try {
    const test = openEngine();
    const assignment = await test.assign('a1', 'a2');
    await test.call('a1').ok();
    await test.call('a2').ok();
    await test.clock.advance(200);
    expect(assignment.commits.at(-1)).toBe('a2');
  } finally {
    for (const channel of channels) unsubscribe(`isostream:${channel}`, hang);
  }
});

it('an event that is settled tells how long it took, and no error', async () => {
  const test = openEngine();
  const messages = await told('consume:settled', async () => {
    await test.assign('a1');
    await test.clock.advance(30);
    await test.call('a1').ok();
  });
  expect(messages).toEqual([expect.objectContaining({ result: 'ok', key: 'a', attempt: 1, ms: 30, totalMs: 30 })]);
  expect(messages[0]).not.toHaveProperty('error');
  expect(messages[0]).not.toHaveProperty('id');
});

it('a batch that was not written tells why, and one that was does not', async () => {
  const { sink, write, clock } = openWriter({ backoff: { initial: 1, max: 1 } });
  const messages = await told('produce:batch', async () => {
    const sent = write('a', 1);
    await settled();
    sink.last.fail(sinkError('throttled', 'not-written'));
    await settled();
    await clock.advance(1);
    sink.last.ok();
    await sent;
  });
  expect(messages).toMatchObject([{ attempt: 1, error: { code: 'throttled' } }, { attempt: 2 }]);
  expect(messages[1]).not.toHaveProperty('error');
});

it('each event that is sent tells what became of it, after how many attempts and how long', async () => {
  const { sink, writer, clock } = openWriter({ backoff: { initial: 1, max: 1 } });
  const answers: unknown[] = [];
  const named = { key: 'a', value: Buffer.from('1'), headers };
  const messages = await told('produce:settled', async () => {
    writer.write(named, (result) => void answers.push(result));
    await settled();
    await clock.advance(5);
    sink.last.fail(sinkError('throttled', 'not-written'));
    await settled();
    await clock.advance(1);
    sink.last.ok();
    await settled();
    writer.write(named, (result) => void answers.push(result));
    await settled();
    sink.last.fail(sinkError('event-too-large', 'not-written'));
    await settled();
    const closing = writer.close(0);
    writer.write(named, (result) => void answers.push(result));
    await closing;
  });
  const event = { topic: writer.topic, key: 'a', id: 'e-1', type: 'order.placed' };
  expect(messages).toMatchObject([
    { ...event, result: 'stored', attempt: 2, ms: 6, partition: expect.any(String), position: expect.any(String) },
    { ...event, result: 'failed', attempt: 1, error: { code: 'event-too-large' } },
    { ...event, result: 'failed', attempt: 0, error: { code: 'closed' } },
  ]);
  expect(answers).toHaveLength(3);
});

it('a batch tells what its producer still holds', async () => {
  const { sink, write } = openWriter();
  const messages = await told('produce:batch', async () => {
    const first = write('a', 1);
    await settled();
    const second = write('a', 2);
    sink.last.ok();
    await first;
    await settled();
    sink.last.ok();
    await second;
  });
  expect(messages).toMatchObject([
    { queue: { events: 1, waiting: 0 } },
    { queue: { events: 0, bytes: 0, waiting: 0 } },
  ]);
});

it('an attempt that comes again tells the code and the message of its failure', async () => {
  const test = openEngine();
  const messages = await told('consume:retry', async () => {
    await test.assign('a1');
    await test.call('a1').fail(new TypeError('no van'));
  });
  expect(messages).toMatchObject([
    { code: 'handler-failed', message: expect.stringContaining('no van'), error: { name: 'TypeError' } },
  ]);
});

it('each attempt tells how it ended, what follows from it, how long it took, and no more', async () => {
  const test = openEngine();
  const messages = await told('consume:attempt', async () => {
    await test.assign('a1');
    await test.clock.advance(30);
    await test.call('a1').fail();
    await test.clock.advance(100);
    await test.clock.advance(20);
    await test.call('a1').ok();
    await test.assign('b1');
    await test.call('b1').fail(new NonRetryableError('no such order'));
  });
  expect(messages).toEqual([
    { topic: 'orders', group: 'billing', result: 'retry', ms: 30, code: 'handler-failed' },
    { topic: 'orders', group: 'billing', result: 'ok', ms: 20 },
    { topic: 'orders', group: 'billing', result: 'dead-letter', ms: 0, code: 'handler-failed' },
  ]);
});
