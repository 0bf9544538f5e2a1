import { createHash } from 'node:crypto';
import { ConfigError } from '../../config/definition.ts';
import type { SinkRecord } from '../sink.ts';
import type { PostgresOptions } from './definitions.ts';
import { packed, type Place, placeText, unpacked } from './places.ts';
import { changing, type Queryable, quoted } from './tables.ts';

/** How often old places are deleted, and how many rows of them at a time. */
const everyMs = 60_000;
const atOnce = 10_000;
/** As many as the longest position has: texts of one length sort as their numbers do. */
const digits = 64;

/** The places of one partition that one transaction stores: in one row, so that they cost little beside the rows of the records. */
interface Page {
  readonly topic: string;
  readonly partition: string;
  readonly records: SinkRecord[];
  /** Between these are all of them, by {@link orderOf}. */
  first: string;
  last: string;
}

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
    const earlier = `select 1 from pg_attribute where attrelid = to_regclass($1) and attname = 'position' and not attisdropped`;
    if ((await client.query(earlier, [table])).rows.length > 0)
      throw new ConfigError(
        `the table ${this.#name} was made by an earlier version. Stop the connector and drop it, or name another one by isostream.positions.table`,
      );
    const index = (of: string): string => quoted(`${this.#name.split('.').at(-1) ?? ''}_${of}`);
    await changing(
      client,
      this.#name,
      `create table if not exists ${table} (connector text collate "C" not null, topic text collate "C" not null,
       partition text collate "C" not null, first text collate "C" not null, last text collate "C" not null,
       places text not null, stored_at timestamptz not null default now());
       create index if not exists ${index('span')} on ${table} using gist (${spanOf('')});
       create index if not exists ${index('stored_at')} on ${table} using brin (stored_at)`,
    );
  }

  /**
   * What takes the partitions of these records for the transaction that it begins. Another owner of one of them waits, and sees
   * what this one stored: not where the whole transaction sees what was stored as it began, which a database may have as its
   * default. In one order everywhere, because two that wait for each other would be ended by the database.
   */
  beginning(records: readonly SinkRecord[]): string {
    const numbers = pagesOf(records)
      .map(({ topic, partition }) => lockOf([this.#name, this.#connector, topic, partition]))
      .toSorted(ascending);
    return `begin isolation level read committed; ${numbers.map((number) => `select pg_advisory_xact_lock(${number}); `).join('')}`;
  }

  /**
   * Notes places, and gives the records whose places were not noted before; `undefined` for all of them. Needs what
   * {@link beginning} took.
   */
  async note(client: Queryable, records: readonly SinkRecord[]): Promise<ReadonlySet<SinkRecord> | undefined> {
    const pages = pagesOf(records);
    const table = quoted(this.#name);
    // Only what other attempts and owners stored reaches into these: there is nothing of it most of the time.
    const { rows } = await client.query(
      `with page as (
         select * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as p(topic, partition, first, last, places)
       ), noted as (
         insert into ${table} (connector, topic, partition, first, last, places) select $1, page.* from page
       )
       select old.topic, old.partition, old.places from page
       join ${table} as old on old.connector = $1 and old.topic = page.topic and old.partition = page.partition
         and ${spanOf('old.')} && ${spanOf('page.')}`,
      [
        this.#connector,
        pages.map(({ topic }) => topic),
        pages.map(({ partition }) => partition),
        pages.map(({ first }) => first),
        pages.map(({ last }) => last),
        pages.map((page) => packed(page.records.map(placeOf))),
      ],
    );
    if (rows.length === 0) return undefined;
    const known = new Set<string>();
    for (const { topic, partition, places } of rows)
      for (const place of unpacked(String(places))) known.add(`${String(topic)}\n${String(partition)}\n${place}`);
    return new Set(
      records.filter((record) => {
        const { topic, partition } = record.origin;
        return !known.has(`${topic}\n${partition}\n${placeText(placeOf(record))}`);
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

/** By what an index finds the pages that reach into another: where a group starts again, half of them lie behind it. */
function spanOf(of: string): string {
  return `numrange(${of}first::numeric, ${of}last::numeric, '[]')`;
}

function pagesOf(records: readonly SinkRecord[]): readonly Page[] {
  const pages = new Map<string, Page>();
  let page: Page | undefined;
  for (const record of records) {
    const { topic, partition } = record.origin;
    const order = orderOf(record);
    if (page?.partition !== partition || page.topic !== topic) {
      const name = `${topic}\n${partition}`;
      page = pages.get(name) ?? { topic, partition, records: [], first: order, last: order };
      pages.set(name, page);
    }
    if (order < page.first) page.first = order;
    if (order > page.last) page.last = order;
    page.records.push(record);
  }
  return [...pages.values()];
}

/** Text by which the places of a partition sort: by position, or by time where a position has no order. */
function orderOf({ order, timestamp }: SinkRecord): string {
  return (order ?? String(Math.max(0, timestamp ?? 0))).padStart(digits, '0');
}

/**
 * The position of a record, with the time when it was stored there: a topic that is made again, and another service, give the same
 * positions to other records.
 */
function placeOf({ origin, timestamp }: SinkRecord): Place {
  return { position: origin.position, timestamp };
}

function lockOf(names: readonly string[]): bigint {
  return createHash('sha256').update(JSON.stringify(names)).digest().readBigInt64BE();
}

function ascending(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
