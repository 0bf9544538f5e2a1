import { StreamError } from '@isostream/core';
import { type Adapter, openAdapter } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { preflight } from '../src/run/preflight.ts';
import { memoryHarness } from '../src/suites/memory.ts';

const refused = new StreamError('unauthorized', 'topic: not allowed.', { where: 'memory', outcome: 'not-written' });

/** Memory that refuses some of what a preflight tries. */
async function preflightWithout(...parts: readonly ('connect' | 'write' | 'delete')[]): Promise<readonly string[]> {
  const harness = memoryHarness();
  const wrong = (adapter: Adapter): Adapter => ({
    ...adapter,
    connect: async (signal) => {
      if (parts.includes('connect')) throw refused;
      await adapter.connect(signal);
    },
    createSink: (topic) => {
      const sink = adapter.createSink(topic);
      if (parts.includes('write')) sink.write = async (_, batches) => batches.map(() => refused);
      return sink;
    },
    // Of this client alone: each has its own.
    admin: Object.assign(adapter.admin, parts.includes('delete') ? { deleteTopic: () => Promise.reject(refused) } : {}),
  });
  const error: unknown = await preflight(
    { ...harness, createAdapter: (clientId) => wrong(openAdapter(harness.createAdapter(clientId))) },
    new AbortController().signal,
  ).catch((thrown: unknown) => thrown);
  const topics = await openAdapter(harness.createAdapter('after')).admin.listTopics();
  return [error instanceof Error ? error.message : 'passed', ...topics.map((name) => name.replace(/-.*/, ''))];
}

/** Memory whose members never get further than an error that may pass. */
async function preflightInTrouble(): Promise<unknown> {
  const harness = memoryHarness();
  const trouble = new StreamError('unavailable', 'lease table "t": nobody answers.', { where: 'memory' });
  const wrong = (adapter: Adapter): Adapter => ({
    ...adapter,
    createSource: () => ({ run: () => Promise.reject(trouble) }),
  });
  const troubled = { ...harness, createAdapter: (id: string) => wrong(openAdapter(harness.createAdapter(id))) };
  return preflight(troubled, new AbortController().signal, 50).catch((thrown: unknown) => thrown);
}

describe('a preflight', () => {
  it('says what a member waits for, that would wait for ever', async () => {
    expect(await preflightInTrouble()).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/preflight: cannot read it in a group: .*lease table "t": nobody answers\. Allow/),
    });
  });

  it('leaves nothing behind where it passes', async () => {
    expect(await preflightWithout()).toEqual(['passed']);
  });

  it('says the first thing that is missing in one sentence, and its cure in another', async () => {
    expect(await preflightWithout('connect')).toEqual([
      'in this process: preflight: cannot connect: memory: topic: not allowed. Check the address, TLS and credentials',
    ]);
    expect(await preflightWithout('write')).toEqual([
      expect.stringMatching(/cannot send an event: .*allowed\. Allow wri/),
    ]);
    // What it made stays, and that is not what is wrong first.
    expect(await preflightWithout('write', 'delete')).toEqual([
      expect.stringMatching(/cannot send an event: /),
      'preflight',
    ]);
    expect(await preflightWithout('delete')).toEqual([
      expect.stringMatching(/cannot delete the topic: .*allowed\. Delete preflight-\w+ by hand/),
      'preflight',
    ]);
  });
});
