import { type Capabilities, openAdapter } from '@isostream/core/adapter';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../src/history/entry.ts';
import { withGivenFaults } from '../src/run/given-faults.ts';
import { cannotRun, runScenarios, type ScenarioReport } from '../src/run/runner.ts';
import { because, type Findings, type Scenario } from '../src/run/scenario.ts';
import { scenarios } from '../src/scenarios/index.ts';
import type { Harness } from '../src/suites/harness.ts';
import { memoryHarness } from '../src/suites/memory.ts';
import { nothing, scenario } from './support/scenario.ts';

async function runOne(one: Scenario, harness: Harness = memoryHarness()): Promise<ScenarioReport> {
  const [report] = await runScenarios({ harness, scenarios: [one], seed: 5 });
  if (report === undefined) throw new Error('no report');
  return report;
}

/** The memory provider, as if it could not do something. */
function without(absent: Partial<Capabilities>): Harness {
  const harness = memoryHarness();
  return {
    ...harness,
    createAdapter(clientId) {
      const adapter = harness.createAdapter(clientId);
      return { ...adapter, capabilities: { ...adapter.capabilities, ...absent } };
    },
  };
}

/** Adapters that declare something absent to whoever asks first, which is the runner, and then do it. */
function pretending(harness: Harness, absent: Partial<Capabilities>): Harness['createAdapter'] {
  let isFirst = true;
  return (clientId) => {
    const adapter = harness.createAdapter(clientId);
    const { capabilities } = adapter;
    const declared = isFirst ? { ...capabilities, ...absent } : capabilities;
    isFirst = false;
    return { ...adapter, capabilities: declared };
  };
}

const needsReplay = (refused: () => Promise<Findings>): Partial<Scenario> => ({
  needs: { capability: 'replay', isDeclared: ({ replay }) => replay, refused },
});

describe('a verdict', () => {
  it('is passed only if no check found anything', async () => {
    const report = await runOne(scenario('no-loss/one', async () => ({ order: [], delivery: [] })));
    expect(report).toMatchObject({
      provider: 'memory',
      scenario: 'no-loss/one',
      clause: 'NO-LOSS',
      verdict: 'passed',
      seed: 5,
      failures: {},
    });
  });

  it('is failed by one finding, and names its check alone', async () => {
    const report = await runOne(scenario('no-loss/one', async () => ({ order: ['a: 1 after 2'], delivery: [] })));
    expect(report).toMatchObject({ verdict: 'failed' });
    expect(report.failures).toEqual({ order: ['a: 1 after 2'] });
  });

  it('is refused where the capability is absent and its use was refused', async () => {
    const refused = async (): Promise<Findings> => ({ replay: [] });
    const report = await runOne(
      scenario('no-loss/one', () => Promise.reject(new Error('must not run')), needsReplay(refused)),
      without({ replay: false }),
    );
    expect(report).toMatchObject({ verdict: 'refused', failures: {} });
  });

  it('is failed where the capability is absent and nothing was asserted about that', async () => {
    const report = await runOne(scenario('no-loss/one', nothing, needsReplay(nothing)), without({ replay: false }));
    expect(report).toMatchObject({
      verdict: 'failed',
      failures: { refusal: ['nothing was asserted about the refusal'] },
    });
  });

  // No provider of ours lacks replay: what those scenarios assert then would be run by nobody.
  it.each([
    'dead-letter/a-letter-holds-the-event',
    'dead-letter/letters-are-edited-and-discarded',
    'start-replay/at-a-time',
  ])('is refused for %s where nothing can be replayed', async (id) => {
    const replaying = scenarios.find((each) => each.id === id);
    if (replaying === undefined) throw new Error(`no scenario ${id}`);
    const absent = { replay: false, startAtTimestamp: false };
    expect(await runOne(replaying, without(absent))).toMatchObject({ verdict: 'refused', failures: {} });
    // One that says so and replays all the same.
    const report = await runOne(replaying, {
      ...memoryHarness(),
      createAdapter: pretending(memoryHarness(), absent),
    });
    expect(report).toMatchObject({ verdict: 'failed' });
  });

  it('is failed where the capability is absent and its use was not refused', async () => {
    const refused = async (): Promise<Findings> => ({ replay: ['no error where unsupported was due'] });
    const report = await runOne(scenario('no-loss/one', nothing, needsReplay(refused)), without({ replay: false }));
    expect(report).toMatchObject({ verdict: 'failed', failures: { replay: ['no error where unsupported was due'] } });
  });

  it('is not reached where what runs is known not to be as the service', async () => {
    const harness: Harness = {
      ...memoryHarness(),
      differences: ['it is small', { text: 'it forgets', scenarios: ['no-loss/one'] }],
    };
    const report = await runOne(
      scenario('no-loss/one', () => Promise.reject(new Error('must not run'))),
      harness,
    );
    expect(report).toMatchObject({ scenario: 'no-loss/one', verdict: 'differs', failures: {} });
    expect(await runOne(scenario('no-loss/other', nothing), harness)).toMatchObject({ verdict: 'passed' });
  });

  it('is the scenario’s own where the capability is declared', async () => {
    const report = await runOne(scenario('no-loss/one', async () => ({ order: ['wrong'] }), needsReplay(nothing)));
    expect(report).toMatchObject({ verdict: 'failed', failures: { order: ['wrong'] } });
  });

  it('is failed by a wait that came to nothing, even if no check noticed', async () => {
    const harness = { ...memoryHarness(), quietMs: 30 };
    const idle = scenario('no-loss/one', async (stage) => {
      await stage.until('pigs fly', () => false);
      return {};
    });
    expect(await runOne(idle, harness)).toMatchObject({
      verdict: 'failed',
      failures: { waits: ['timed out waiting until pigs fly'] },
    });
  });

  it('is failed by a consumer that ended with an error, even if no check noticed', async () => {
    const stopped = scenario('no-loss/one', async (stage) => {
      const topic = stage.topic({ partitions: 1 });
      const member = await stage.member(topic, {
        onFailure: 'stop',
        retry: { attempts: 1 },
        handle: () => {
          throw new Error('the handler is broken');
        },
      });
      await stage.load.send(await stage.producer(topic), topic, stage.load.event(topic, 'k'));
      await member.running.catch(() => undefined);
      return {};
    });
    const { verdict, failures } = await runOne(stopped);
    expect(verdict).toBe('failed');
    expect(failures['consumers']?.join()).toContain('the handler is broken');
  });
});

