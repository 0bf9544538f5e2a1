import { bounded } from '@isostream/core/adapter';
import { Config } from '../config/definition.ts';
import type { PutResult, Sink } from '../sinks/sink.ts';
import { deliver, recordOf, recordsOf, wrongIn } from './deliver.ts';
import { RequestGate, type RequestFault } from './gate.ts';
import { judge } from './judge.ts';
import type { SinkSubject, SinkTarget } from './subject.ts';
import { defaultPatienceMs, type PlayOptions } from './until.ts';

/** What one scenario works with. */
export interface SinkStage {
  readonly subject: SinkSubject;
  readonly target: SinkTarget;
  /** In front of the target; one that nothing passes where the target has none. */
  readonly gate: RequestGate;
  /** Another instance of the sink, as after a restart or in another process. */
  readonly create: () => Sink;
  readonly patienceMs: number;
}

/** One thing that every sink has to do. */
export interface SinkCheck {
  readonly name: string;
  /** Why it says nothing about a sink; `undefined` where it does. */
  readonly without?: (subject: SinkSubject, target: SinkTarget) => string | undefined;
  /** Resolves with what is wrong: nothing, for a right sink. */
  readonly run: (stage: SinkStage) => Promise<readonly string[]>;
}

const keys = ['a', 'b', 'c', 'd'];
const expected = (count: number): Record<string, number> => Object.fromEntries(keys.map((key) => [key, count]));

const noRequests = (_: SinkSubject, { gate }: SinkTarget): string | undefined =>
  gate === undefined ? 'its target has no requests that could fail' : undefined;

/** Requests fail so; then everything has arrived. */
function afterFaults(name: string, ...faults: readonly RequestFault[]): SinkCheck {
  return {
    name,
    without: noRequests,
    async run({ subject, target, gate, create }) {
      const sink = create();
      gate.fail(...faults);
      const first = wrongIn(await deliver(sink, recordsOf(keys, 0, 3)));
      gate.fail(...faults);
      const second = wrongIn(await deliver(sink, recordsOf(keys, 3, 5)));
      await sink.close?.();
      return [...first, ...second, ...judge(await target.effects(), expected(5), subject)];
    },
  };
}

/** Whether a put says that records are stored, looked at after the turns that work without a target would take. */
async function saysStored(put: Promise<readonly PutResult[]>): Promise<boolean> {
  let isStored = false;
  void put.then(
    (results) => {
      isStored = results.some(({ state }) => state === 'stored');
    },
    () => undefined,
  );
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  return isStored;
}

