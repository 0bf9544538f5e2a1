import { pause } from '@isostream/core/adapter';
import { type Config, ConfigError } from '../config/definition.ts';
import { sendable } from '../config/headers.ts';
import { nothing, type Value } from '../data/values.ts';
import type { SourcePlace } from '../offsets/place.ts';
import {
  type HttpPlace,
  offsetOfPlace,
  pageOf,
  type PagePointers,
  placeOfOffset,
  UnexpectedAnswer,
} from './http-pages.ts';
import { getJson } from './http-request.ts';
import { type JsonPointer, jsonPointer } from './json-pointer.ts';
import type { Source, SourceClass, SourceRecord } from './source.ts';

/** An endpoint that is asked again and again: a record per item of its answers. */
export const httpSource: SourceClass = {
  classNames: ['HttpSource'],
  definitions: {
    url: { type: 'string', notEmpty: true, doc: 'the address that is asked, by GET' },
    topic: { type: 'string', notEmpty: true, doc: 'the topic to write to' },
    'interval.ms': {
      type: 'int',
      default: '60000',
      min: 1,
      doc: 'how long to wait after an answer without anything new',
    },
    'items.pointer': { type: 'string', default: '', doc: 'where the items are in an answer; all of it by default' },
    'key.pointer': { type: 'string', optional: true, doc: 'where the key is in an item; no key by default' },
    'cursor.parameter': { type: 'string', optional: true, doc: 'the parameter of the query that takes the cursor' },
    'cursor.pointer': { type: 'string', optional: true, doc: 'where the cursor of the next page is in an answer' },
    'item.cursor.pointer': { type: 'string', optional: true, doc: 'where the cursor behind an item is in the item' },
    'cursor.initial': { type: 'string', optional: true, doc: 'the cursor of the first request' },
    headers: { type: 'password', default: '', doc: 'name:value, several with | between them' },
    'connection.user': { type: 'string', optional: true, doc: 'the user' },
    'connection.password': { type: 'password', optional: true, doc: 'the password' },
    'read.timeout.ms': { type: 'int', default: '30000', min: 1, doc: 'how long an answer may take' },
    'max.bytes': { type: 'int', default: '67108864', min: 1, doc: 'how large an answer may be' },
  },
  needsOffsets: () => true,
  topics: (config) => [config.text('topic')],
  create: (config) => new HttpSource(config),
};

class HttpSource implements Source {
  readonly #config: Config;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #key: JsonPointer | undefined;
  readonly #pointers: PagePointers;
  #place: HttpPlace;
  /** Of the last answer to the very same request. */
  #etag: string | undefined;
  #isWaiting = false;

  constructor(config: Config) {
    this.#config = config;
    this.#url = urlOf(config);
    this.#headers = headersOf(config);
    const pointer = (property: string): JsonPointer | undefined => {
      const text = config.optional(property);
      return text === undefined ? undefined : jsonPointer(text, property);
    };
    this.#key = pointer('key.pointer');
    const [next, ofItem] = [pointer('cursor.pointer'), pointer('item.cursor.pointer')];
    this.#pointers = { items: jsonPointer(config.text('items.pointer'), 'items.pointer'), next, ofItem };
    if (next !== undefined && ofItem !== undefined)
      throw new ConfigError('cursor.pointer and item.cursor.pointer exclude each other. Give one of them');
    const hasParameter = config.optional('cursor.parameter') !== undefined;
    if (hasParameter !== (next !== undefined || ofItem !== undefined))
      throw new ConfigError('cursor.parameter belongs to cursor.pointer or item.cursor.pointer. Give both, or neither');
    this.#place = placeOfOffset(undefined, config.optional('cursor.initial'));
  }

  async open(offset: (partition: SourcePlace) => SourcePlace | undefined): Promise<void> {
    const stored = offset(this.#partition);
    this.#place = placeOfOffset(stored, this.#config.optional('cursor.initial'));
  }

  async poll(signal: AbortSignal): Promise<readonly SourceRecord[]> {
    if (this.#isWaiting && !(await pause(this.#config.number('interval.ms'), signal))) return [];
    this.#isWaiting = false;
    const before = this.#place;
    const answer = await getJson({
      url: this.#addressOf(before),
      headers: { ...this.#headers, ...this.#condition(before) },
      timeoutMs: this.#config.number('read.timeout.ms'),
      maxBytes: this.#config.number('max.bytes'),
      signal,
    });
    const { items, after } = this.#read(answer, before);
    // The same request again is answered by "nothing new"; another one is not.
    this.#etag = after.cursor === before.cursor ? answer.etag : undefined;
    this.#place = after;
    // A page that leads to another one is not waited for, also where all of it was known.
    this.#isWaiting = items.length === 0 && after.cursor === before.cursor;
    return items.map(({ item, place }) => this.#record(item, place));
  }

  get #partition(): SourcePlace {
    return { endpoint: this.#url.origin + this.#url.pathname };
  }

  #read(answer: Parameters<typeof pageOf>[0], before: HttpPlace): ReturnType<typeof pageOf> {
    try {
      return pageOf(answer, before, this.#pointers);
    } catch (error) {
      throw error instanceof UnexpectedAnswer ? new ConfigError(error.message, { cause: error }) : error;
    }
  }

  #addressOf({ cursor }: HttpPlace): URL {
    const url = new URL(this.#url);
    const parameter = this.#config.optional('cursor.parameter');
    if (parameter !== undefined && cursor !== undefined) url.searchParams.set(parameter, cursor);
    return url;
  }

  #condition({ seen }: HttpPlace): Readonly<Record<string, string>> {
    const isEtag = seen !== undefined && /^(?:W\/)?"/.test(seen);
    const etag = this.#etag ?? (isEtag ? seen : undefined);
    return etag === undefined ? {} : { 'if-none-match': etag };
  }

  #record(item: Value, place: HttpPlace): SourceRecord {
    const key = this.#key?.(item);
    return {
      topic: this.#config.text('topic'),
      key: key === undefined ? nothing : { schema: null, value: key },
      value: { schema: null, value: item },
      timestamp: Date.now(),
      partition: this.#partition,
      offset: offsetOfPlace(place),
    };
  }
}

function urlOf(config: Config): URL {
  const text = config.text('url').trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new ConfigError('url is not a valid address. Use https://host/path');
  if (url.username !== '' || url.password !== '')
    throw new ConfigError('url has a user in it. Use connection.user and connection.password');
  return url;
}

function headersOf(config: Config): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { accept: 'application/json' };
  for (const entry of config.text('headers').split('|')) {
    if (entry.trim() === '') continue;
    const at = entry.indexOf(':');
    const name = entry.slice(0, at).trim();
    if (at < 1 || !/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw new ConfigError('headers has an entry that is not name:value. Put | between entries');
    headers[name.toLowerCase()] = entry.slice(at + 1).trim();
  }
  const [user, password] = [config.optional('connection.user'), config.optional('connection.password')];
  if ((user === undefined) !== (password === undefined))
    throw new ConfigError('connection.user and connection.password belong together. Give both, or neither');
  if (user !== undefined)
    headers['authorization'] = `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
  return sendable(headers);
}