describe('an error that nobody handles', () => {
  const events = ['unhandledRejection', 'uncaughtException'] as const;
  const others = new Map(events.map((event) => [event, [] as NodeJS.UnhandledRejectionListener[]]));

  // The framework would take it for a failure of this test.
  beforeEach(() => {
    for (const event of events) {
      others.set(event, process.listeners(event as 'unhandledRejection'));
      process.removeAllListeners(event);
    }
  });
  afterEach(() => {
    for (const event of events)
      for (const listener of others.get(event) ?? []) process.on(event as 'unhandledRejection', listener);
  });

  it.each<readonly [string, () => void, string]>([
    ['a rejection', () => void Promise.reject(new Error('nobody looks')), 'unhandled rejection: Error: nobody looks'],
    [
      'an exception',
      () =>
        void setTimeout(() => {
          throw new Error('nobody catches');
        }, 1),
      'uncaught exception: Error: nobody catches',
    ],
  ])('fails a scenario: %s', async (_, leave, text) => {
    const careless = scenario('no-loss/one', async (stage) => {
      leave();
      await stage.pause(20);
      return {};
    });
    const { verdict, failures } = await runOne(careless);
    expect(verdict).toBe('failed');
    expect(failures['process']).toHaveLength(1);
    expect(failures['process']?.[0]).toContain(text);
    for (const event of events) expect(process.listenerCount(event)).toBe(0);
  });

  it('fails it even if it comes up in its last turn', async () => {
    const careless = scenario('no-loss/one', async () => {
      void Promise.reject(new Error('at the very end'));
      return {};
    });
    expect(await runOne(careless)).toMatchObject({ verdict: 'failed' });
  });
});

