export { createOutbox, type Outbox, type OutboxOptions, type PreparedEvents } from './outbox.ts';
export { Relay, type RelayOptions, type RelayStatus } from './relay/relay.ts';
export type { OutboxRow, StoredRow } from './row.ts';
export type { Backlog, OutboxStore, Page, PageRequest, RefusedRow, SetAsideRow } from './store.ts';
export { postgresOutbox, type PostgresOutboxOptions } from './postgres/postgres.ts';
export type { PostgresClient, PostgresPool } from './postgres/client.ts';
export { sqliteOutbox, type SqliteOutboxOptions } from './sqlite/sqlite.ts';
export type { SqliteDatabase, SqliteStatement } from './sqlite/database.ts';
