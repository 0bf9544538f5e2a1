import {
  type DeadLetter,
  defineTopic,
  type RawContent,
  type RawEvent,
  type RawInput,
  StreamError,
  type Streams,
  type Topic,
} from '@isostream/core';
import { attributePrefix, type EventView, type Shown, viewOf } from './event-view.ts';
import { isKey } from './event-text.ts';
import { NotFound } from './not-found.ts';

/** A dead letter, with its event as text. */
export interface LetterView {
  /** Its place in the dead-letter topic. */
  readonly id: string;
  readonly topic: string;
  readonly group: string;
  readonly key: Shown;
  readonly type: string | null;
  readonly eventId: string | null;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly redrives: number;
  readonly firstFailure: string;
  readonly lastFailure: string;
  readonly origin: { readonly partition: string; readonly position: string; readonly time: string };
  /** Bytes that no adapter could read, which are never sent back; `null` of an event. */
  readonly unreadableBytes: number | null;
  readonly event: EventView;
}

/** Which letters: all of what is given has to hold. */
export interface LetterFilter {
  readonly ids?: readonly string[];
  readonly code?: string;
  readonly key?: string;
  readonly type?: string;
}

/** Letters that have their reason and type in common. */
export interface LetterGroup {
  readonly code: string;
  readonly type: string | null;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** What the newest of them says. */
  readonly message: string;
}

/** Some letters, and how many there are. */
export interface LetterList {
  /** At most `limit`, in order within each partition. */
  readonly letters: readonly LetterView[];
  /** How many match, also beyond the limit. */
  readonly total: number;
  readonly groups: readonly LetterGroup[];
}

/** What the plan of an act on letters says: the letters that it is about are fixed with it. */
export interface LetterPlan {
  readonly kind: 'redrive' | 'discard' | 'edit';
  readonly topic: string;
  readonly group: string;
  /** How many letters it is about. */
  readonly letters: number;
  /** Of those that match, left out: at the limit of redrives, and without an event. */
  readonly looping: number;
  readonly unreadable: number;
  readonly groups: readonly LetterGroup[];
  readonly sentence: string;
}

/** How far an act on letters is, or what it did. */
export interface LetterReport {
  readonly done: number;
  readonly of: number;
}

/** A plan with what it needs to be run. */
export interface RunnableLetters {
  readonly plan: LetterPlan;
  /** The ids of the letters that it is about. */
  readonly ids: readonly string[];
  /** Acts on the letters of the plan that are still there, and on no other. */
  readonly run: (options?: {
    readonly signal?: AbortSignal;
    readonly progress?: (report: LetterReport) => void;
  }) => Promise<LetterReport>;
}

/** How letters are sent back. */
export interface RedriveLimits {
  /** Letters per second. Default unbounded. */
  readonly rate?: number;
  /** Letters that were sent back this often stay. Default 3. */
  readonly maxRedrives?: number;
}

/** Letters of a group that were neither sent back nor discarded. */
export async function listLetters(
  streams: Streams,
  topic: string,
  group: string,
  options: { readonly filter?: LetterFilter; readonly limit?: number; readonly signal?: AbortSignal } = {},
): Promise<LetterList> {
  const { filter = {}, limit = Infinity, signal } = options;
  const letters: LetterView[] = [];
  const groups = new Groups();
  for await (const letter of lettersOf(streams, topic, group, signal)) {
    const view = letterView(letter, topic);
    if (!isChosen(filter, view)) continue;
    groups.add(view);
    if (letters.length < limit) letters.push(view);
  }
  return { letters, total: groups.total, groups: groups.list };
}

/** One letter. Throws {@link NotFound} where there is none of this id. */
export async function findLetter(
  streams: Streams,
  topic: string,
  group: string,
  id: string,
  signal?: AbortSignal,
): Promise<LetterView> {
  for await (const letter of lettersOf(streams, topic, group, signal))
    if (letter.id === id) return letterView(letter, topic);
  throw noLetter(topic, group, id);
}

