import type { Deliver, EngineParts, LetterContext } from '../../src/consume/engine-parts.ts';
import { Engine } from '../../src/consume/engine.ts';
import { resolveConsumerOptions } from '../../src/consume/settings.ts';
import type { ConsumerOptions, HandlerContext } from '../../src/consume/options.ts';
import type { StreamError } from '../../src/errors/stream-error.ts';
import { ManualClock, settled } from './manual-clock.ts';
import { ScriptedSource, type ScriptedAssignment } from './scripted-source.ts';

/** One call of the handler, whose end the test decides. */
export interface Call {
  readonly name: string;
  readonly attempt: number;
  readonly partition: string;
  readonly context: HandlerContext;
  ok(): Promise<void>;
  fail(error?: unknown): Promise<void>;
}

export interface Letter extends LetterContext {
  readonly name: string;
}

export interface EngineUnderTest {
  readonly engine: Engine;
  readonly source: ScriptedSource;
  readonly clock: ManualClock;
  /** Every call of the handler so far. */
  readonly calls: readonly Call[];
  /** Names of the events handed out so far, in order, one for each attempt. */
  readonly started: () => readonly string[];
  /** The newest call for this event. */
  readonly call: (name: string) => Call;
  readonly letters: readonly Letter[];
  /** Answers of the next letters; without one they are written at once. */
  readonly letterAnswers: (StreamError | Promise<void>)[];
  /** Assigns a lane that holds these events. */
  readonly assign: (...names: readonly string[]) => Promise<ScriptedAssignment>;
  readonly running: Promise<void>;
}

/** Retries after exactly 100, 200, 400, … ms, commits every 200 ms, times handlers out after 30 s and drains for 25 s, unless told otherwise. */
export function openEngine(
  options: Partial<ConsumerOptions> = {},
  { process, ...parts }: Partial<EngineParts> & { readonly process?: Deliver } = {},
): EngineUnderTest {
  const { deliver, ...test } = prepareEngine(options, parts);
  const running = test.engine.run(process ?? deliver);
  // Tests that are about the failure await it themselves.
  running.catch(() => undefined);
  return { ...test, running };
}

/** The same, not running yet; `deliver` makes calls whose end the test decides. */
export function prepareEngine(
  options: Partial<ConsumerOptions> = {},
  parts: Partial<EngineParts> = {},
): Omit<EngineUnderTest, 'running'> & { readonly deliver: Deliver } {
  const source = new ScriptedSource(parts.settlement);
  const clock = new ManualClock();
  const calls: Call[] = [];
  const letters: Letter[] = [];
  const letterAnswers: (StreamError | Promise<void>)[] = [];
  const deliver: Deliver = (stored, context) =>
    new Promise<void>((resolve, reject) => {
      calls.push({
        name: stored.position,
        attempt: context.attempt,
        partition: stored.partition,
        context,
        ok: () => {
          resolve();
          return settled();
        },
        fail: (error = new Error('db is down')) => {
          reject(error);
          return settled();
        },
      });
    });
  const engine = new Engine({
    topic: 'orders',
    group: 'billing',
    member: 'member-1',
    source,
    settlement: 'watermark',
    settings: resolveConsumerOptions({
      group: 'billing',
      retry: { attempts: 3, backoff: { initial: 100, max: 1_000, jitter: 'none' } },
      ...options,
    }),
    clock,
    random: () => 0.5,
    deadLetter: async (stored, context) => {
      const answer = letterAnswers.shift();
      if (answer instanceof Error) throw answer;
      await answer;
      letters.push({ ...context, name: stored.position });
    },
    ...parts,
  });
  return {
    engine,
    deliver,
    source,
    clock,
    calls,
    started: () => calls.map(({ name }) => name),
    call: (name) =>
      found(
        calls.findLast((call) => call.name === name),
        name,
      ),
    letters,
    letterAnswers,
    assign: async (...names) => {
      const lane = source.assign();
      lane.push(...names);
      await settled();
      return lane;
    },
  };
}

/** What became of a promise so far. */
export function watch(promise: Promise<unknown>): { readonly state: 'pending' | 'resolved' | 'rejected' } {
  const watched: { state: 'pending' | 'resolved' | 'rejected' } = { state: 'pending' };
  promise.then(
    () => (watched.state = 'resolved'),
    () => (watched.state = 'rejected'),
  );
  return watched;
}

/** A promise, and what resolves it. */
export function gate(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open: () => open() };
}

function found(call: Call | undefined, name: string): Call {
  if (call === undefined) throw new Error(`${name} was not handed out`);
  return call;
}
