import type { Lease } from '@isostream/coordination';
import { StreamError } from '@isostream/core';
import type { SetAsideRow } from './store.ts';
import type { StoredRow } from './row.ts';

/** Cells of a row that a database answered, by the names of its columns. Throws where the table is not one of ours. */
export class Cells {
  readonly #row: Readonly<Record<string, unknown>>;

  constructor(row: unknown) {
    if (typeof row !== 'object' || row === null) throw foreign('a row');
    this.#row = { ...row };
  }

  text(name: string): string {
    const value = this.#row[name];
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'bigint') return String(value);
    throw foreign(name);
  }

  textOrNull(name: string): string | null {
    return this.#row[name] === null ? null : this.text(name);
  }

  number(name: string): number {
    const value = Number(this.text(name));
    if (!Number.isSafeInteger(value)) throw foreign(name);
    return value;
  }
}

export function storedRow(row: unknown): StoredRow {
  const cells = new Cells(row);
  return {
    seq: cells.text('seq'),
    id: cells.text('id'),
    topic: cells.text('topic'),
    key: cells.textOrNull('key'),
    shard: cells.number('shard'),
    event: cells.text('event'),
  };
}

export function setAsideRow(row: unknown): SetAsideRow {
  const cells = new Cells(row);
  return {
    id: cells.text('id'),
    topic: cells.text('topic'),
    key: cells.textOrNull('key'),
    event: cells.text('event'),
    code: cells.text('code'),
    message: cells.text('message'),
    setAsideAt: new Date(cells.number('set_aside_ms')),
  };
}

/** Names of the columns of a lease, in the order of {@link leaseValues}. */
export const leaseColumns = [
  'partition',
  'counter',
  'token',
  'owner',
  'asked_by',
  'position',
  'after',
  'finished',
] as const;

export function leaseValues(lease: Lease): readonly (string | number | null)[] {
  const { partition, counter, token, owner = null, askedBy = null, position, after, isFinished } = lease;
  return [partition, counter, token, owner, askedBy, position, JSON.stringify(after), isFinished ? 1 : 0];
}

export function leaseOf(row: unknown): Lease {
  const cells = new Cells(row);
  const after: unknown = JSON.parse(cells.text('after'));
  return {
    partition: cells.text('partition'),
    counter: cells.number('counter'),
    token: cells.number('token'),
    owner: cells.textOrNull('owner') ?? undefined,
    askedBy: cells.textOrNull('asked_by') ?? undefined,
    position: cells.text('position'),
    after: Array.isArray(after) ? after.map(String) : [],
    isFinished: cells.number('finished') === 1,
  };
}

function foreign(what: string): StreamError {
  const message = `the table has an unknown form (${what}). Give outboxes of different versions different prefixes`;
  return new StreamError('conflict', message, { where: 'outbox' });
}
