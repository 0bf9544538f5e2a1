import { type Config, ConfigError } from '../config/definition.ts';
import { jsonTextOf } from '../converters/json.ts';
import { readJson } from '../data/json-read.ts';
import { DataError, isList, isMap, kindOf, Num, type Schema, Struct, type Typed, type Value } from '../data/values.ts';
import { asked } from './asked.ts';
import { checkConnection, type DataStream, dataStreamOf, targetDefinitions } from './elasticsearch-target.ts';
import {
  type PutResult,
  refused,
  type Sink,
  type SinkClass,
  type SinkContext,
  type SinkRecord,
  stored,
  TargetUnavailable,
} from './sink.ts';

const ours = 'the runner does this: it hands over one record of a key at a time, and waits for the answer';

/** Documents in Elasticsearch or OpenSearch, by the bulk interface over HTTP. */
export const elasticsearchSink: SinkClass = {
  classNames: [
    'io.confluent.connect.elasticsearch.ElasticsearchSinkConnector',
    'io.aiven.connect.elasticsearch.ElasticsearchSinkConnector',
    'io.aiven.kafka.connect.opensearch.OpensearchSinkConnector',
    'org.opensearch.kafka.connect.OpenSearchSinkConnector',
    'ElasticsearchSinkConnector',
    'ElasticsearchSink',
    'OpensearchSinkConnector',
    'OpensearchSink',
  ],
  definitions: {
    'connection.url': { type: 'list', notEmpty: true, doc: 'the addresses of the cluster' },
    'connection.username': { type: 'string', optional: true, doc: 'the user' },
    'connection.password': { type: 'password', optional: true, doc: 'the password' },
    'key.ignore': { type: 'boolean', default: 'false', doc: 'whether ids are places instead of keys' },
    'topic.key.ignore': { type: 'list', default: '', doc: 'topics whose ids are places' },
    'schema.ignore': { type: 'boolean', default: 'false', doc: 'whether the index finds types by itself' },
    'write.method': {
      type: 'string',
      default: 'insert',
      oneOf: ['insert', 'upsert', 'INSERT', 'UPSERT'],
      doc: 'insert or upsert',
    },
    'behavior.on.null.values': {
      type: 'string',
      default: 'fail',
      oneOf: ['fail', 'ignore', 'delete', 'FAIL', 'IGNORE', 'DELETE'],
      doc: 'what a tombstone does',
    },
    'behavior.on.malformed.documents': {
      type: 'string',
      default: 'fail',
      oneOf: ['fail', 'warn', 'ignore', 'FAIL', 'WARN', 'IGNORE'],
      doc: 'what a document does that the index refuses',
    },
    'drop.invalid.message': {
      type: 'boolean',
      default: 'false',
      doc: 'whether records that make no document are dropped',
    },
    'read.timeout.ms': { type: 'int', default: '3000', min: 1, doc: 'how long an answer may take' },
    ...targetDefinitions,
  },
  withoutEffect: {
    'type.name': 'indices have no types any more',
    'batch.size': 'consumer.override.max.poll.records bounds a request',
    'bulk.size.bytes': 'a request that is too large is halved',
    'linger.ms': ours,
    'max.in.flight.requests': ours,
    'max.buffered.records': ours,
    'flush.timeout.ms': ours,
    'flush.synchronously': ours,
    'max.retries': 'an unavailable cluster is tried until it recovers',
    'retry.backoff.ms': 'waits start at 200 ms and double to 30 s',
    'connection.timeout.ms': 'read.timeout.ms bounds the whole request',
  },
  create: (config, context) => new ElasticsearchSink(config, context),
};

/** One line of a request, or two, and the record that it is for. */
interface Action {
  readonly index: number;
  /** The name that answers repeat: index and id. */
  readonly place: string;
  readonly id: string;
  readonly text: string;
  /** It is there already, or a newer one. */
  readonly isStoredOnConflict: boolean;
}

/** So much of what the cluster says to a request that it refuses is passed on. */
const longestReason = 500;

/** What an id may have, in bytes: with one that is longer the cluster refuses the whole request. */
const longestId = 512;

class ElasticsearchSink implements Sink {
  readonly #config: Config;
  readonly #context: SinkContext;
  readonly #urls: readonly URL[];
  readonly #authorization: string | undefined;
  /** Topics whose ids are places; all of them where `undefined`. */
  readonly #byPlace: ReadonlySet<string> | undefined;
  readonly #nulls: string;
  readonly #isUpsert: boolean;
  readonly #dataStream: DataStream | undefined;
  #next = 0;

