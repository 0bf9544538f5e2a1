import { spawn } from 'node:child_process';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { type PubSubEmulator, startPubSub } from '@isostream/emulators';
import { createPubSub, type PubSubAdapter } from '@isostream/pubsub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, ended, shell } from './support/run.ts';

let emulator: PubSubEmulator;
let adapter: PubSubAdapter;
let streams: Streams;
const orders = defineTopic('orders', { raw: true });
/** Together more than a pipe holds: whoever writes into one whose reader has left is told so by the next write alone. */
const padding = '.'.repeat(8_000);

beforeAll(async () => {
  emulator = await startPubSub({ mode: 'native' });
  adapter = createPubSub({ projectId: emulator.projectId, emulatorHost: emulator.host });
  streams = await createStreams({ adapter, topics: [orders] });
  await streams
    .producer(orders)
    .sendBatch(
      Array.from({ length: 50 }, (_, index) => ({ key: 'k', value: Buffer.from(`${index}${padding}`), headers: [] })),
    );
}, 60_000);

afterAll(async () => {
  await streams.close();
  await emulator.stop();
});

/** Each would be billed. */
async function subscriptions(): Promise<unknown> {
  const answer = await fetch(`http://${emulator.host}/v1/projects/${emulator.projectId}/subscriptions`);
  return answer.json();
}

async function untilNone(): Promise<void> {
  while (JSON.stringify(await subscriptions()) !== '{}') await new Promise((resolve) => setTimeout(resolve, 50));
}

describe('a command that reads by a subscription of its own', { timeout: 60_000 }, () => {
  it.each([['tail orders --from earliest --json'], ['replay orders --json']])(
    'leaves none when its reader has seen enough: %s',
    async (line) => {
      expect(shell(`isostream ${line} | head -1`, { ISOSTREAM_URL: emulator.url })).toMatchObject({
        status: 0,
        // A replay ends by itself, or when it hears of its reader.
        stderr: expect.stringMatching(/^(?:\d+ events\n)?$/),
      });
      await untilNone();
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('leaves none after %s', async (signal, code) => {
    const child = spawn('node', [...command, 'tail', 'orders', '--from', 'earliest'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ISOSTREAM_URL: emulator.url },
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.resume();
    expect(await subscriptions()).not.toEqual({});
    child.kill(signal);
    expect(await ended(child)).toBe(code);
    expect(await subscriptions()).toEqual({});
  });
});