/** Plans to send letters back; changes nothing. */
export async function planRedrive(
  streams: Streams,
  topic: string,
  group: string,
  options: { readonly filter?: LetterFilter; readonly signal?: AbortSignal } & RedriveLimits = {},
): Promise<RunnableLetters> {
  const { filter = {}, rate, maxRedrives = 3, signal } = options;
  const ids = new Set<string>();
  const groups = new Groups();
  let [looping, unreadable] = [0, 0];
  for await (const letter of lettersOf(streams, topic, group, signal)) {
    const view = letterView(letter, topic);
    if (!isChosen(filter, view)) continue;
    if (view.unreadableBytes !== null) unreadable++;
    else if (view.redrives >= maxRedrives) looping++;
    else {
      ids.add(view.id);
      groups.add(view);
    }
  }
  const left = [
    looping === 0 ? [] : `${looping} were sent back ${maxRedrives} times and stay`,
    unreadable === 0 ? [] : `${unreadable} hold no event and stay`,
  ].flat();
  const plan: LetterPlan = {
    kind: 'redrive',
    topic,
    group,
    letters: ids.size,
    looping,
    unreadable,
    groups: groups.list,
    sentence: [`sends ${counted(ids.size)} of group ${group} back to ${topic}, in order`, ...left].join('; '),
  };
  return {
    plan,
    ids: [...ids],
    async run({ signal: running = signal, progress } = {}): Promise<LetterReport> {
      const report = await streams.redrive(rawTopic(topic), {
        group,
        where: ({ id }) => ids.has(id),
        maxRedrives,
        ...(rate === undefined ? {} : { rate }),
        ...(running === undefined ? {} : { signal: running }),
        ...(progress === undefined ? {} : { progress: ({ redriven }) => progress({ done: redriven, of: ids.size }) }),
      });
      return { done: report.redriven, of: ids.size };
    },
  };
}

/** Plans to mark letters as done without sending them back; changes nothing. */
export async function planDiscard(
  streams: Streams,
  topic: string,
  group: string,
  options: { readonly filter?: LetterFilter; readonly signal?: AbortSignal } = {},
): Promise<RunnableLetters> {
  const { filter = {}, signal } = options;
  const ids = new Set<string>();
  const groups = new Groups();
  for await (const letter of lettersOf(streams, topic, group, signal)) {
    const view = letterView(letter, topic);
    if (!isChosen(filter, view)) continue;
    ids.add(view.id);
    groups.add(view);
  }
  const plan: LetterPlan = {
    kind: 'discard',
    topic,
    group,
    letters: ids.size,
    looping: 0,
    unreadable: 0,
    groups: groups.list,
    sentence: `marks ${counted(ids.size)} of group ${group} on ${topic} as done: they are never sent back`,
  };
  return {
    plan,
    ids: [...ids],
    async run({ signal: running = signal, progress } = {}): Promise<LetterReport> {
      const report = await streams.discard(rawTopic(topic), {
        group,
        where: ({ id }) => ids.has(id),
        ...(running === undefined ? {} : { signal: running }),
        ...(progress === undefined ? {} : { progress: ({ discarded }) => progress({ done: discarded, of: ids.size }) }),
      });
      return { done: report.discarded, of: ids.size };
    },
  };
}

/** What becomes of a letter's event before it is sent back. */
export interface LetterEdit {
  /** The payload, as it is to be stored: JSON stays as it is written. */
  readonly payload: string;
}

/** Plans to send one letter back with another payload; changes nothing. Throws `invalid-config` for JSON that is none. */
export async function planEdit(
  streams: Streams,
  topic: string,
  group: string,
  id: string,
  edit: LetterEdit,
  signal?: AbortSignal,
): Promise<RunnableLetters> {
  const letter = await findLetter(streams, topic, group, id, signal);
  if (letter.unreadableBytes !== null) throw refusal(`letter ${id} holds no event. It can only be discarded`);
  const { kind } = letter.event.payload;
  if (kind === 'bytes') throw refusal(`the payload of letter ${id} is not text. Send it back as it is, or discard it`);
  if (kind === 'json') checkJson(edit.payload);
  const plan: LetterPlan = {
    kind: 'edit',
    topic,
    group,
    letters: 1,
    looping: 0,
    unreadable: 0,
    groups: groupsOf([letter]),
    sentence: `sends letter ${id} of group ${group} back to ${topic} with the payload given (${Buffer.byteLength(edit.payload)} bytes instead of ${letter.event.payload.bytes})`,
  };
  return {
    plan,
    ids: [id],
    async run({ signal: running = signal } = {}): Promise<LetterReport> {
      const report = await streams.redrive(rawTopic(topic), {
        group,
        where: (each) => each.id === id,
        maxRedrives: Infinity,
        edit: ({ original }) => withPayload(original, edit.payload),
        ...(running === undefined ? {} : { signal: running }),
      });
      if (report.redriven === 0) throw noLetter(topic, group, id);
      return { done: report.redriven, of: 1 };
    },
  };
}