  constructor(config: Config, context: SinkContext) {
    this.#config = config;
    this.#context = context;
    this.#urls = config.list('connection.url').map(urlOf);
    checkConnection(config, this.#urls);
    this.#dataStream = dataStreamOf(config);
    this.#byPlace = config.flag('key.ignore') ? undefined : new Set(config.list('topic.key.ignore'));
    this.#nulls = config.text('behavior.on.null.values').toLowerCase();
    this.#isUpsert = config.text('write.method').toLowerCase() === 'upsert';
    const [user, password] = [config.optional('connection.username'), config.optional('connection.password')];
    if ((user === undefined) !== (password === undefined))
      throw new ConfigError('connection.username and connection.password belong together. Give both, or neither');
    this.#authorization =
      user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
  }

  async put(records: readonly SinkRecord[], signal: AbortSignal): Promise<readonly PutResult[]> {
    const results: PutResult[] = records.map(() => stored);
    const actions: Action[] = [];
    for (const [index, record] of records.entries()) {
      try {
        const action = this.#action(record, index);
        if (action !== undefined) actions.push(action);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        results[index] = refused(error, this.#config.flag('drop.invalid.message'));
      }
    }
    await this.#send(actions, results, signal);
    return results;
  }

  #action(record: SinkRecord, index: number): Action | undefined {
    const { topic, value, origin, offset } = record;
    const isByPlace =
      this.#dataStream !== undefined ||
      this.#byPlace === undefined ||
      this.#byPlace.has(topic) ||
      this.#byPlace.has(origin.topic);
    const nulls = this.#nulls;
    if (value.value === null) {
      if (nulls === 'ignore' || (nulls === 'delete' && record.key.value === null)) return undefined;
      if (nulls === 'fail')
        throw new DataError('the value is null, and behavior.on.null.values is fail. Set it to ignore or delete');
    }
    const id = isByPlace ? `${origin.topic}+${origin.partition}+${origin.position}` : idOf(record.key.value);
    const isUpsert = this.#isUpsert && value.value !== null;
    // A version that grows with the position: what comes again, or from a former owner, changes nothing.
    const stream = this.#dataStream;
    const hasVersion = !isByPlace && !isUpsert && offset !== null;
    const version = hasVersion ? `,"version":${offset},"version_type":"external"` : '';
    const target = stream === undefined ? indexOf(topic) : stream.nameFor(topic);
    const named = `"_index":${JSON.stringify(target)},"_id":${JSON.stringify(id)}${version}`;
    const place = JSON.stringify([target, id]);
    if (value.value === null)
      return { index, place, id, text: `{"delete":{${named}}}\n`, isStoredOnConflict: hasVersion };
    if (!isMap(value.value) && !(value.value instanceof Struct))
      throw new DataError(`a document is a map or a struct, and the value is ${kindOf(value.value)}`);
    const document = jsonTextOf(stream === undefined ? value : timed(value, stream.timestampOf(record)));
    const text = isUpsert
      ? `{"update":{${named},"retry_on_conflict":5}}\n{"doc":${document},"doc_as_upsert":true}\n`
      : `{"${stream === undefined ? 'index' : 'create'}":{${named}}}\n${document}\n`;
    return { index, place, id, text, isStoredOnConflict: hasVersion || stream !== undefined };
  }

  /**
   * A document that is refused is sent once more: documents of one request may disagree about the type of a field that is new to
   * the index, and the one that lost is fine as soon as the field is there.
   */
  async #send(actions: readonly Action[], results: PutResult[], signal: AbortSignal, isLast = false): Promise<void> {
    if (actions.length === 0) return;
    const { status, body, reason } = await this.#post(actions.map(({ text }) => text).join(''), signal);
    if (status === 413) {
      if (actions.length > 1) {
        const half = Math.ceil(actions.length / 2);
        await this.#send(actions.slice(0, half), results, signal, isLast);
        return this.#send(actions.slice(half), results, signal, isLast);
      }
      const [action] = actions;
      if (action !== undefined)
        results[action.index] = refused(new DataError('the document is larger than the cluster takes'));
      return;
    }
    if (status === 401 || status === 403)
      throw new ConfigError(
        `the cluster answers ${status}. Check connection.username and connection.password, and what the user may do`,
      );
    if (status >= 400 && status < 500 && status !== 408 && status !== 429)
      throw new ConfigError(`the cluster answers ${status} to a bulk request. Check connection.url: ${reason}`);
    if (status < 200 || status > 299) throw new TargetUnavailable(`the cluster answers ${status}: ${reason}`);
    const answerOf = answersIn(body, actions);
    const again: Action[] = [];
    for (const action of actions) {
      const answer = answerOf.get(action);
      if (!isLast && Number(entry(answer, 'status')) === 400) {
        again.push(action);
        continue;
      }
      results[action.index] =
        answer === undefined
          ? { state: 'later', error: new TargetUnavailable('the answer of the cluster does not name the record') }
          : this.#resultOf(answer, action);
    }
    await this.#send(again, results, signal, true);
  }

