import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The timer alone keeps no process running: it fires only where the consumer does. */
const program = (options: string): string => `
  import { createMemory } from '@isostream/memory';
  import { createStreams, defineTopic } from '@isostream/core';
  const orders = defineTopic('orders', { raw: true });
  const streams = await createStreams({ adapter: createMemory(${options}), topics: [orders] });
  const consumer = streams.consumer(orders, { group: 'billing' });
  void consumer.run(() => undefined);
  await consumer.ready;
  setTimeout(() => void streams.close().then(() => console.log('closed')), 200).unref();
`;

it.each(['', "{ settlement: 'individual' }"])(
  'a consumer keeps its process running until it is closed: %s',
  (options) => {
    const args = ['--input-type=module', '-e', program(options)];
    expect(execFileSync('node', args, { encoding: 'utf8', cwd: root })).toBe('closed\n');
  },
);
