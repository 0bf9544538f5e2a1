import { describe, expect, it } from 'vitest';
import type { Adapter } from '../src/contract/adapter.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { defineTopic } from '../src/model/define-topic.ts';
import { createStreams } from '../src/streams/streams.ts';
import { ManualClock, settled } from './support/manual-clock.ts';
import { watch } from './support/open-engine.ts';
import { ScriptedAdmin, scriptedAdapter } from './support/scripted-admin.ts';

const away = new StreamError('unavailable', 'refused', { where: 'scripted' });

/** A service that answers as the test says, call by call; then it is there. */
function service(...answers: readonly (() => Promise<void>)[]): Adapter & { closed: number; tries: number } {
  const adapter = {
    ...scriptedAdapter(new ScriptedAdmin()),
    closed: 0,
    tries: 0,
    connect: async () => answers[adapter.tries++]?.(),
    close: async () => void adapter.closed++,
  };
  return adapter;
}

const refuses = (): Promise<void> => Promise.reject(away);
const hangs = (): Promise<void> => new Promise(() => undefined);

describe('connect', () => {
  it('waits for a service that is away', async () => {
    const clock = new ManualClock();
    const adapter = service(refuses, refuses, refuses);
    const streams = createStreams({ adapter, topics: [], clock });
    await clock.advance(9_000);
    await streams;
    expect(adapter).toMatchObject({ tries: 4, closed: 0 });
  });

  it('gives up after connectTimeout, with what was said last, and closes the adapter', async () => {
    const clock = new ManualClock();
    const adapter = service(...Array.from({ length: 100 }, () => refuses));
    const failed = createStreams({ adapter, topics: [], clock, connectTimeout: '3s' }).catch((error: unknown) => error);
    await clock.advance(2_000);
    expect(watch(failed).state).toBe('pending');
    await clock.advance(1_000);
    expect(await failed).toMatchObject({
      code: 'unavailable',
      retryable: true,
      cause: away,
      message: expect.stringMatching(/not be used within 3 s: scripted: refused\. .*connectTimeout/),
    });
    expect(adapter.closed).toBe(1);
  });

  it('gives up with a timeout where nothing is said at all', async () => {
    const clock = new ManualClock();
    const failed = createStreams({ adapter: service(hangs), topics: [], clock }).catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await failed).toMatchObject({ code: 'timeout', retryable: true });
  });

  it('fails at once with what no waiting cures', async () => {
    const wrong = new StreamError('unauthenticated', 'wrong password', { where: 'scripted' });
    const adapter = service(() => Promise.reject(wrong));
    await expect(createStreams({ adapter, topics: [], clock: new ManualClock() })).rejects.toBe(wrong);
  });

  it('tries again what keeps a topic from being made', async () => {
    const clock = new ManualClock();
    const admin = new ScriptedAdmin();
    let refused = 0;
    admin.onCreate = () => {
      if (refused++ < 2) throw away;
    };
    const adapter = { ...scriptedAdapter(admin), connect: async () => undefined, close: async () => undefined };
    const topic = defineTopic('orders', { raw: true });
    const streams = watch(createStreams({ adapter, topics: [topic], clock }));
    await clock.advance(5_000);
    await settled();
    expect(streams.state).toBe('resolved');
  });
});
