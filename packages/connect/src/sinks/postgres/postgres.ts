import type { Client } from 'pg';
import { type Config, ConfigError } from '../../config/definition.ts';
import { DataError } from '../../data/values.ts';
import { Sockets } from '../../postgres/sockets.ts';
import {
  type PutResult,
  refused,
  type Sink,
  type SinkClass,
  type SinkContext,
  type SinkRecord,
  stored,
} from '../sink.ts';
import { definitions, optionsOf, type PostgresOptions, withoutEffect } from './definitions.ts';
import { meaningOf } from './errors.ts';
import { Positions } from './positions.ts';
import { type Row, rowOf } from './rows.ts';
import { grouped, statementOf } from './statements.ts';
import { type Column, Tables } from './tables.ts';

/** Rows of PostgreSQL, written with their places in one transaction. */
export const postgresSink: SinkClass = {
  classNames: [
    'io.confluent.connect.jdbc.JdbcSinkConnector',
    'io.aiven.connect.jdbc.JdbcSinkConnector',
    'io.debezium.connector.jdbc.JdbcSinkConnector',
    'JdbcSinkConnector',
    'JdbcSink',
    'PostgresSink',
  ],
  definitions,
  withoutEffect,
  create: (config, context) => new PostgresSink(config, context),
};

/** In the message that begins the transaction: each message is a way there and back. */
const savepoint = 'savepoint isostream';
const connectMs = 10_000;
const statementMs = 60_000;
const endMs = 5_000;

interface Item {
  readonly record: SinkRecord;
  readonly row: Row;
}

class PostgresSink implements Sink {
  readonly #options: PostgresOptions;
  readonly #tables: Tables;
  readonly #positions: Positions | undefined;
  readonly #sockets = new Sockets();
  #client: Client | undefined;

  constructor(config: Config, { connector }: SinkContext) {
    this.#options = optionsOf(config);
    const { positions } = this.#options;
    this.#tables = new Tables(this.#options);
    this.#positions = positions === undefined ? undefined : new Positions(connector, positions, this.#options);
  }

  async open(): Promise<void> {
    await this.#transaction(async (client) => this.#positions?.create(client));
  }

  async put(records: readonly SinkRecord[]): Promise<readonly PutResult[]> {
    const results: PutResult[] = records.map(() => stored);
    const items: Item[] = [];
    for (const [index, record] of records.entries()) {
      try {
        items.push({ record, row: rowOf(record, index, this.#options) });
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        results[index] = refused(error);
      }
    }
    if (items.length === 0) return results;
    const begin = this.#positions?.beginning(items.map(({ record }) => record)) ?? 'begin; ';
    await this.#transaction(async (client) => {
      await this.#store(client, items, results);
      await this.#positions?.prune(client);
    }, begin + savepoint);
    return results;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await this.#sockets.ended(client.end(), endMs);
  }

  /**
   * Stores rows and their places, behind a savepoint that is there already. Where one of them is bad, halves: it is found, and the
   * others are stored.
   */
  async #store(client: Client, items: readonly Item[], results: PutResult[]): Promise<void> {
    try {
      await this.#write(client, items);
      return;
    } catch (thrown) {
      const error = meaningOf(thrown);
      if (!(error instanceof DataError)) throw error;
      await client.query('rollback to savepoint isostream');
      this.#tables.forget();
      const [only, ...others] = items;
      if (only !== undefined && others.length === 0) {
        results[only.row.index] = refused(error);
        return;
      }
    }
    const half = Math.ceil(items.length / 2);
    await this.#store(client, items.slice(0, half), results);
    // What the first half stored stays; the savepoint is where the second begins.
    await client.query('release savepoint isostream; savepoint isostream');
    await this.#store(client, items.slice(half), results);
  }

  async #write(client: Client, items: readonly Item[]): Promise<void> {
    const fresh = await this.#positions?.note(
      client,
      items.map(({ record }) => record),
    );
    const placed: { readonly row: Row; readonly columns: readonly Column[] }[] = [];
    for (const { record, row } of items)
      if (fresh === undefined || fresh.has(record))
        placed.push({ row, columns: this.#tables.found(row) ?? (await this.#tables.columnsOf(client, row)) });
    for (const group of grouped(placed)) {
      const { text, values } = statementOf(group, this.#options.insertMode, this.#options.keyMode);
      if (text !== '') await client.query(text, [...values]);
    }
  }

  /** All or nothing. An end that nobody heard of is an outage: what was stored is recognised when it comes again. */
  async #transaction(work: (client: Client) => Promise<void>, begin = 'begin'): Promise<void> {
    try {
      this.#client ??= await this.#connect();
      const client = this.#client;
      await client.query(begin);
      await work(client);
      await client.query('commit');
    } catch (thrown) {
      this.#tables.forget();
      // The next attempt has a connection of its own: of this one nobody knows what it still does.
      void this.close();
      throw meaningOf(thrown);
    }
  }

  async #connect(): Promise<Client> {
    const { default: pg } = await import('pg').catch((cause: unknown) => {
      throw new ConfigError('the package pg is missing. Install it: npm install pg', { cause });
    });
    const client = new pg.Client({
      connectionString: this.#options.url,
      stream: this.#sockets.make,
      keepAlive: true,
      connectionTimeoutMillis: connectMs,
      query_timeout: statementMs,
      statement_timeout: statementMs,
      // A process that was stopped in a transaction holds its partitions: whoever has them next waits no longer than this.
      idle_in_transaction_session_timeout: statementMs,
      application_name: 'isostream-connect',
    });
    client.on('error', () => {
      if (this.#client === client) this.#client = undefined;
    });
    await client.connect();
    return client;
  }
}
