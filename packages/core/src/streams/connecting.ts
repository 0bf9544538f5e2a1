import type { Adapter } from '../contract/adapter.ts';
import { StreamError } from '../errors/stream-error.ts';
import { Warnings } from '../observe/warnings.ts';
import { waitToRetry } from '../retry/retrying.ts';
import type { Clock } from '../time/clock.ts';
import { untilAborted } from '../time/wait.ts';

interface Patience {
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Connects, trying again what is retryable until the time is over, also where nothing is answered at all. */
export async function connectAdapter(adapter: Adapter, patience: Patience): Promise<void> {
  const late = new AbortController();
  const cancel = patience.clock.timer(patience.timeoutMs, () => late.abort());
  try {
    await patiently(adapter, `the service of ${adapter.name}`, patience, late.signal, () =>
      adapter.connect(late.signal),
    );
  } finally {
    cancel();
  }
}

/**
 * Makes or compares a topic, trying again what is retryable until it has failed for so long. One try that goes on is not
 * cut short: to make a topic may take a service a minute.
 */
export async function prepareTopic(
  adapter: Adapter,
  name: string,
  patience: Patience,
  prepare: () => Promise<void>,
): Promise<void> {
  await patiently(adapter, `topic "${name}"`, patience, new AbortController().signal, prepare);
}

async function patiently(
  adapter: Adapter,
  what: string,
  { timeoutMs, clock, random }: Patience,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const warnings = new Warnings(adapter.name, clock);
  const end = clock.monotonic() + timeoutMs;
  let last: StreamError | undefined;
  for (let failures = 1; ; failures++) {
    try {
      await untilAborted(work(), signal);
      return;
    } catch (thrown) {
      if (signal.aborted) throw gaveUp(adapter, what, timeoutMs, last);
      last = StreamError.from(thrown, adapter.name);
      if (!last.retryable) throw last;
      await waitToRetry(last, failures, { what, where: adapter.name, warnings, signal, clock, random });
      if (clock.monotonic() >= end) throw gaveUp(adapter, what, timeoutMs, last);
    }
  }
}

/** One error, whatever the tries were. */
function gaveUp(adapter: Adapter, what: string, timeoutMs: number, last: StreamError | undefined): StreamError {
  const said = last === undefined ? 'no answer' : last.message;
  const cure = said.includes('Check the address')
    ? 'If it only needs longer, raise connectTimeout'
    : 'Check the address and that the service runs, or raise connectTimeout';
  const message = `${what} could not be used within ${timeoutMs / 1_000} s: ${said}. ${cure}`;
  return new StreamError(last?.code ?? 'timeout', message, {
    where: adapter.name,
    ...(last === undefined ? {} : { cause: last }),
  });
}