describe('a scenario that breaks down', () => {
  const good = scenario('no-loss/other', async () => ({ order: [] }));

  it.each<readonly [string, () => Promise<Findings>]>([
    ['rejects', () => Promise.reject(new Error('out of order'))],
    [
      'throws before its first wait',
      () => {
        throw new Error('out of order');
      },
    ],
  ])('and %s is failed, and the next one runs', async (_, run) => {
    const reports = await runScenarios({
      harness: memoryHarness(),
      scenarios: [scenario('no-loss/one', run), good],
      seed: 5,
    });
    expect(reports.map(({ verdict }) => verdict)).toEqual(['failed', 'passed']);
    expect(reports[0]?.failures['error']?.join()).toContain('out of order');
  });

  it('and hangs is failed in time, left behind, and the next one runs', async () => {
    const hanging = scenario('no-loss/one', () => new Promise(() => undefined), { timeoutMs: 30 });
    const reports = await runScenarios({ harness: memoryHarness(), scenarios: [hanging, good], seed: 5 });
    expect(reports.map(({ verdict }) => verdict)).toEqual(['failed', 'passed']);
    expect(reports[0]?.failures).toEqual({ time: ['did not end within 30 ms'] });
    expect(reports[0]?.ms).toBeLessThan(10_000);
  });

  it('and waits for a condition for ever is told to stop, and says what it waited for', async () => {
    let isAborted = false;
    const waiting = scenario(
      'no-loss/one',
      async (stage) => {
        await stage.until('pigs fly', () => {
          // Something always happens, so that silence never ends the wait.
          stage.mark('still here');
          return false;
        });
        isAborted = stage.signal.aborted;
        return {};
      },
      { timeoutMs: 50 },
    );
    expect(await runOne(waiting)).toMatchObject({
      verdict: 'failed',
      failures: { waits: ['timed out waiting until pigs fly'] },
    });
    expect(isAborted).toBe(true);
  });

  it('and leaves handlers running is closed all the same, its topics deleted', async () => {
    const memory = openAdapter(createMemory());
    const harness: Harness = { ...memoryHarness(), createAdapter: () => createMemory({ broker: memory.broker }) };
    const report = await runOne(
      scenario(
        'no-loss/one',
        async (stage) => {
          const topic = stage.topic({ partitions: 1 });
          await stage.member(topic, { handle: () => new Promise(() => undefined) });
          await stage.load.send(await stage.producer(topic), topic, stage.load.event(topic, 'k'));
          await stage.until('the handler runs', () => stage.history.count('deliver') === 1);
          return {};
        },
        { without: because('its handlers never end', 'all delivered') },
      ),
      harness,
    );
    expect(report.verdict).toBe('passed');
    expect(memory.broker.topicNames).toEqual([]);
  });
});

