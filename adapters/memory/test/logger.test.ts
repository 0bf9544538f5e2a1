import { createStreams, defineTopic, type Logger, NonRetryableError } from '@isostream/core';
import { expect, it } from 'vitest';
import { createMemory } from '../src/index.ts';

const orders = defineTopic('orders', { raw: true });
const payments = defineTopic('payments', { raw: true });

type Line = readonly [level: string, message: string, fields: Readonly<Record<string, unknown>>];

function recorder(lines: Line[]): Logger {
  const at =
    (level: string): Logger['info'] =>
    (fields, message) =>
      void lines.push([level, message, fields]);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** One event of the topic fails twice and is dead-lettered. */
async function runOnce(topic: typeof orders, logger: Logger): Promise<void> {
  const streams = await createStreams({ adapter: createMemory(), topics: [topic], logger });
  await streams.producer(topic).send({ key: 'alice', value: Buffer.from('secret') });
  const consumer = streams.consumer(topic, { group: 'billing', retry: { attempts: 2, backoff: { initial: '1ms' } } });
  await consumer.run((_event, { attempt }) => {
    if (attempt === 1) throw new Error('not yet');
    void consumer.close();
    throw new NonRetryableError('no such order');
  });
  await streams.close();
}

it('a client writes its own attempts and dead letters, without keys and data', async () => {
  const [ofOrders, ofPayments]: [Line[], Line[]] = [[], []];
  await Promise.all([runOnce(orders, recorder(ofOrders)), runOnce(payments, recorder(ofPayments))]);
  for (const [lines, topic] of [
    [ofOrders, 'orders'],
    [ofPayments, 'payments'],
  ] as const) {
    const important = lines.filter(([level]) => level === 'warn' || level === 'error');
    expect(
      important.map(([level, message, { topic: of, group, code, attempt }]) => [
        level,
        message,
        of,
        group,
        code,
        attempt,
      ]),
    ).toEqual([
      ['warn', 'an attempt failed and will be repeated', topic, 'billing', 'handler-failed', 1],
      ['error', 'an event was dead-lettered', topic, 'billing', 'handler-failed', 2],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/alice|secret/);
    expect(lines.filter(([level]) => level === 'info').map(([, message]) => message)).toEqual([
      'connected',
      'the consumer is joining',
      'the consumer is running',
      'the consumer is closed',
      'the client is closed',
    ]);
  }
});

it('a logger that throws at every line changes nothing of what happens to an event', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listen);
  const broken = (): never => {
    throw new Error('disk full');
  };
  await runOnce(orders, { debug: broken, info: broken, warn: broken, error: broken });
  await new Promise(setImmediate);
  process.off('warning', listen);
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('the logger threw')]);
});

it('a logger that never answers changes nothing of what happens to an event', async () => {
  let calls = 0;
  const hanging = (): Promise<never> => {
    calls++;
    return new Promise<never>(() => undefined);
  };
  await runOnce(orders, { debug: hanging, info: hanging, warn: hanging, error: hanging });
  expect(calls).toBeGreaterThan(5);
});
