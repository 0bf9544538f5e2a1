import type { KafkaNode } from '@isostream/emulators';
import { describe, expect, it } from 'vitest';
import { restartInTurn } from '../src/suites/kafka-restart.ts';

/** Port 1 is reserved: nobody answers there. */
const silent = '127.0.0.1:1';

function broker(id: number, told: string[]): KafkaNode {
  const tell = (what: string) => async (): Promise<void> => void told.push(`${what} ${id}`);
  return {
    id,
    port: 1,
    kill: tell('kill'),
    start: tell('start'),
    stop: tell('stop'),
    pause: () => undefined,
    resume: () => undefined,
  };
}

describe('a restart of Kafka', () => {
  it('kills a single broker and starts it at once: there are no others to wait for', async () => {
    const told: string[] = [];
    await restartInTurn([broker(1, told)], { brokers: [silent] });
    expect(told).toEqual(['kill 1', 'start 1']);
  });
});
