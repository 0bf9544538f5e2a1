import { type DeadLetter, StreamError, type Streams } from '@isostream/core';
import { NotFound } from '../not-found.ts';
import { choosing, type LetterFilter } from './filter.ts';
import { type LetterGroup, Groups } from './groups.ts';
import { rawTopic } from './raw-topic.ts';
import { letterView, type LetterView } from './view.ts';

/** Some letters, and how many there are. */
export interface LetterList {
  /** At most `limit`, in order within each partition. */
  readonly letters: readonly LetterView[];
  /** How many match, also beyond the limit. */
  readonly total: number;
  readonly groups: readonly LetterGroup[];
}

/** Which letters are read, and who is told meanwhile. */
export interface ReadLetters {
  readonly filter?: LetterFilter;
  readonly signal?: AbortSignal;
  /** Called with each letter that was read, also one that does not match, with how many were read and how many of them match. */
  readonly progress?: (report: LettersRead) => void;
}

/** How far the reading of letters is. */
export interface LettersRead {
  readonly read: number;
  readonly matching: number;
}

/**
 * Letters of a group that were neither sent back nor discarded, as they are read, in order within each partition. No service knows how
 * many there are: to count them is to read them.
 */
export async function* readLetters(
  streams: Streams,
  topic: string,
  group: string,
  { filter = {}, signal, progress }: ReadLetters = {},
): AsyncGenerator<LetterView, void, undefined> {
  const isChosen = choosing(filter);
  let [read, matching] = [0, 0];
  for await (const letter of lettersOf(streams, topic, group, signal)) {
    const view = letterView(letter, topic);
    const matches = isChosen(view);
    read++;
    if (matches) matching++;
    progress?.({ read, matching });
    if (matches) yield view;
  }
}

/** Letters of a group that were neither sent back nor discarded: the first, and how many there are. */
export async function listLetters(
  streams: Streams,
  topic: string,
  group: string,
  options: ReadLetters & { readonly limit?: number } = {},
): Promise<LetterList> {
  const { limit = Infinity } = options;
  const letters: LetterView[] = [];
  const groups = new Groups();
  for await (const letter of readLetters(streams, topic, group, options)) {
    groups.add(letter);
    if (letters.length < limit) letters.push(letter);
  }
  return { letters, total: groups.total, groups: groups.list };
}

/** The first letters, at most so many, in order within each partition: what is behind them is not read for it. */
export async function firstLetters(
  streams: Streams,
  topic: string,
  group: string,
  options: ReadLetters & { readonly limit: number },
): Promise<readonly LetterView[]> {
  const letters: LetterView[] = [];
  for await (const letter of readLetters(streams, topic, group, options)) {
    letters.push(letter);
    if (letters.length >= options.limit) break;
  }
  return letters;
}

/** One letter. Throws {@link NotFound} where there is none of this id. */
export async function findLetter(
  streams: Streams,
  topic: string,
  group: string,
  id: string,
  signal?: AbortSignal,
): Promise<LetterView> {
  for await (const letter of readLetters(streams, topic, group, signal === undefined ? {} : { signal }))
    if (letter.id === id) return letter;
  throw noLetter(topic, group, id);
}

export function noLetter(topic: string, group: string, id: string): NotFound {
  return new NotFound(
    `group "${group}" on topic "${topic}" has no letter ${JSON.stringify(id)}: it was sent back or discarded, or never was. List those that there are`,
  );
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
