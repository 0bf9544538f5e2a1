import { createHash } from 'node:crypto';
import { findHeader } from '../codec/envelope.ts';
import { unwrap, wrap } from '../codec/wrapper.ts';
import type { Capabilities } from '../contract/capabilities.ts';
import { NonRetryableError, type StreamError } from '../errors/stream-error.ts';
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
  /** The letter from which its event says that it was sent back. Anybody can say so: a marker has to confirm it. */
  readonly redrivenFrom: string | undefined;
  /**
   * Set where the letter is of what an adapter could not read: how many bytes are stored there. The letter holds all of
   * them, or the first. `undefined` where it holds an event.
   */
  readonly unreadableBytes: number | undefined;
  readonly original: EncodedEvent;
}

/** What a marker tells: this letter was sent back, and so often its event was by then. */
export interface Marker {
  readonly letter: string;
  /** The {@link digest} of the event: a marker speaks of this event and of no other in the same place. */
  readonly digest: string;
  readonly redrives: number;
}

const prefix = 'isostream-';
/** Names of the event's own headers that begin as ours do get this in between, and lose it again on the way back. */
const kept = `${prefix}kept-`;
/** A provider may bound names to 256 bytes, and a letter that cannot be written blocks its key. */
const maxKeptName = 240;
const marker = `${prefix}redriven`;
const digestHeader = `${prefix}digest`;
const redrivesHeader = `${prefix}redrives`;
/** On an event that was sent back, and on the letters made of it: the letter that it came from. */
const redrivenFrom = `${prefix}redriven-from`;
const maxLetterId = 512;
/** On letters of what an adapter could not read: how many bytes are stored there. */
const unreadableHeader = `${prefix}unreadable-bytes`;
/** Of bytes that find no room as a whole: enough to see what they begin with, and less than any topic takes. */
const leastUnreadableBytes = 4_096;
/** Headers of letters are bounded as all headers are. */
const maxMessageBytes = 1_000;

/** An application's own code, where its handler threw an error that has one; ours otherwise. */
function codeOf({ code, cause }: StreamError): string {
  if (code !== 'handler-failed') return code;
  try {
    // A NonRetryableError is ours: what it was made from is the application's.
    const thrown = NonRetryableError.is(cause) && !('code' in cause) ? cause.cause : cause;
    const own: unknown = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
    return typeof own === 'string' && /^[\w.-]{1,64}$/.test(own) ? own : code;
  } catch {
    // A getter or a Proxy of the application: what it does not tell is not a code.
    return code;
  }
}

/** The event with key, bytes and headers unchanged, and what a fix needs to know beside them. */
export function encodeLetter(stored: StoredEvent, details: LetterDetails, capabilities: Capabilities): EncodedEvent {
  return encode(stored, stored.value, details, capabilities);
}

/**
 * The letter to write where the whole one is larger than the dead-letter topic takes: of what the adapter could not read, the
 * first bytes will do, since nobody can send it back. `undefined` of an event, which is kept whole or not at all.
 */
export function encodeShortLetter(
  stored: StoredEvent,
  details: LetterDetails,
  capabilities: Capabilities,
): EncodedEvent | undefined {
  if (stored.unreadable === undefined) return undefined;
  return encode(stored, stored.value?.subarray(0, leastUnreadableBytes) ?? null, details, capabilities);
}

function encode(
  stored: StoredEvent,
  bytes: Uint8Array | null,
  details: LetterDetails,
  capabilities: Capabilities,
): EncodedEvent {
  // An event that was redriven may be wrapped itself; its letter holds what is inside.
  const isWrapped = capabilities.headers === 'none' && stored.unreadable === undefined;
  const { key, value, headers } = isWrapped ? unwrap(stored) : { ...stored, value: bytes };
  const from = findHeader(headers, redrivenFrom);
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
    ...(from === undefined || from.length > maxLetterId ? [] : [[redrivenFrom, from] as const]),
    ...(stored.unreadable === undefined ? [] : [[unreadableHeader, String(stored.value?.byteLength ?? 0)] as const]),
  ];
  return wrap({ key, value, headers: [...keep(headers), ...context] }, capabilities);
}

/** The event's own headers, none of which can be taken for one of ours. */
function keep(headers: readonly Header[]): Header[] {
  return headers.flatMap(([name, value]): Header[] => {
    if (!name.startsWith(prefix)) return [[name, value]];
    return name === redrivenFrom || name.length > maxKeptName ? [] : [[kept + name.slice(prefix.length), value]];
  });
}

/** The reverse of {@link keep}. */
function restore(headers: readonly Header[]): Header[] {
  return headers.flatMap(([name, value]): Header[] => {
    if (!name.startsWith(prefix)) return [[name, value]];
    return name.startsWith(kept) ? [[prefix + name.slice(kept.length), value]] : [];
  });
}

/** The marker in the dead-letter topic for "this letter was sent again": the next redrive passes it over. */
export function encodeMarker(
  letter: StoredEvent,
  opened: OpenedLetter,
  redrives: number,
  capabilities: Capabilities,
): EncodedEvent {
  const headers: Header[] = [
    [marker, letterId(letter)],
    [digestHeader, digest(opened.original)],
    [redrivesHeader, String(redrives)],
  ];
  return wrap({ key: letter.key, value: null, headers }, capabilities);
}

/** A letter's own name: its place in the dead-letter topic. */
export function letterId(letter: StoredEvent): string {
  return `${letter.partition}/${letter.position}`;
}

/** Reads a marker; `undefined` if it is none. */
export function openMarker(stored: StoredEvent): Marker | undefined {
  const { headers } = unwrap(stored);
  const letter = findHeader(headers, marker);
  const of = findHeader(headers, digestHeader);
  const redrives = findHeader(headers, redrivesHeader) ?? '';
  if (letter === undefined || of === undefined || !/^[1-9]\d{0,8}$/.test(redrives)) return undefined;
  return { letter, digest: of, redrives: Number(redrives) };
}

/** Equal for events with the same key, bytes and headers, in whatever order a provider gives those back. */
export function digest({ key, value, headers }: EncodedEvent): string {
  const pairs = headers.map(([name, header]) => JSON.stringify([name, base64(header)])).toSorted();
  const around = JSON.stringify([base64(key), value === null ? null : value.byteLength, pairs]);
  return createHash('sha256')
    .update(around)
    .update(value ?? '')
    .digest('base64url');
}

function base64(part: string | Uint8Array | null): string | null {
  return part === null ? null : Buffer.from(part).toString('base64');
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
  const unreadable = findHeader(headers, unreadableHeader);
  return {
    origin: { topic, partition, position, time: date('time') },
    error: { code: read('error-code') ?? 'internal', message: read('error-message') ?? '' },
    attempts: count(read('attempts')),
    group,
    firstFailure: date('first-failure'),
    lastFailure: date('last-failure'),
    redrivenFrom: findHeader(headers, redrivenFrom),
    unreadableBytes: unreadable === undefined ? undefined : count(unreadable),
    original: { key, value, headers: restore(headers) },
  };
}

function count(text = ''): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** The event as it goes back to its topic: as it was, and with the letter that it comes from, so that a loop is noticed. */
export function encodeRedrive(
  letter: StoredEvent,
  { original }: OpenedLetter,
  capabilities: Capabilities,
): EncodedEvent {
  const { key, value, headers } = original;
  return wrap({ key, value, headers: [...headers, [redrivenFrom, letterId(letter)]] }, capabilities);
}

/** Foreign producers also stamp in nanoseconds, which is not a date: the letter has to be written all the same. */
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