export const sinkChecks: readonly SinkCheck[] = [
  {
    name: 'what is put arrives, each key in its order',
    async run({ subject, target, create }) {
      const sink = create();
      const wrong = wrongIn(await deliver(sink, recordsOf(keys, 0, 6)));
      // Before it is closed: what is stored must not wait for that.
      const found = judge(await target.effects(), expected(6), subject);
      await sink.close?.();
      return [...wrong, ...found];
    },
  },
  afterFaults('a target that cannot be reached gets everything once it is back', 'cut', 'cut', 'cut'),
  afterFaults('a target that throttles gets everything later, and nothing is taken for bad', 'throttle', 'throttle'),
  afterFaults('of an answer in part only the rest comes again', 'part', 'part'),
  afterFaults('a lost answer loses nothing', 'lose', 'lose'),
  afterFaults('one fault after the other loses nothing', 'lose', 'throttle', 'part', 'cut', 'lose'),
  {
    name: 'what comes again after a restart changes nothing, or is only repeated',
    async run({ subject, target, create }) {
      const sink = create();
      const wrong = wrongIn(await deliver(sink, recordsOf(keys, 0, 4)));
      // It is not closed: its process has died.
      const again = wrongIn(await deliver(create(), recordsOf(keys, 0, 6)));
      return [...wrong, ...again, ...judge(await target.effects(), expected(6), subject)];
    },
  },
  {
    name: 'a former owner that writes late changes nothing',
    without: (subject, target) =>
      noRequests(subject, target) ?? (subject.once ? undefined : 'it does not promise that effects happen once'),
    async run({ subject, target, gate, create }) {
      const [former, owner] = [create(), create()];
      const { signal } = new AbortController();
      const first = wrongIn(await deliver(former, recordsOf(keys, 0, 1)));
      const held = gate.hold('before');
      const late = former.put(recordsOf(keys, 1, 2), signal);
      await bounded('a request', () => held.arrived, 10_000);
      const wrong = wrongIn(await deliver(owner, recordsOf(keys, 1, 4)));
      held.release();
      // What it is told is nobody's concern any more; what the target holds is.
      await Promise.allSettled([late]);
      return [...first, ...wrong, ...judge(await target.effects(), expected(4), subject)];
    },
  },
  {
    name: 'a record is stored only once the target has it',
    without: noRequests,
    async run({ gate, create }) {
      const sink = create();
      const wrong = wrongIn(await deliver(sink, recordsOf(keys, 0, 1)));
      const held = gate.hold('before');
      const put = sink.put(recordsOf(keys, 1, 2), new AbortController().signal);
      const isStored = await saysStored(put);
      held.release();
      const results = await put;
      const isWhole = results.every(({ state }) => state === 'stored');
      return [
        ...wrong,
        ...(isStored ? ['says that records are stored while the request waits in front of the target'] : []),
        ...(isWhole ? [] : ['does not say that records are stored once the target has them']),
      ];
    },
  },
  {
    name: 'a put ends once its signal is aborted, and says nothing is stored',
    without: noRequests,
    async run({ gate, create, patienceMs }) {
      const sink = create();
      const wrong = wrongIn(await deliver(sink, recordsOf(keys, 0, 1)));
      const held = gate.hold('before');
      const stop = new AbortController();
      const put = sink.put(recordsOf(keys, 1, 2), stop.signal);
      await bounded('a request', () => held.arrived, 10_000);
      stop.abort();
      const end = await bounded('put', () => put, patienceMs).then(
        (results) => (results.some(({ state }) => state === 'stored') ? 'said stored' : 'ended'),
        (error: unknown) => (String(error).includes('put did not answer') ? 'hangs' : 'ended'),
      );
      held.release();
      return end === 'ended' ? wrong : [...wrong, `a put whose signal is aborted ${end}`];
    },
  },
  {
    name: 'a bad record is refused by itself, and its neighbours are stored',
    without: ({ spoil }) => (spoil === undefined ? 'its target takes every document' : undefined),
    async run({ subject, target, create }) {
      const sink = create();
      const good = recordsOf(keys, 0, 1);
      const bad = recordOf('bad', 0, 99, subject.spoil);
      const { refused, findings } = await deliver(sink, [...good.slice(0, 1), bad, ...good.slice(1)]);
      await sink.close?.();
      const isRight = refused.length === 1 && refused[0] === bad;
      const named = refused.map(({ origin }) => origin.position).join() || 'nothing';
      return [
        ...findings,
        ...(isRight ? [] : [`refused ${named}, where the bad record is at 99`]),
        ...judge(await target.effects(), expected(1), subject),
      ];
    },
  },
  {
    name: 'what a crash left half written does not swallow the next record',
    without: (_, { tear }) => (tear === undefined ? 'its target writes whole records' : undefined),
    async run({ subject, target, create }) {
      const wrong = wrongIn(await deliver(create(), recordsOf(keys, 0, 2)));
      await target.tear?.();
      const again = wrongIn(await deliver(create(), recordsOf(keys, 2, 4)));
      return [...wrong, ...again, ...judge(await target.effects(), expected(4), subject)];
    },
  },
];

export interface PlaySinkOptions extends PlayOptions {
  /** Makes a wrong version of it, for tests of the suite itself. */
  readonly distort?: (sink: Sink) => Sink;
}

/** Runs one check on a sink: resolves with what is wrong, or with why the check says nothing about it. */
export async function playSink(
  check: SinkCheck,
  subject: SinkSubject,
  { distort = (same) => same, patienceMs = defaultPatienceMs }: PlaySinkOptions = {},
): Promise<{ readonly findings: readonly string[]; readonly without?: string }> {
  const target = await subject.open();
  const without = check.without?.(subject, target);
  const gate = target.gate ?? new RequestGate();
  try {
    if (without !== undefined) return { findings: [], without };
    const create = (): Sink => {
      const config = new Config(subject.sink.definitions, target.properties);
      return distort(subject.sink.create(config, { connector: 'suite', task: 0, say: () => undefined }));
    };
    return { findings: await check.run({ subject, target, gate, create, patienceMs }) };
  } finally {
    gate.releaseAll();
    await target.close();
  }
}
