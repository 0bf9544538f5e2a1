import type { Tables } from '../tables.ts';

/**
 * Rows are only inserted and deleted, never updated, so that each leaves one dead version and not two, and there is one index,
 * which grows at one end. The table is vacuumed by how many rows are dead, not by a share of the table: an outbox that is
 * nearly empty has next to no share. Leases have room for new versions on the same page.
 */
export function createTables({ outbox, setAside, leases }: Tables): readonly string[] {
  const columns = 'id text not null, topic text not null, key text, shard smallint not null, event text not null';
  return [
    `create table if not exists ${outbox} (seq bigint generated always as identity primary key, ${columns})
     with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0)`,
    `create table if not exists ${setAside} (place bigint generated always as identity primary key, ${columns},
     code text not null, message text not null, set_aside_at timestamptz not null default now())`,
    `create table if not exists ${leases} (partition text primary key, counter bigint not null, token bigint not null,
     owner text, asked_by text, position text not null, after text not null, finished smallint not null)
     with (fillfactor = 50)`,
  ];
}
