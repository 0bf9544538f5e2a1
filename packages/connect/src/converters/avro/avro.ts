import { type Config, ConfigError, type Definitions, type Properties } from '../../config/definition.ts';
import { DataError, nothing } from '../../data/values.ts';
import { TargetUnavailable } from '../../sinks/sink.ts';
import type { Converter } from '../converter.ts';
import { Cursor } from './cursor.ts';
import type { AvroReader } from './reader.ts';
import { AvroRegistry } from './registry.ts';
import { AvroSubjects } from './subjects.ts';

const prefixBytes = 5;
const mostFailed = 1_000;

export const avroDefinitions: Definitions = {
  'schema.registry.url': { type: 'list', notEmpty: true, doc: 'the addresses of the registry' },
  'basic.auth.credentials.source': {
    type: 'string',
    default: 'URL',
    oneOf: ['URL', 'USER_INFO'],
    doc: 'where the login of the registry is',
  },
  'basic.auth.user.info': { type: 'password', optional: true, doc: 'user:password of the registry' },
  'schema.registry.basic.auth.user.info': { type: 'password', optional: true, doc: 'the older name of the same' },
  'auto.register.schemas': {
    type: 'boolean',
    default: 'true',
    doc: 'whether schemas of written records are registered',
  },
  'use.latest.version': {
    type: 'boolean',
    default: 'false',
    doc: 'whether records are written by the newest schema of their subject, with auto.register.schemas=false',
  },
  'key.subject.name.strategy': { type: 'string', default: 'TopicNameStrategy', doc: 'how keys are filed' },
  'value.subject.name.strategy': { type: 'string', default: 'TopicNameStrategy', doc: 'how values are filed' },
  'schemas.cache.config': { type: 'string', optional: true, doc: 'not needed here' },
};

/** What is set and has no effect. */
export function avroWarnings(properties: Properties): readonly string[] {
  const isOn = (name: string): boolean => properties[name]?.trim().toLowerCase() === 'true';
  return isOn('use.latest.version') &&
    (properties['auto.register.schemas'] === undefined || isOn('auto.register.schemas'))
    ? ['use.latest.version has no effect without auto.register.schemas=false: the schema of each record is registered']
    : [];
}

/** Payloads of Avro, each with the id of its schema in front, which a registry with Confluent's interface has. */
export function avroConverter(className: string, config: Config): Converter {
  const registry = new AvroRegistry(config.list('schema.registry.url').map(checkedUrl), authorizationOf(config));
  const subjects = new AvroSubjects(registry, config);
  const known = new Map<number, AvroReader>();
  /** Why they cannot be read. They are asked for again: a registry may have them later. */
  const failed = new Map<number, DataError>();
  const asked = new Map<number, Promise<void>>();
  return {
    className,
    prepare(payload) {
      const id = payload === null ? undefined : idOf(payload);
      if (id === undefined || known.has(id)) return undefined;
      const fetching = asked.get(id) ?? fetched(id).finally(() => asked.delete(id));
      asked.set(id, fetching);
      return fetching;
    },
    read(payload) {
      if (payload === null) return nothing;
      const id = idOf(payload);
      if (id === undefined)
        throw new DataError(
          'the payload does not begin with the id of an Avro schema: it was written by another converter',
        );
      const reader = known.get(id);
      if (reader === undefined) throw failed.get(id) ?? new DataError(`the Avro schema ${id} was not asked for`);
      return { schema: reader.schema, value: reader.read(new Cursor(payload, prefixBytes)) };
    },
    prepareWrite: (typed, target) => subjects.prepare(typed, target),
    write(typed, target) {
      if (typed.value === null && typed.schema === null) return null;
      if (target === undefined) throw new DataError(`${className} writes keys and values of topics only, not headers`);
      return subjects.write(typed, target);
    },
  };

  async function fetched(id: number): Promise<void> {
    try {
      known.set(id, await registry.reader(id));
    } catch (error) {
      if (error instanceof TargetUnavailable || error instanceof ConfigError) throw error;
      // Ids come from payloads: there may be as many as events.
      const [oldest] = failed.size < mostFailed ? [] : failed.keys();
      if (oldest !== undefined) failed.delete(oldest);
      const message = `the Avro schema ${id} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      failed.set(id, error instanceof DataError ? error : new DataError(message, { cause: error }));
    }
  }
}

function idOf(payload: Uint8Array): number | undefined {
  if (payload.byteLength < prefixBytes || payload[0] !== 0) return undefined;
  return new DataView(payload.buffer, payload.byteOffset).getUint32(1);
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new ConfigError('schema.registry.url has an entry that is not a valid address. Use http://host:8081');
  if (url.username !== '')
    throw new ConfigError(
      'schema.registry.url has a user in it. Set basic.auth.credentials.source=USER_INFO and basic.auth.user.info',
    );
  return text.endsWith('/') ? text : `${text}/`;
}

function authorizationOf(config: Config): string | undefined {
  const info = config.optional('basic.auth.user.info') ?? config.optional('schema.registry.basic.auth.user.info');
  if (info === undefined) return undefined;
  if (config.text('basic.auth.credentials.source') !== 'USER_INFO')
    throw new ConfigError('basic.auth.user.info has no effect without basic.auth.credentials.source=USER_INFO. Set it');
  return `Basic ${Buffer.from(info).toString('base64')}`;
}
