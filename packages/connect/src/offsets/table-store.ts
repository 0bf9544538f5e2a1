import { ConfigError } from '../config/definition.ts';
import { placeOf, placeText, type SourceOffset } from './place.ts';
import type { OffsetStore } from './store.ts';

/** What answers queries: a `Pool` of `pg`, or whatever has this method. */
export interface OffsetTableClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

export interface TableOffsetsOptions {
  /** With its schema if need be. Default `isostream_connect_offsets`. */
  readonly table?: string;
  /** Called when the connectors have ended. */
  readonly close?: () => Promise<void>;
}

/** Offsets in a table of PostgreSQL, which is made if it is missing; a flush is one statement. */
export function tableOffsets(
  client: OffsetTableClient,
  { table = 'isostream_connect_offsets', close }: TableOffsetsOptions = {},
): OffsetStore {
  return {
    name: `the offset table ${table}`,
    async read() {
      await client.query(
        `create table if not exists ${table} (connector text not null, partition text not null, "offset" text not null,
         stored_at timestamptz not null default now(), primary key (connector, partition)) with (fillfactor = 50)`,
      );
      const { rows } = await client.query(`select connector, partition, "offset" from ${table}`);
      return rows.map(rowOf);
    },
    async write(offsets) {
      await client.query(
        `insert into ${table} as stored (connector, partition, "offset")
         select * from unnest($1::text[], $2::text[], $3::text[])
         on conflict (connector, partition) do update set "offset" = excluded."offset", stored_at = now()`,
        [
          offsets.map(({ connector }) => connector),
          offsets.map(({ partition }) => placeText(partition)),
          offsets.map(({ offset }) => JSON.stringify(offset)),
        ],
      );
    },
    ...(close === undefined ? {} : { close }),
  };
}

/** A row of the table. Throws for one that somebody else wrote. */
function rowOf(row: unknown): SourceOffset {
  const cell = (name: string): unknown =>
    typeof row === 'object' && row !== null ? Object.entries(row).find(([column]) => column === name)?.[1] : undefined;
  const [connector, partition, offset] = ['connector', 'partition', 'offset'].map((name) => String(cell(name)));
  const [place, reached] = [placeOf(JSON.parse(partition ?? '')), placeOf(JSON.parse(offset ?? ''))];
  if (connector === undefined || place === undefined || reached === undefined)
    throw new ConfigError(`the offset table has a row of ${connector} that holds no offset: ${partition}, ${offset}`);
  return { connector, partition: place, offset: reached };
}
