import type { Streams } from '@isostream/core';
import { type Config, ConfigError } from '../config/definition.ts';
import { addressProblem } from '../postgres/address.ts';
import { openPool } from '../postgres/pool.ts';
import type { RelayingSource, SourceClass } from './source.ts';
import { topicsOf } from './topics-module.ts';

/** The outbox table of PostgreSQL that `@isostream/outbox` writes, relayed by that package's own relay. */
export const outboxSource: SourceClass = {
  classNames: ['PostgresOutboxSource', 'OutboxSource'],
  definitions: {
    'connection.url': { type: 'string', notEmpty: true, doc: 'postgres://host:5432/database' },
    'connection.user': { type: 'string', optional: true, doc: 'the user' },
    'connection.password': { type: 'password', optional: true, doc: 'the password' },
    'topics.module': { type: 'string', notEmpty: true, doc: 'the JavaScript module that exports the topics' },
    topics: { type: 'list', default: '', doc: 'which of them are relayed; all by default' },
    'table.prefix': { type: 'string', default: 'isostream_', doc: 'in front of the names of the tables' },
    'poll.interval.ms': { type: 'int', default: '200', min: 1, doc: 'how often an outbox without new rows is read' },
    'batch.size': { type: 'int', default: '1000', min: 1, doc: 'rows that are read, sent and removed together' },
  },
  withoutEffect: {
    'key.converter': 'events are sent as their topics declare it',
    'value.converter': 'events are sent as their topics declare it',
    'header.converter': 'events are sent as their topics declare it',
    'errors.tolerance': 'what no attempt can send is set aside in the outbox, and its key goes on',
    'errors.log.enable': 'what no attempt can send is set aside in the outbox, with its error',
  },
  needsOffsets: () => false,
  create: (config) => new OutboxSource(config),
};

class OutboxSource implements RelayingSource {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
    const problem = addressProblem(config.text('connection.url'), 'connection.url');
    if (problem !== undefined) throw new ConfigError(problem);
  }

  async relay(streams: Streams, signal: AbortSignal): Promise<void> {
    const config = this.#config;
    const { createOutbox, postgresOutbox } = await import('@isostream/outbox').catch((cause: unknown) => {
      throw new ConfigError('PostgresOutboxSource needs the package @isostream/outbox: npm install @isostream/outbox', {
        cause,
      });
    });
    const topics = await topicsOf(config.text('topics.module'), config.list('topics'));
    const database = {
      url: config.text('connection.url'),
      user: config.optional('connection.user'),
      password: config.optional('connection.password'),
      connections: 4,
    };
    const { pool, end } = await openPool(database, 'connection.url');
    try {
      const store = postgresOutbox(pool, { prefix: config.text('table.prefix') });
      const outbox = createOutbox({ store, topics });
      await outbox.ensure();
      const relay = outbox.relay(streams, {
        pollInterval: config.number('poll.interval.ms'),
        pageSize: config.number('batch.size'),
      });
      await relay.run({ signal });
    } finally {
      await end();
    }
  }
}