/** In a structured event the payload is one member of what is stored. */
function withPayload(original: RawContent, payload: string): RawContent {
  const { attributes, payload: before } = viewOf({ ...original, time: new Date(0) }, { partition: '', position: '' });
  const isInHeaders = attributePrefix(original.headers) !== undefined;
  if (isInHeaders || !('specversion' in attributes)) return { ...original, value: Buffer.from(payload) };
  const data =
    before.kind === 'json' ? `"data":${payload}` : `"data_base64":"${Buffer.from(payload).toString('base64')}"`;
  return { ...original, value: Buffer.from(`${JSON.stringify(attributes).slice(0, -1)},${data}}`) };
}

function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw refusal(`the payload is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A group that never had a letter has no topic for them. */
async function* lettersOf(
  streams: Streams,
  topic: string,
  group: string,
  signal: AbortSignal | undefined,
): AsyncIterable<DeadLetter> {
  try {
    yield* streams.deadLetters(rawTopic(topic), { group, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (!StreamError.is(error) || error.code !== 'unknown-topic') throw error;
  }
}

/** A topic whose declaration is not known here. */
export function rawTopic(name: string): Topic<RawInput, RawEvent> {
  return defineTopic(name, { raw: true });
}

function letterView(letter: DeadLetter, topic: string): LetterView {
  const { id, group, error, attempts, redrives, firstFailure, lastFailure, origin, unreadableBytes, original } = letter;
  const event = viewOf({ ...original, time: origin.time }, origin);
  const { type, id: eventId } = event.attributes;
  return {
    id,
    topic,
    group,
    key: event.key,
    type: typeof type === 'string' ? type : null,
    eventId: typeof eventId === 'string' ? eventId : null,
    code: error.code,
    message: error.message,
    attempts,
    redrives,
    firstFailure: firstFailure.toISOString(),
    lastFailure: lastFailure.toISOString(),
    origin: { partition: origin.partition, position: origin.position, time: origin.time.toISOString() },
    unreadableBytes: unreadableBytes ?? null,
    event,
  };
}

function isChosen({ ids, code, key, type }: LetterFilter, letter: LetterView): boolean {
  return (
    (ids === undefined || ids.includes(letter.id)) &&
    (code === undefined || letter.code === code) &&
    (key === undefined || isKey(letter.key, key)) &&
    (type === undefined || letter.type === type)
  );
}

function groupsOf(letters: readonly LetterView[]): readonly LetterGroup[] {
  const groups = new Groups();
  for (const letter of letters) groups.add(letter);
  return groups.list;
}

/** Counts letters by reason and type, most first. */
class Groups {
  readonly #groups = new Map<string, LetterGroup>();
  total = 0;

  add({ code, type, lastFailure, message }: LetterView): void {
    this.total++;
    const name = JSON.stringify([code, type]);
    const known = this.#groups.get(name);
    const isNewest = known === undefined || lastFailure >= known.last;
    this.#groups.set(name, {
      code,
      type,
      count: (known?.count ?? 0) + 1,
      first: known === undefined || lastFailure < known.first ? lastFailure : known.first,
      last: isNewest ? lastFailure : known.last,
      message: isNewest ? message : known.message,
    });
  }

  get list(): readonly LetterGroup[] {
    return [...this.#groups.values()].toSorted((a, b) => b.count - a.count);
  }
}

function counted(letters: number): string {
  return letters === 1 ? '1 letter' : `${letters.toLocaleString('en-US')} letters`;
}

function noLetter(topic: string, group: string, id: string): NotFound {
  return new NotFound(
    `group "${group}" on topic "${topic}" has no letter ${JSON.stringify(id)}: it was sent back or discarded, or never was. List those that there are`,
  );
}

function refusal(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'dead letters' });
}
