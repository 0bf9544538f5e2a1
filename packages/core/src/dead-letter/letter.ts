import { findHeader } from '../codec/envelope.ts';
import { unwrap, wrap } from '../codec/wrapper.ts';
import type { Capabilities } from '../contract/capabilities.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent, Header, Position, StoredEvent } from '../model/encoded.ts';

/** Why and from where an event became a letter. */
export interface LetterDetails {
  readonly topic: string;
  readonly group: string;
  readonly error: StreamError;
  readonly attempts: number;
  /** Milliseconds since the epoch, as the next two. */
  readonly firstFailure: number;
  readonly lastFailure: number;
  readonly now: number;
}

/** A letter read back: what it tells, and the event as it was. */
export interface OpenedLetter {
  readonly origin: {
    readonly topic: string;
    readonly partition: string;
    readonly position: Position;
    readonly time: Date;
  };
  readonly error: { readonly code: string; readonly message: string };
  readonly attempts: number;
  readonly group: string;
  readonly firstFailure: Date;
  readonly lastFailure: Date;
  readonly redrives: number;
  readonly original: EncodedEvent;
}

const prefix = 'isostream-';
const marker = `${prefix}redriven`;
const redrivesHeader = `${prefix}redrives`;
/** Headers of letters are bounded as all headers are. */
const maxMessageBytes = 1_000;

/** An application's own code, where its handler threw an error that has one; ours otherwise. */
function codeOf({ code, cause }: StreamError): string {
  const own: unknown = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return code === 'handler-failed' && typeof own === 'string' && /^[\w.-]{1,64}$/.test(own) ? own : code;
}

/** The event with key, bytes and headers unchanged, and what a repair needs to know beside them. */
export function encodeLetter(stored: StoredEvent, details: LetterDetails, capabilities: Capabilities): EncodedEvent {
  // An event that was redriven may be wrapped itself; its letter holds what is inside.
  const { key, value, headers } = capabilities.headers === 'none' ? unwrap(stored) : stored;
  const redrives = findHeader(headers, redrivesHeader);
  const context: Header[] = [
    [`${prefix}topic`, details.topic],
    [`${prefix}partition`, stored.partition],
    [`${prefix}position`, stored.position],
    [`${prefix}time`, timeText(stored.timestamp)],
    [`${prefix}group`, details.group],
    [`${prefix}error-code`, codeOf(details.error)],
    [`${prefix}error-message`, truncate(details.error.message)],
    [`${prefix}attempts`, String(details.attempts)],
    [`${prefix}first-failure`, new Date(details.firstFailure).toISOString()],
    [`${prefix}last-failure`, new Date(details.lastFailure).toISOString()],
    ...(redrives === undefined ? [] : [[redrivesHeader, redrives] as const]),
  ];
  const original = headers.filter(([name]) => !name.startsWith(prefix));
  return wrap({ key, value, headers: [...original, ...context] }, capabilities);
}

/** What stands in the dead-letter topic for "this letter was sent again": the next redrive passes it over. */
export function encodeMarker(letter: StoredEvent, capabilities: Capabilities): EncodedEvent {
  return wrap({ key: letter.key, value: null, headers: [[marker, letterId(letter)]] }, capabilities);
}

/** A letter's own name: its place in the dead-letter topic. */
export function letterId(letter: StoredEvent): string {
  return `${letter.partition}/${letter.position}`;
}

/** The letter that this marker speaks of; `undefined` if it is no marker. */
export function markedLetter(stored: StoredEvent): string | undefined {
  return findHeader(unwrap(stored).headers, marker);
}

/** Reads a letter; `undefined` for an event of somebody else in the dead-letter topic. */
export function openLetter(stored: StoredEvent): OpenedLetter | undefined {
  const { key, value, headers } = unwrap(stored);
  const read = (name: string): string | undefined => findHeader(headers, `${prefix}${name}`);
  const [topic, partition, position, group] = [read('topic'), read('partition'), read('position'), read('group')];
  if (topic === undefined || partition === undefined || position === undefined || group === undefined) return undefined;
  const date = (name: string): Date => {
    const time = new Date(read(name) ?? stored.timestamp);
    return Number.isNaN(time.getTime()) ? new Date(stored.timestamp) : time;
  };
  return {
    origin: { topic, partition, position, time: date('time') },
    error: { code: read('error-code') ?? 'internal', message: read('error-message') ?? '' },
    attempts: Number(read('attempts') ?? 0),
    group,
    firstFailure: date('first-failure'),
    lastFailure: date('last-failure'),
    redrives: Number(read('redrives') ?? 0),
    original: { key, value, headers: headers.filter(([name]) => !name.startsWith(prefix)) },
  };
}

/** The event as it goes back to its topic: as it was, and counted, so that a loop is noticed. */
export function encodeRedrive(letter: OpenedLetter, capabilities: Capabilities): EncodedEvent {
  const { key, value, headers } = letter.original;
  return wrap({ key, value, headers: [...headers, [redrivesHeader, String(letter.redrives + 1)]] }, capabilities);
}

/** Foreign producers also stamp in nanoseconds, which is no date: the letter has to be written all the same. */
function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}

function truncate(message: string): string {
  const bytes = Buffer.from(message.toWellFormed());
  if (bytes.length <= maxMessageBytes) return bytes.toString('utf8');
  // A cut inside a character would decode to a replacement character at the end.
  return `${bytes
    .subarray(0, maxMessageBytes - 4)
    .toString('utf8')
    .replace(/\ufffd+$/, '')}…`;
}
