import { type Config, ConfigError, type Definitions } from '../config/definition.ts';
import { sendable } from '../config/headers.ts';

export const httpDefinitions: Definitions = {
  'http.api.url': { type: 'string', default: '', doc: `where records are sent, with \${topic} and \${key}` },
  'http.url': { type: 'string', default: '', doc: 'the same, in Aiven’s files' },
  'request.method': {
    type: 'string',
    default: 'POST',
    oneOf: ['POST', 'PUT', 'PATCH', 'post', 'put', 'patch'],
    doc: 'how records are sent',
  },
  'request.body.format': { type: 'string', default: 'string', oneOf: ['string', 'json'], doc: 'text, or JSON' },
  headers: { type: 'password', default: '', doc: 'name:value, several with header.separator between them' },
  'header.separator': { type: 'string', default: '|', doc: 'what is between headers' },
  'http.headers.additional': { type: 'list', default: '', doc: 'name:value, in Aiven’s files' },
  'http.headers.authorization': { type: 'password', optional: true, doc: 'the authorization header, in Aiven’s files' },
  'http.headers.content.type': { type: 'string', default: '', doc: 'the content type, in Aiven’s files' },
  'http.authorization.type': { type: 'string', default: 'none', oneOf: ['none', 'static'], doc: 'in Aiven’s files' },
  'auth.type': { type: 'string', default: 'NONE', oneOf: ['NONE', 'BASIC', 'none', 'basic'], doc: 'how to log in' },
  'connection.user': { type: 'string', optional: true, doc: 'the user' },
  'connection.password': { type: 'password', optional: true, doc: 'the password' },
  'batch.max.size': { type: 'int', optional: true, min: 1, doc: 'records of one request; 1 in Confluent’s files' },
  'batching.enabled': {
    type: 'boolean',
    default: 'false',
    doc: 'whether requests have several records, in Aiven’s files',
  },
  'batch.prefix': { type: 'string', optional: true, doc: 'in front of a batch' },
  'batch.suffix': { type: 'string', optional: true, doc: 'behind a batch' },
  'batch.separator': { type: 'string', optional: true, doc: 'between the records of a batch' },
  'batch.json.as.array': { type: 'boolean', default: 'false', doc: 'whether a batch is a JSON array' },
  'behavior.on.null.values': {
    type: 'string',
    default: 'ignore',
    oneOf: ['ignore', 'delete', 'log', 'fail', 'IGNORE', 'DELETE', 'LOG', 'FAIL'],
    doc: 'what a tombstone does',
  },
  'behavior.on.error': {
    type: 'string',
    default: 'fail',
    oneOf: ['fail', 'ignore', 'log', 'FAIL', 'IGNORE', 'LOG'],
    doc: 'what a record does that the endpoint refuses',
  },
  'retry.on.status.codes': {
    type: 'list',
    default: '408,425,429,500-',
    doc: 'answers after which a record is sent again, such as 429,500-599',
  },
  'http.request.timeout.ms': { type: 'int', default: '30000', min: 1, doc: 'how long an answer may take' },
};

const rate =
  'an endpoint that cannot be reached is tried until it recovers, with waits of 200 ms to 30 s, or as retry-after says';

export const httpWithoutEffect: Readonly<Record<string, string>> = {
  'max.retries': rate,
  'retry.backoff.ms': rate,
  'retry.backoff.policy': rate,
  'http.connect.timeout.ms': 'http.request.timeout.ms bounds the whole request',
  'http.timeout': 'http.request.timeout.ms bounds the whole request',
  'reporter.bootstrap.servers': 'failures go to errors.deadletterqueue.topic.name',
  'reporter.error.topic.name': 'failures go to errors.deadletterqueue.topic.name',
  'reporter.error.topic.replication.factor': 'failures go to errors.deadletterqueue.topic.name',
  'reporter.result.topic.name': 'answers are not kept',
  'reporter.result.topic.replication.factor': 'answers are not kept',
  'batch.buffering.enabled': 'consumer.override.max.poll.records bounds what is sent at once',
  'regex.patterns': 'transforms change records',
  'regex.replacements': 'transforms change records',
  'confluent.topic.bootstrap.servers': 'no license is needed',
  'confluent.topic.replication.factor': 'no license is needed',
};

/** The checked properties of an HTTP sink. */
export interface HttpForm {
  readonly url: string;
  readonly method: string;
  readonly format: 'string' | 'json';
  readonly headers: Readonly<Record<string, string>>;
  readonly batchSize: number;
  readonly isBatched: boolean;
  readonly prefix: string;
  readonly separator: string;
  readonly suffix: string;
  readonly nulls: 'ignore' | 'delete' | 'log' | 'fail';
  readonly errors: 'fail' | 'ignore' | 'log';
  readonly timeoutMs: number;
  isRetried(status: number): boolean;
}

