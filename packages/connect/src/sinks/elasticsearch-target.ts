import { type Config, ConfigError, type Definitions } from '../config/definition.ts';
import { DataError, isMap, kindOf, Struct, type Value } from '../data/values.ts';
import type { SinkRecord } from './sink.ts';

/** Properties of data streams, and of connections that Java makes by stores of its own. */
export const targetDefinitions: Definitions = {
  'data.stream.type': {
    type: 'string',
    default: 'none',
    oneOf: ['none', 'logs', 'metrics', 'NONE', 'LOGS', 'METRICS'],
    doc: 'whether records go to a data stream',
  },
  'data.stream.dataset': { type: 'string', default: '', doc: 'the second part of its name' },
  'data.stream.namespace': { type: 'string', default: `\${topic}`, doc: 'the third part of its name' },
  'data.stream.timestamp.field': { type: 'list', default: '', doc: 'fields that the time of a document is taken from' },
  'elastic.security.protocol': {
    type: 'string',
    default: 'PLAINTEXT',
    oneOf: ['PLAINTEXT', 'SSL'],
    doc: 'whether the addresses have to be https',
  },
  ...Object.fromEntries(
    [...['truststore', 'keystore'].flatMap((store) => [`${store}.location`, `${store}.password`, `${store}.type`])]
      .concat('key.password', 'keystore.key', 'keystore.certificate.chain', 'truststore.certificates')
      .concat('endpoint.identification.algorithm')
      .map((name) => [`elastic.https.ssl.${name}`, { type: 'password', optional: true, doc: 'TLS as Java has it' }]),
  ),
  'kerberos.user.principal': { type: 'string', optional: true, doc: 'a login by Kerberos' },
  'kerberos.keytab.path': { type: 'string', optional: true, doc: 'a login by Kerberos' },
  'proxy.host': { type: 'string', optional: true, doc: 'a proxy' },
};

/** Throws {@link ConfigError} for a connection that is not made as the file says. */
export function checkConnection(config: Config, urls: readonly URL[]): void {
  const given = (name: string): boolean => (config.optional(name)?.trim() ?? '') !== '';
  const tls = Object.keys(targetDefinitions).filter((name) => name.startsWith('elastic.https.ssl.') && given(name));
  const keys = tls.filter((name) => /keystore|key\.password/.test(name));
  if (keys.length > 0)
    throw new ConfigError(`${keys.join(', ')}: client certificates are not supported. Log in by connection.username`);
  const trust = tls.filter((name) => name.includes('truststore'));
  if (trust.length > 0)
    throw new ConfigError(
      `${trust.join(', ')}: certificates are not read from a store of Java. Give the authority as PEM to Node.js, by the variable NODE_EXTRA_CA_CERTS, and leave these out`,
    );
  const algorithm = config.optional('elastic.https.ssl.endpoint.identification.algorithm');
  if (algorithm !== undefined && algorithm.trim().toLowerCase() !== 'https')
    throw new ConfigError(
      'elastic.https.ssl.endpoint.identification.algorithm turns off the check of host names, which is always made. Leave it out, and use a name that the certificate has',
    );
  if (config.text('elastic.security.protocol') === 'SSL' && urls.some(({ protocol }) => protocol !== 'https:'))
    throw new ConfigError('elastic.security.protocol is SSL, and connection.url has an address that is not https');
  for (const name of ['kerberos.user.principal', 'kerberos.keytab.path', 'proxy.host'])
    if (given(name))
      throw new ConfigError(
        `${name} is not supported. Use connection.username, and an address that is reached directly`,
      );
}

/** Where documents of a data stream go, and what they get. */
export interface DataStream {
  nameFor(topic: string): string;
  /** Throws {@link DataError} where a field that has the time has none. */
  timestampOf(record: SinkRecord): string;
}

/** `undefined` where records go to an index. Throws {@link ConfigError}. */
export function dataStreamOf(config: Config): DataStream | undefined {
  const type = config.text('data.stream.type').toLowerCase();
  const dataset = config.text('data.stream.dataset').trim();
  if (type === 'none') {
    if (dataset !== '') throw new ConfigError('data.stream.dataset needs data.stream.type. Set it to logs or metrics');
    return undefined;
  }
  if (dataset === '') throw new ConfigError('data.stream.type needs data.stream.dataset, the second part of the name');
  if (config.text('write.method').toLowerCase() === 'upsert')
    throw new ConfigError('write.method is upsert, and a data stream only takes new documents. Set it to insert');
  if (config.text('behavior.on.null.values').toLowerCase() === 'delete')
    throw new ConfigError(
      'behavior.on.null.values is delete, and a data stream deletes no documents. Set it to ignore',
    );
  const fields = config.list('data.stream.timestamp.field');
  const namespace = config.text('data.stream.namespace');
  return {
    nameFor: (topic) => `${type}-${dataset}-${namespace.replaceAll(`\${topic}`, topic)}`.toLowerCase(),
    timestampOf({ value: { value }, timestamp }) {
      for (const field of fields) {
        const found = isMap(value) ? value.get(field) : value instanceof Struct ? value.values.get(field) : undefined;
        if (found !== undefined && found !== null) return timeText(field, found);
      }
      return new Date(timestamp ?? Date.now()).toISOString();
    },
  };
}

/** Milliseconds since 1970, or a text that the cluster reads. */
function timeText(field: string, value: Value): string {
  if (typeof value === 'string') return value;
  const time =
    typeof value === 'bigint' || typeof value === 'number'
      ? new Date(Number(value))
      : value instanceof Date
        ? value
        : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time.toISOString();
  throw new DataError(`${field} of data.stream.timestamp.field is ${kindOf(value)}, and not a time`);
}