  #resultOf(answer: Value, action: Action): PutResult {
    const status = Number(entry(answer, 'status') ?? 0);
    const error = entry(answer, 'error');
    if ((status >= 200 && status < 300) || (status === 404 && error === undefined)) return stored;
    const [type, reason] = [textOf(entry(error, 'type')), textOf(entry(error, 'reason'))];
    if (status === 409 && action.isStoredOnConflict) return stored;
    const message = `the cluster answers ${status} ${type}: ${reason}`;
    if (status === 409 || status === 429 || status >= 500 || status === 0)
      return { state: 'later', error: new TargetUnavailable(message) };
    const malformed = this.#config.text('behavior.on.malformed.documents').toLowerCase();
    if (malformed === 'warn') this.#context.say(message);
    return refused(new DataError(message), malformed !== 'fail');
  }

  /** Each request goes to the next address, so that one that is down is passed at the next try. */
  async #post(
    text: string,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: Value | undefined; readonly reason: string }> {
    const url = this.#urls[this.#next % this.#urls.length];
    this.#next += 1;
    const timeoutMs = this.#config.number('read.timeout.ms');
    const asking = { what: 'the cluster', where: 'elasticsearch sink', timeoutMs, signal };
    return asked(asking, async (either) => {
      const response = await fetch(new URL('_bulk', url), {
        method: 'POST',
        body: text,
        headers: {
          'content-type': 'application/x-ndjson',
          ...(this.#authorization === undefined ? {} : { authorization: this.#authorization }),
        },
        signal: either,
      });
      const answer = new Uint8Array(await response.arrayBuffer());
      const reason = response.ok ? '' : Buffer.from(answer).toString().slice(0, longestReason);
      return { status: response.status, body: response.ok ? readJson(answer) : undefined, reason };
    });
  }
}

/**
 * What the cluster says to each action: in their order, because the index that it names is another one where the index of the
 * action is an alias or a data stream. By name where answers are missing, which must not shift what it says to other records.
 */
function answersIn(body: Value | undefined, actions: readonly Action[]): ReadonlyMap<Action, Value | undefined> {
  const items = entry(body, 'items') ?? null;
  const answers = (isList(items) ? items : []).map((item) => {
    const [answer] = isMap(item) ? [...item.values()] : [];
    return answer;
  });
  const isWhole =
    answers.length === actions.length && actions.every(({ id }, at) => textOf(entry(answers[at], '_id')) === id);
  if (isWhole) return new Map(actions.map((action, at) => [action, answers[at]]));
  const byPlace = new Map(
    answers.map((answer) => [JSON.stringify([textOf(entry(answer, '_index')), textOf(entry(answer, '_id'))]), answer]),
  );
  return new Map(actions.map((action) => [action, byPlace.get(action.place)]));
}

/** With the time that a data stream asks for, in front; a document that has it keeps its own. */
function timed({ schema, value }: Typed, timestamp: string): Typed {
  if (isMap(value)) return { schema, value: new Map<Value, Value>([['@timestamp', timestamp], ...value]) };
  if (!(value instanceof Struct)) return { schema, value };
  const fields = value.schema.fields ?? [];
  if (fields.some(({ name }) => name === '@timestamp')) return { schema, value };
  const withTime: Schema = { ...value.schema, fields: [{ name: '@timestamp', schema: { type: 'string' } }, ...fields] };
  return { schema: withTime, value: new Struct(withTime, new Map([...value.values, ['@timestamp', timestamp]])) };
}

function entry(value: Value | undefined, name: string): Value | undefined {
  return value !== undefined && isMap(value) ? value.get(name) : undefined;
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new ConfigError('connection.url has an entry that is not a valid address. Use http://host:9200');
  if (url.username !== '')
    throw new ConfigError('connection.url has a user in it. Use connection.username and connection.password');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function idOf(key: Value): string {
  const id =
    typeof key === 'string' || typeof key === 'bigint'
      ? String(key)
      : key instanceof Num
        ? String(key.value)
        : undefined;
  if (id === undefined)
    throw new DataError(
      `the id of a document is a text or an integer, and the key is ${kindOf(key)}. Set key.ignore=true for ids by place`,
    );
  if (id === '') throw new DataError('the key is empty, and the id of a document is not');
  if (Buffer.byteLength(id) > longestId)
    throw new DataError(
      `the key is longer than an id may be (${longestId} bytes). Set key.ignore=true for ids by place`,
    );
  return id;
}

/** The index of a topic: in lower case, at most 255 characters, without a sign in front. */
function indexOf(topic: string): string {
  const index = topic.toLowerCase().slice(0, 255).replace(/^[-_]/, '');
  if (index === '.') return 'dot';
  return index === '..' ? 'dotdot' : index;
}
