import type { Lease } from '@isostream/coordination';
import { fromPosition } from '../position.ts';

/** A lease as blob metadata, and whose it is. */
export interface StoredLease {
  readonly lease: Lease;
  /** `undefined` for a checkpoint that another client wrote. */
  readonly group: string | undefined;
  /** When the hub was created that it is of; likewise. */
  readonly hubCreated: string | undefined;
}

/** Whose lease it is, beside what a lease itself says. */
export interface Owner {
  readonly group: string;
  /** A hub that was deleted and made anew has the same name, and none of its positions. */
  readonly hubCreated: string;
}

/** Metadata of a blob: names in lower case, values in printable ASCII. */
type Metadata = Readonly<Record<string, string>>;

/** What lies where a lease should and is none; the text says why. */
export class NoLease extends Error {}

/**
 * A lease as metadata: `sequencenumber` and `offset` as Microsoft's BlobCheckpointStore reads them, everything in
 * `isostream`. They are written by one request, so that the checkpoint is fenced as the lease is.
 */
export function toMetadata(lease: Lease, owner: Owner): Record<string, string> {
  const { partition: _, ...rest } = lease;
  const { sequenceNumber, offset } = fromPosition(lease.position) ?? {};
  return {
    ...(sequenceNumber === undefined ? {} : { sequencenumber: String(sequenceNumber) }),
    ...(offset === undefined ? {} : { offset }),
    isostream: printable(JSON.stringify({ ...owner, ...rest })),
  };
}

/** Throws {@link NoLease} for metadata that is neither ours nor a checkpoint of Microsoft's clients. */
export function fromMetadata(partition: string, metadata: Metadata): StoredLease {
  // Lists give names as they were written, single blobs in lower case.
  const named = new Map(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
  const own = named.get('isostream');
  return own === undefined
    ? fromCheckpoint(partition, named.get('sequencenumber'), named.get('offset'))
    : fromText(partition, own);
}

/** As if somebody had taken it: the group had started, and a partition without a checkpoint is read from its start. */
const anothers = { counter: 0, token: 1, owner: undefined, askedBy: undefined, after: [], isFinished: false };

/** Either of the two says where to go on; clients leave the other out, or empty. */
function fromCheckpoint(partition: string, number = '', offset = ''): StoredLease {
  if (number === '' && offset === '') throw new NoLease('it has no metadata of a lease or a checkpoint');
  const position = `${number}@${offset}`;
  if (fromPosition(position) === undefined)
    throw new NoLease(`its sequencenumber is ${JSON.stringify(number.slice(0, 40))}`);
  return { lease: { ...anothers, partition, position }, group: undefined, hubCreated: undefined };
}

function fromText(partition: string, text: string): StoredLease {
  const fields: unknown = parse(text);
  if (typeof fields !== 'object' || fields === null) throw new NoLease('its metadata "isostream" is not a JSON object');
  const read = (name: string): unknown => (Object.hasOwn(fields, name) ? Reflect.get(fields, name) : undefined);
  const position = read('position');
  if (typeof position !== 'string') throw wrong('position');
  const lease: Lease = {
    partition,
    counter: countOf(read('counter'), 'counter'),
    token: countOf(read('token'), 'token'),
    owner: textOf(read('owner'), 'owner'),
    askedBy: textOf(read('askedBy'), 'askedBy'),
    position,
    after: listOf(read('after')),
    isFinished: flagOf(read('isFinished')),
  };
  return { lease, group: textOf(read('group'), 'group'), hubCreated: textOf(read('hubCreated'), 'hubCreated') };
}

function countOf(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong(name);
  return value;
}

function textOf(value: unknown, name: string): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw wrong(name);
  return value;
}

function listOf(value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) throw wrong('after');
  return value;
}

function flagOf(value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrong('isFinished');
  return value;
}

/** For whoever knows what a field has to hold. */
export function wrong(name: string): NoLease {
  return new NoLease(`"${name}" in its metadata "isostream" is missing or has no value that isostream writes`);
}

function parse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}

/** JSON text in characters that neither HTTP headers, nor their signature, nor XML would change. */
function printable(json: string): string {
  return json.replace(
    /[^\u0021-\u007e]|[<>&]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
