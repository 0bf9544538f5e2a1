import { type Config, ConfigError, type Definitions } from '../../config/definition.ts';
import { withLogin } from '../../postgres/address.ts';

export const definitions: Definitions = {
  'connection.url': { type: 'string', notEmpty: true, doc: 'jdbc:postgresql://host:5432/database' },
  'connection.user': { type: 'string', optional: true, doc: 'the user' },
  'connection.password': { type: 'password', optional: true, doc: 'the password' },
  'insert.mode': {
    type: 'string',
    default: 'insert',
    oneOf: ['insert', 'upsert', 'update', 'INSERT', 'UPSERT', 'UPDATE'],
    doc: 'whether rows are added, replaced by their key, or changed by it',
  },
  'pk.mode': {
    type: 'string',
    default: 'none',
    oneOf: ['none', 'kafka', 'record_key', 'record_value', 'NONE', 'KAFKA', 'RECORD_KEY', 'RECORD_VALUE'],
    doc: 'where the columns of the primary key come from',
  },
  'pk.fields': { type: 'list', default: '', doc: 'the columns of the primary key' },
  'fields.whitelist': {
    type: 'list',
    default: '',
    doc: 'the fields of values that become columns; all, where it is empty',
  },
  'table.name.format': {
    type: 'string',
    default: `\${topic}`,
    notEmpty: true,
    doc: `the table, with \${topic} for the topic`,
  },
  'delete.enabled': { type: 'boolean', default: 'false', doc: 'whether a tombstone deletes the row of its key' },
  'auto.create': { type: 'boolean', default: 'false', doc: 'whether a missing table is made' },
  'auto.evolve': { type: 'boolean', default: 'false', doc: 'whether missing columns are added' },
  'isostream.positions.table': {
    type: 'string',
    default: 'isostream_connect_positions',
    doc: 'where the places of what was stored are kept, so that nothing counts twice; empty for none',
  },
  'isostream.positions.keep.ms': {
    type: 'long',
    default: '604800000',
    min: 1,
    doc: 'how long places are kept; what comes again later than that counts twice',
  },
};

const rate = 'a database that cannot be reached is tried until it recovers, with waits of 200 ms to 30 s';

export const withoutEffect: Readonly<Record<string, string>> = {
  'batch.size': 'consumer.override.max.poll.records bounds a transaction',
  'max.retries': rate,
  'retry.backoff.ms': rate,
  'connection.attempts': rate,
  'connection.backoff.ms': rate,
  'dialect.name': 'the database is PostgreSQL',
  'quote.sql.identifiers': 'names are always quoted',
  'table.types': 'every relation that rows can be written to will do',
  'db.timezone': 'times are written in UTC',
};

export type InsertMode = 'insert' | 'upsert' | 'update';
export type KeyMode = 'none' | 'kafka' | 'record_key' | 'record_value';

/** The checked properties of a PostgreSQL sink. */
export interface PostgresOptions {
  readonly url: string;
  readonly insertMode: InsertMode;
  readonly keyMode: KeyMode;
  readonly keyFields: readonly string[];
  readonly whitelist: readonly string[];
  readonly tableFormat: string;
  readonly deletes: boolean;
  readonly creates: boolean;
  readonly evolves: boolean;
  /** `undefined`: what comes again counts twice, unless its key says otherwise. */
  readonly positions: string | undefined;
  readonly keepMs: number;
}

const coordinates = ['__connect_topic', '__connect_partition', '__connect_offset'];

/** Throws {@link ConfigError} for what does not go together. */
export function optionsOf(config: Config): PostgresOptions {
  const lower = (name: string): string => config.text(name).toLowerCase();
  const insertMode = (['upsert', 'update'] as const).find((mode) => mode === lower('insert.mode')) ?? 'insert';
  const keyMode =
    (['kafka', 'record_key', 'record_value'] as const).find((mode) => mode === lower('pk.mode')) ?? 'none';
  const given = config.list('pk.fields');
  const deletes = config.flag('delete.enabled');
  if (insertMode !== 'insert' && keyMode === 'none')
    throw new ConfigError(`insert.mode=${insertMode} needs a key. Set pk.mode to record_key, record_value or kafka`);
  if (deletes && keyMode !== 'record_key')
    throw new ConfigError('delete.enabled=true needs pk.mode=record_key: a tombstone has nothing but its key');
  if (keyMode === 'kafka' && given.length > 0 && given.length !== 3)
    throw new ConfigError('pk.fields names three columns with pk.mode=kafka, or none: topic, partition and offset');
  const positions = config.text('isostream.positions.table').trim();
  return {
    url: addressOf(config),
    insertMode,
    keyMode,
    keyFields: keyMode === 'kafka' && given.length === 0 ? coordinates : given,
    whitelist: config.list('fields.whitelist'),
    tableFormat: config.text('table.name.format'),
    deletes,
    creates: config.flag('auto.create'),
    evolves: config.flag('auto.evolve'),
    positions: positions === '' ? undefined : positions,
    keepMs: config.number('isostream.positions.keep.ms'),
  };
}

/** The address as PostgreSQL's own clients write it, of a JDBC one. */
function addressOf(config: Config): string {
  const text = config
    .text('connection.url')
    .trim()
    .replace(/^jdbc:/, '');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(?:ql)?:$/.test(url.protocol))
    throw new ConfigError(
      'connection.url is not an address of PostgreSQL, which is the only database here. Use jdbc:postgresql://host:5432/database',
    );
  if (url.username !== '' || url.password !== '')
    throw new ConfigError('connection.url has a user in it. Use connection.user and connection.password');
  const take = (name: string): string | undefined => {
    const value = url.searchParams.get(name) ?? undefined;
    url.searchParams.delete(name);
    return value;
  };
  const [user, password] = [take('user'), take('password')];
  const schema = take('currentSchema');
  if (take('ssl') === 'true' && !url.searchParams.has('sslmode')) url.searchParams.set('sslmode', 'verify-full');
  if (schema !== undefined) url.searchParams.set('options', `-c search_path=${schema}`);
  return withLogin(url, config.optional('connection.user') ?? user, config.optional('connection.password') ?? password);
}