/** Throws {@link ConfigError} for what does not go together. */
export function httpForm(config: Config): HttpForm {
  const [confluent, aiven] = [config.text('http.api.url').trim(), config.text('http.url').trim()];
  if ((confluent === '') === (aiven === ''))
    throw new ConfigError('one of http.api.url and http.url is needed, and not both');
  const isAiven = aiven !== '';
  const url = isAiven ? aiven : confluent;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url.replaceAll(/\$\{(?:topic|key)\}/g, 'x')))
    throw new ConfigError(`${isAiven ? 'http.url' : 'http.api.url'} is not a valid address. Use http://host/path`);
  const unknown = /\$\{(?!(?:topic|key)\})[^}]*\}/.exec(url)?.[0];
  if (unknown !== undefined)
    throw new ConfigError(`http.api.url has ${unknown}, which nothing fills. Use \${topic} and \${key}`);
  const { username, password } = new URL(url.replaceAll(/\$\{(?:topic|key)\}/g, 'x'));
  if (username !== '' || password !== '')
    throw new ConfigError(
      'http.api.url has a user in it. Use auth.type=BASIC, connection.user and connection.password',
    );
  if (config.text('behavior.on.null.values').toLowerCase() === 'delete' && !url.includes(`\${key}`))
    throw new ConfigError(
      `behavior.on.null.values=delete needs \${key} in the address: a tombstone has nothing but its key`,
    );
  const isArray = config.flag('batch.json.as.array');
  const given = config.optional('batch.max.size');
  const size = isAiven ? (config.flag('batching.enabled') ? Number(given ?? 500) : 1) : Number(given ?? 1);
  const format = config.text('request.body.format') === 'json' ? 'json' : 'string';
  const lower = (name: string): string => config.text(name).toLowerCase();
  return {
    url,
    method: config.text('request.method').toUpperCase(),
    format,
    headers: headersOf(config, format),
    batchSize: size,
    isBatched: size > 1 || isArray,
    prefix: config.exact('batch.prefix') ?? (isArray ? '[' : ''),
    separator: config.exact('batch.separator') ?? (isArray ? ',' : isAiven ? '\n' : ','),
    suffix: config.exact('batch.suffix') ?? (isArray ? ']' : isAiven ? '\n' : ''),
    nulls: (['delete', 'log', 'fail'] as const).find((name) => name === lower('behavior.on.null.values')) ?? 'ignore',
    errors: (['ignore', 'log'] as const).find((name) => name === lower('behavior.on.error')) ?? 'fail',
    timeoutMs: config.number('http.request.timeout.ms'),
    isRetried: statusRanges(config.list('retry.on.status.codes')),
  };
}

function headersOf(config: Config, format: 'string' | 'json'): Record<string, string> {
  const separator = config.text('header.separator');
  const entries = [
    ...config
      .text('headers')
      .split(separator)
      .map((text) => ['headers', text] as const),
    ...config.list('http.headers.additional').map((text) => ['http.headers.additional', text] as const),
  ];
  const contentType = config.text('http.headers.content.type');
  const headers: Record<string, string> = {
    'content-type':
      contentType === '' ? (format === 'json' ? 'application/json' : 'text/plain; charset=utf-8') : contentType,
  };
  for (const [property, text] of entries) {
    if (text.trim() === '') continue;
    const at = text.indexOf(':');
    // It is not shown: a header may hold a secret.
    if (at < 1)
      throw new ConfigError(
        `${property} has an entry that is not name:value. Put ${property === 'headers' ? 'header.separator' : 'a comma'} between entries`,
      );
    headers[text.slice(0, at).trim().toLowerCase()] = text.slice(at + 1).trim();
  }
  const authorization = config.optional('http.headers.authorization');
  if ((config.text('http.authorization.type') === 'static') !== (authorization !== undefined))
    throw new ConfigError('http.authorization.type=static and http.headers.authorization belong together');
  if (authorization !== undefined) headers['authorization'] = authorization;
  const [user, password] = [config.optional('connection.user'), config.optional('connection.password')];
  const isBasic = config.text('auth.type').toLowerCase() === 'basic';
  if (isBasic !== (user !== undefined && password !== undefined))
    throw new ConfigError('auth.type=BASIC, connection.user and connection.password belong together');
  if (isBasic) headers['authorization'] = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return sendable(headers);
}

/** `429`, `500-599`, `500-` (and all above). */
function statusRanges(texts: readonly string[]): (status: number) => boolean {
  const ranges = texts.map((text) => {
    const [, from, dash, to = ''] = /^(\d{3})(-?)(\d{3})?$/.exec(text) ?? [];
    if (from === undefined || (dash === '' && to !== ''))
      throw new ConfigError(
        `retry.on.status.codes has ${JSON.stringify(text)}. Use codes and ranges, such as 429,500-599 or 500-`,
      );
    return [Number(from), dash === '' ? Number(from) : to === '' ? 599 : Number(to)] as const;
  });
  return (status) => ranges.some(([from, to]) => status >= from && status <= to);
}
