import { wrap } from '../codec/wrapper.ts';
import type { Adapter } from '../contract/adapter.ts';
import type { Written } from '../contract/sink.ts';
import { deadLetterName } from '../dead-letter/letter-topic.ts';
import { encodeMarker, encodeRedrive, type OpenedLetter } from '../dead-letter/letter.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Topic } from '../model/define-topic.ts';
import type { EncodedEvent, StoredEvent } from '../model/encoded.ts';
import { checkNames, checkSignal, refused } from '../options/checks.ts';
import type { Clock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';
import { checkGroup } from './check-options.ts';
import { unresolvedLetters } from './dead-letters.ts';
import type { RawContent, DeadLetter, DiscardOptions, DiscardReport, RedriveOptions, RedriveReport } from './types.ts';

interface Redrive<Options = RedriveOptions> {
  readonly adapter: Adapter;
  readonly topic: Topic;
  readonly options: Options;
  readonly clock: Clock;
  /** Resolves when the event is durably stored in the topic of this name. */
  readonly write: (topic: string, event: EncodedEvent) => Promise<Written>;
}

const known = ['group', 'where', 'rate', 'dryRun', 'maxRedrives', 'edit', 'progress', 'signal'];
const knownOfDiscard = ['group', 'where', 'dryRun', 'progress', 'signal'];

/**
 * Sends letters back to their topic, one after the other, so that the letters of a key keep their order.
 * Each is marked in the dead-letter topic once it is stored: a crash between the two sends it twice, never loses it.
 */
export async function redriveLetters({ adapter, topic, options, clock, write }: Redrive): Promise<RedriveReport> {
  const { group, where, rate, dryRun = false, maxRedrives = 3, edit, progress, signal } = options;
  const report = { redriven: 0, passedOver: 0, looping: 0, unreadable: 0 };
  const sendAgain = async (stored: StoredEvent, opened: OpenedLetter): Promise<void> => {
    try {
      await write(topic.name, encodeRedrive(stored, opened, adapter.capabilities));
    } catch (error) {
      if (!StreamError.is(error) || error.code !== 'event-too-large') throw error;
      // An event at the limit has no room for where it comes from: then it goes as it came.
      await write(topic.name, wrap(opened.original, adapter.capabilities));
    }
  };
  for await (const { stored, opened, letter } of unresolvedLetters(adapter, topic, group, signal)) {
    if (!isChosen(where, letter)) report.passedOver++;
    // Bytes that no adapter could read are not an event: sent back, they would be taken for one.
    else if (letter.unreadableBytes !== undefined) report.unreadable++;
    else if (letter.redrives >= maxRedrives) report.looping++;
    else {
      if (!dryRun) {
        await sendAgain(stored, edit === undefined ? opened : { ...opened, original: edited(edit(letter)) });
        const marker = encodeMarker(stored, opened, letter.redrives + 1, adapter.capabilities);
        await write(deadLetterName(topic.name, group), marker);
        if (rate !== undefined) await sleep(clock, 1_000 / rate, signal);
      }
      report.redriven++;
    }
    progress?.({ ...report });
  }
  return report;
}

/** Marks letters as done, and sends nothing. */
export async function discardLetters(discard: Redrive<DiscardOptions>): Promise<DiscardReport> {
  const { adapter, topic, options, write } = discard;
  const { group, where, dryRun = false, progress, signal } = options;
  const report = { discarded: 0, passedOver: 0 };
  for await (const { stored, opened, letter } of unresolvedLetters(adapter, topic, group, signal)) {
    if (!isChosen(where, letter)) report.passedOver++;
    else {
      if (!dryRun) {
        const marker = encodeMarker(stored, opened, Math.max(1, letter.redrives), adapter.capabilities);
        await write(deadLetterName(topic.name, group), marker);
      }
      report.discarded++;
    }
    progress?.({ ...report });
  }
  return report;
}

/** What a program made of an event. Throws `invalid-event` for what no raw topic would take. */
function edited(answer: unknown): EncodedEvent {
  const { key, value, headers }: Partial<RawContent> = typeof answer === 'object' && answer !== null ? answer : {};
  const isKey = key === null || typeof key === 'string' || key instanceof Uint8Array;
  if (isKey && (value === null || value instanceof Uint8Array) && Array.isArray(headers) && headers.every(isHeader))
    return { key, value, headers };
  throw new StreamError('invalid-event', 'edit answered with what is not an event. Return { key, value, headers }', {
    where: 'redrive',
  });
}

function isHeader(pair: unknown): boolean {
  return (
    Array.isArray(pair) && typeof pair[0] === 'string' && (typeof pair[1] === 'string' || pair[1] instanceof Uint8Array)
  );
}

/** A filter that answers with anything else, such as a promise, would send back what it was to leave. */
function isChosen(where: RedriveOptions['where'], letter: DeadLetter): boolean {
  const answer: unknown = where === undefined ? true : where(letter);
  if (typeof answer === 'boolean') return answer;
  const given = typeof answer === 'object' && answer !== null && 'then' in answer ? 'a promise' : typeof answer;
  throw new StreamError('invalid-config', `where answered with ${given}. Return true or false, at once`, {
    where: 'redrive',
  });
}

/** Throws `invalid-config` for options that mean nothing. */
export function checkDiscard(options: DiscardOptions): void {
  checkNames(options, knownOfDiscard, 'discard');
  checkGroup(options.group, 'discard');
  checkSignal(options.signal, 'discard');
  checkShared(options, 'discard');
  if (typeof options.where !== 'function') throw refused('where', options.where, 'a function of the letter', 'discard');
}

/** Throws `invalid-config` for options that mean nothing. */
export function checkRedrive(options: RedriveOptions): void {
  checkNames(options, known, 'redrive');
  checkGroup(options.group, 'redrive');
  checkSignal(options.signal, 'redrive');
  checkShared(options, 'redrive');
  const { where, maxRedrives, edit } = options;
  if (where !== undefined && typeof where !== 'function')
    throw refused('where', where, 'a function of the letter', 'redrive');
  if (edit !== undefined && typeof edit !== 'function')
    throw refused('edit', edit, 'a function of the letter', 'redrive');
  if (maxRedrives !== undefined && !(Number.isInteger(maxRedrives) && maxRedrives >= 0) && maxRedrives !== Infinity)
    throw refused('maxRedrives', maxRedrives, 'a whole number of 0 or more', 'redrive');
  if (options.rate !== undefined && !(options.rate > 0))
    throw refused('rate', options.rate, 'letters per second, more than 0', 'redrive');
}

function checkShared(
  { dryRun, progress }: { readonly dryRun?: unknown; readonly progress?: unknown },
  where: string,
): void {
  if (dryRun !== undefined && typeof dryRun !== 'boolean') throw refused('dryRun', dryRun, 'true or false', where);
  if (progress !== undefined && typeof progress !== 'function')
    throw refused('progress', progress, 'a function of the report', where);
}
