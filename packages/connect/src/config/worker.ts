import { type Definitions, listOf, type Properties } from './definition.ts';

/** What a worker file may have, with Kafka Connect's defaults. */
export const workerDefinitions: Definitions = {
  'bootstrap.servers': { type: 'list', optional: true, doc: 'the brokers; with isostream.url not needed' },
  'isostream.url': { type: 'string', optional: true, doc: 'the address of a provider, such as kinesis://eu-west-1' },
  'key.converter': { type: 'string', doc: 'the class of the converter of keys' },
  'value.converter': { type: 'string', doc: 'the class of the converter of values' },
  'header.converter': {
    type: 'string',
    default: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    doc: 'the class of the converter of headers',
  },
  'offset.flush.interval.ms': { type: 'long', default: '60000', min: 1, doc: 'how often positions are committed' },
  'offset.flush.timeout.ms': { type: 'long', default: '5000', min: 1, doc: 'how long offsets may take to be stored' },
  'offset.storage.file.filename': {
    type: 'string',
    optional: true,
    doc: 'the file that keeps how far sources were read',
  },
  'offset.storage.topic': { type: 'string', optional: true, doc: 'the topic that keeps it, instead of a file' },
  'offset.storage.partitions': { type: 'int', optional: true, min: -1, doc: 'partitions of that topic, if it is made' },
  'offset.storage.replication.factor': { type: 'int', optional: true, min: -1, doc: 'its copies, if it is made' },
  'offset.storage.table.url': {
    type: 'string',
    optional: true,
    doc: 'the PostgreSQL that keeps it, instead of a file or a topic',
  },
  'offset.storage.table.name': { type: 'string', default: 'isostream_connect_offsets', doc: 'the table there' },
  'offset.storage.table.user': { type: 'string', optional: true, doc: 'the user there' },
  'offset.storage.table.password': { type: 'password', optional: true, doc: 'the password there' },
  'topic.creation.enable': { type: 'boolean', default: 'true', doc: 'whether sources may have their topics made' },
  'task.shutdown.graceful.timeout.ms': {
    type: 'long',
    default: '5000',
    min: 1,
    doc: 'how long tasks may take to end',
  },
  'security.protocol': {
    type: 'string',
    default: 'PLAINTEXT',
    oneOf: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    doc: 'whether connections are encrypted, and whether there is a login',
  },
  'sasl.mechanism': {
    type: 'string',
    default: 'GSSAPI',
    oneOf: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'GSSAPI'],
    doc: 'how to log in',
  },
  'sasl.jaas.config': { type: 'password', optional: true, doc: 'user and password of the login' },
  'client.id': { type: 'string', optional: true, doc: 'the name that brokers log' },
  'config.providers': { type: 'list', default: '', doc: 'where placeholders are looked up: env, file' },
};

/** Properties of workers that are accepted, and why nothing comes of them. */
export const workerWithoutEffect: Readonly<Record<string, string>> = {
  'plugin.path': 'connectors are built in, or given by code',
  'plugin.discovery': 'connectors are built in, or given by code',
  listeners: 'there is no REST interface',
  'rest.port': 'there is no REST interface',
  'rest.host.name': 'there is no REST interface',
  'group.id': 'each connector has a group of its own, connect-<name>',
  'exactly.once.source.support':
    'events and offsets are not written in one transaction: after a crash events come again',
  'config.storage.topic': 'connectors are read from files',
  'config.storage.replication.factor': 'connectors are read from files',
  'status.storage.topic': 'the state of connectors is said, and not stored',
  'status.storage.replication.factor': 'the state of connectors is said, and not stored',
  'status.storage.partitions': 'the state of connectors is said, and not stored',
  'internal.key.converter': 'it is not used any more',
  'internal.value.converter': 'it is not used any more',
};

/** Prefixes of settings that clients of other programs have. */
export const clientPrefixes: readonly string[] = ['consumer.', 'producer.', 'admin.', 'ssl.', 'sasl.', 'metrics.'];

/** What is wrong with the address and the login of a worker. */
export function connectionProblems(worker: Properties, hasAddress: boolean): { errors: string[]; warnings: string[] } {
  const errors: string[] = [];
  const warnings: string[] = [];
  const protocol = worker['security.protocol'] ?? 'PLAINTEXT';
  const servers = listOf(worker['bootstrap.servers'] ?? '');
  if (servers.length === 0 && !hasAddress)
    errors.push('bootstrap.servers is missing. Give it, or isostream.url, or set ISOSTREAM_URL');
  if (!protocol.startsWith('SASL')) {
    for (const name of ['sasl.mechanism', 'sasl.jaas.config'])
      if (worker[name] !== undefined)
        warnings.push(`${name} has no effect without security.protocol=SASL_SSL or SASL_PLAINTEXT: nobody logs in`);
  } else if (hasAddress) {
    warnings.push('security.protocol has no effect: the address of isostream.url or ISOSTREAM_URL is used');
  } else if (loginOf(worker) === undefined) {
    errors.push(
      'sasl.mechanism and sasl.jaas.config give no login. Use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, and …LoginModule required username="…" password="…";',
    );
  }
  return { errors, warnings };
}

/** How to reach Kafka, in the form of its adapter's options. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly ssl?: true;
  readonly sasl?: Login;
  readonly clientId?: string;
}

interface Login {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export function connectionOf(worker: Properties): KafkaConnection {
  const protocol = worker['security.protocol'] ?? 'PLAINTEXT';
  const login = protocol.startsWith('SASL') ? loginOf(worker) : undefined;
  const clientId = worker['client.id'];
  return {
    // Java's form may name a listener: SASL_SSL://host:9092.
    brokers: listOf(worker['bootstrap.servers'] ?? '').map((server) => server.replace(/^[A-Z_]+:\/\//, '')),
    ...(protocol.endsWith('SSL') ? { ssl: true } : {}),
    ...(login === undefined ? {} : { sasl: login }),
    ...(clientId === undefined ? {} : { clientId }),
  };
}

function loginOf(worker: Properties): Login | undefined {
  const mechanism = (['plain', 'scram-sha-256', 'scram-sha-512'] as const).find(
    (name) => name === worker['sasl.mechanism']?.toLowerCase(),
  );
  const jaas = worker['sasl.jaas.config'] ?? '';
  const of = (name: string): string | undefined =>
    new RegExp(`\\b${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|'([^']*)'|([^\\s;]+))`)
      .exec(jaas)
      ?.slice(1)
      .find((part) => part !== undefined)
      ?.replaceAll(/\\(.)/g, '$1');
  const [username, password] = [of('username'), of('password')];
  return mechanism === undefined || username === undefined || password === undefined
    ? undefined
    : { mechanism, username, password };
}
