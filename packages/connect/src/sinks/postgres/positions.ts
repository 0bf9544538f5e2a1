import type { SinkRecord } from '../sink.ts';
import type { PostgresOptions } from './definitions.ts';
import { changing, type Queryable, quoted } from './tables.ts';

/** How often old places are deleted, and how many at a time. */
const everyMs = 60_000;
const atOnce = 10_000;

/** The places of all records that were stored, in the transaction that stored them: what comes again is seen. */
export class Positions {
  readonly #connector: string;
  readonly #name: string;
  readonly #keepMs: number;
  #prunedAt = 0;

  constructor(connector: string, name: string, { keepMs }: PostgresOptions) {
    this.#connector = connector;
    this.#name = name;
    this.#keepMs = keepMs;
  }

  async create(client: Queryable): Promise<void> {
    const table = quoted(this.#name);
    const index = quoted(`${this.#name.split('.').at(-1) ?? ''}_stored_at`);
    await changing(
      client,
      this.#name,
      `create table if not exists ${table} (connector text not null, topic text not null, partition text not null,
       position text not null, stored_at timestamptz not null default now(),
       primary key (connector, topic, partition, position));
       create index if not exists ${index} on ${table} (connector, stored_at)`,
    );
  }

  /** Notes places, and gives those that were not noted before. Waits for another process that is about to note the same. */
  async note(client: Queryable, records: readonly SinkRecord[]): Promise<ReadonlySet<SinkRecord>> {
    const byPlace = new Map(records.map((record) => [placeOf(positionedAt(record)), record]));
    // In one order everywhere: two processes that wait for each other would be ended by the database.
    const places = [...byPlace.keys()].toSorted();
    const origins = places.flatMap((place) => {
      const record = byPlace.get(place);
      return record === undefined ? [] : [positionedAt(record)];
    });
    const { rows } = await client.query(
      `insert into ${quoted(this.#name)} (connector, topic, partition, position)
       select $1, u.topic, u.partition, u.position from unnest($2::text[], $3::text[], $4::text[]) as u(topic, partition, position)
       on conflict do nothing returning topic, partition, position`,
      [
        this.#connector,
        origins.map(({ topic }) => topic),
        origins.map(({ partition }) => partition),
        origins.map(({ position }) => position),
      ],
    );
    return new Set(
      rows.flatMap(({ topic, partition, position }) => {
        const place = placeOf({ topic: String(topic), partition: String(partition), position: String(position) });
        return byPlace.get(place) ?? [];
      }),
    );
  }

  /** Deletes places that are older than they are kept. */
  async prune(client: Queryable): Promise<void> {
    if (Date.now() - this.#prunedAt < everyMs) return;
    this.#prunedAt = Date.now();
    const table = quoted(this.#name);
    const { rows } = await client.query(
      `delete from ${table} where ctid = any(array(select ctid from ${table}
       where connector = $1 and stored_at < now() - $2 * interval '1 ms' limit ${atOnce})) returning 1`,
      [this.#connector, this.#keepMs],
    );
    // There may be more of them than come in between.
    if (rows.length >= atOnce) this.#prunedAt = 0;
  }
}

/**
 * The place of a record, with the time when it was stored there: a topic that is made again, and another service, give the same
 * positions to other records.
 */
function positionedAt({ origin, timestamp }: SinkRecord): SinkRecord['origin'] {
  return { ...origin, position: `${origin.position} ${timestamp ?? ''}` };
}

function placeOf({ topic, partition, position }: SinkRecord['origin']): string {
  return JSON.stringify([topic, partition, position]);
}