describe('a run', () => {
  const load = scenario('no-loss/one', async (stage) => {
    const topic = stage.topic({ partitions: 2 });
    const member = await stage.member(topic, {
      retry: { backoff: { initial: 1, max: 1 } },
      handle: (_, { attempt }) => (attempt === 1 ? Promise.reject(new Error('once')) : undefined),
    });
    await stage.load.sendAll(await stage.producer(topic), topic, { events: 20, keys: 5 });
    await stage.untilSettled(topic);
    await member.consumer.close();
    return {};
  });

  it('reports what happened, so that nobody takes an empty run for a pass', async () => {
    const { counts, verdict, failures } = await runOne(load);
    expect({ verdict, failures }).toEqual({ verdict: 'passed', failures: {} });
    expect(counts).toMatchObject({
      sent: 20,
      deliveries: 40,
      retries: 20,
      duplicates: 0,
      overlaps: 0,
      assignments: 2,
      lost: 0,
      deadLetters: 0,
      doubts: 0,
    });
    expect(counts['commits']).toBeGreaterThan(0);
  });

  it('sends the same load for the same seed', async () => {
    const loads: string[][] = [];
    const keep = (_: ScenarioReport, entries: readonly Entry[]): void =>
      void loads.push(entries.flatMap((entry) => (entry.kind === 'send' ? [entry.id] : [])));
    for (const seed of [5, 5, 6])
      await runScenarios({ harness: memoryHarness(), scenarios: [load], seed, onEnd: keep });
    expect(loads[0]).toEqual(loads[1]);
    expect(loads[0]).not.toEqual(loads[2]);
  });

  it('sends the same load for the same seed, however handlers and retries take turns', async () => {
    const mixed = (pauseMs: number): Scenario =>
      scenario('no-loss/one', async (stage) => {
        const topic = stage.topic({ partitions: 2 });
        const member = await stage.member(topic, {
          retry: { backoff: { initial: 1, max: 2 } },
          handle: async (event, context) => {
            await stage.busy(3)(event, context);
            if (context.attempt === 1 && stage.random() < 0.3) throw new Error('once');
          },
        });
        const producers = [await stage.producer(topic), await stage.producer(topic)];
        const loads = producers.map(async (producer, index) => {
          await stage.pause(pauseMs * index);
          await stage.load.sendAll(producer, topic, { events: 60, keys: 20, sender: `p${index}`, perSecond: 1_000 });
        });
        await Promise.all(loads);
        await stage.untilSettled(topic);
        await member.consumer.close();
        return {};
      });
    const keys: string[][] = [];
    const keep = (_: ScenarioReport, entries: readonly Entry[]): void =>
      void keys.push(
        ['p0', 'p1'].flatMap((sender) =>
          entries.flatMap((entry) => (entry.kind === 'send' && entry.sender === sender ? [String(entry.key)] : [])),
        ),
      );
    for (const pauseMs of [0, 40])
      await runScenarios({ harness: memoryHarness(), scenarios: [mixed(pauseMs)], seed: 5, onEnd: keep });
    expect(keys[0]).toHaveLength(120);
    expect(keys[0]).toEqual(keys[1]);
    // Senders have loads of their own.
    expect(keys[0]?.slice(0, 60)).not.toEqual(keys[0]?.slice(60));
  });

  it('runs what harms only members of its own anywhere, and what a restart breaks where the owner makes it', () => {
    const { faults: _, ...rest } = memoryHarness();
    const foreign: Harness = { ...rest, faults: undefined, worker: { module: 'x', settings: {} } };
    const restarted = withGivenFaults(foreign, { restart: async () => undefined });
    const able = (breaks: NonNullable<Scenario['breaks']>): readonly boolean[] =>
      [foreign, restarted, memoryHarness(), { ...foreign, worker: undefined }].map(
        (harness) => !cannotRun(scenario('no-loss/one', nothing, { breaks }), harness),
      );
    expect(able('own-members')).toEqual([true, true, true, false]);
    expect(able('restart')).toEqual([false, true, true, false]);
    expect(able(true)).toEqual([false, false, true, false]);
  });

  it('leaves out what would break a service that is somebody else’s, and can say so', async () => {
    const breaking = scenario('no-loss/one', nothing, { breaks: true });
    const foreign: Harness = { ...memoryHarness(), faults: undefined };
    expect(cannotRun(breaking, foreign)).toBe(true);
    expect(cannotRun(scenario('no-loss/other', nothing), foreign)).toBe(false);
    expect(
      await runScenarios({ harness: foreign, scenarios: [breaking, scenario('no-loss/other', nothing)], seed: 5 }),
    ).toMatchObject([{ scenario: 'no-loss/other' }]);
  });

  it('tells of each scenario as it begins and ends', async () => {
    const told: string[] = [];
    await runScenarios({
      harness: memoryHarness(),
      scenarios: [scenario('no-loss/one', nothing), scenario('no-loss/other', nothing)],
      seed: 5,
      onStart: ({ id }) => void told.push(`start ${id}`),
      onEnd: (report) => void told.push(`end ${report.scenario}`),
    });
    expect(told).toEqual(['start no-loss/one', 'end no-loss/one', 'start no-loss/other', 'end no-loss/other']);
  });

  it('lets the provider begin anew after each scenario', async () => {
    const told: string[] = [];
    const renew = async (): Promise<void> => void told.push('renew');
    await runScenarios({
      harness: { ...memoryHarness(), renew },
      scenarios: [scenario('no-loss/one', nothing), scenario('no-loss/other', nothing)],
      seed: 5,
      onEnd: (report) => void told.push(`end ${report.scenario}`),
    });
    expect(told).toEqual(['end no-loss/one', 'renew', 'end no-loss/other', 'renew']);
  });
});
