import { createHash } from 'node:crypto';
import { scalarText } from '../data/java-text.ts';
import { isList, type Value } from '../data/values.ts';
import type { SourcePlace } from '../offsets/place.ts';
import type { JsonPointer } from './json-pointer.ts';
import type { HttpAnswer } from './http-request.ts';

/** Where to continue at an endpoint. */
export interface HttpPlace {
  /** What the next request asks for; `undefined` for the beginning. */
  readonly cursor: string | undefined;
  /** Items at the head of its answer that were read before: with cursors of items, those that have this very cursor. */
  readonly skip: number;
  /** Of an answer as a whole, where there is no cursor: what it was when it was last sent. */
  readonly seen: string | undefined;
}

/** An item, and where to continue after it. */
export interface PlacedItem {
  readonly item: Value;
  readonly place: HttpPlace;
}

export interface PagePointers {
  readonly items: JsonPointer;
  /** The cursor of the next page, in an answer. */
  readonly next: JsonPointer | undefined;
  /** The cursor behind an item, in the item. */
  readonly ofItem: JsonPointer | undefined;
}

/** An answer that does not hold what the properties of the source say. */
export class UnexpectedAnswer extends Error {
  override readonly name: string = 'UnexpectedAnswer';
}

/** The items of an answer that are new, and where to continue if there is none. Throws {@link UnexpectedAnswer}. */
export function pageOf(
  { body, etag }: HttpAnswer,
  before: HttpPlace,
  { items, next, ofItem }: PagePointers,
): { readonly items: readonly PlacedItem[]; readonly after: HttpPlace } {
  if (body === undefined) return { items: [], after: before };
  const found = items(body);
  if (found === undefined) throw new UnexpectedAnswer('items.pointer finds nothing in an answer');
  const all = isList(found) ? found : found === null ? [] : [found];
  if (ofItem !== undefined) return behindItems(all, before, ofItem);
  if (next !== undefined) {
    const cursor = cursorText(next(body));
    const isLast = cursor === undefined || cursor === before.cursor;
    const after = isLast ? { ...before, skip: Math.max(before.skip, all.length) } : { ...before, cursor, skip: 0 };
    const placed = all.map((item, index): PlacedItem => {
      return { item, place: index === all.length - 1 ? after : { ...before, skip: index + 1 } };
    });
    return { items: placed.slice(before.skip), after };
  }
  // All of it, whenever it is not what it was.
  const seen = etag ?? createHash('sha256').update(JSON.stringify(found, plain)).digest('base64url');
  if (seen === before.seen) return { items: [], after: before };
  const after = { ...before, seen };
  return { items: all.map((item, index) => ({ item, place: index === all.length - 1 ? after : before })), after };
}

/** An endpoint may give what is behind the cursor, or begin with the items that have it: those that were read before are left out. */
function behindItems(all: readonly Value[], before: HttpPlace, ofItem: JsonPointer): ReturnType<typeof pageOf> {
  const placed: PlacedItem[] = [];
  let after = before;
  let known = before.skip;
  for (const [index, item] of all.entries()) {
    const cursor = cursorText(ofItem(item));
    if (cursor === undefined)
      throw new UnexpectedAnswer(`item.cursor.pointer finds neither text nor a number in item ${index} of an answer`);
    if (cursor === before.cursor && placed.length === 0 && known > 0) {
      known -= 1;
      continue;
    }
    after = { cursor, skip: cursor === after.cursor ? after.skip + 1 : 1, seen: undefined };
    placed.push({ item, place: after });
  }
  return { items: placed, after };
}

export function placeOfOffset(offset: SourcePlace | undefined, initial: string | undefined): HttpPlace {
  const { cursor, skip, seen } = offset ?? {};
  return {
    cursor: typeof cursor === 'string' ? cursor : initial,
    skip: typeof skip === 'number' ? skip : 0,
    seen: typeof seen === 'string' ? seen : undefined,
  };
}

export function offsetOfPlace({ cursor, skip, seen }: HttpPlace): SourcePlace {
  return {
    ...(cursor === undefined ? {} : { cursor }),
    ...(skip === 0 ? {} : { skip }),
    ...(seen === undefined ? {} : { seen }),
  };
}

function cursorText(value: Value | undefined): string | undefined {
  const text = value === undefined || typeof value === 'boolean' ? undefined : scalarText(value);
  return text === '' ? undefined : text;
}

/** What JSON has no form for, for a hash. */
function plain(_: string, value: unknown): unknown {
  if (value instanceof Map) return [...value];
  return typeof value === 'bigint' ? String(value) : value;
}
