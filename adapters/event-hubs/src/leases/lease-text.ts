import type { Lease } from '@isostream/coordination';
import { fromPosition, toPosition } from '../consume/place.ts';

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

/**
 * A lease as metadata: `sequencenumber` and `offset` as Microsoft's BlobCheckpointStore reads them, everything in
 * `isostream`. They are written by one request, so that the checkpoint is fenced as the lease is.
 */
export function toMetadata(lease: Lease, owner: Owner): Record<string, string> {
  const { partition: _, ...rest } = lease;
  const place = fromPosition(lease.position);
  return {
    ...(place === undefined ? {} : { sequencenumber: String(place.sequenceNumber), offset: place.offset }),
    isostream: printable(JSON.stringify({ ...owner, ...rest })),
  };
}

/** `undefined` for metadata that is neither ours nor a checkpoint. */
export function fromMetadata(partition: string, metadata: Metadata): StoredLease | undefined {
  const own = metadata['isostream'];
  if (own !== undefined) return fromText(partition, own);
  const { sequencenumber, offset } = metadata;
  if (sequencenumber === undefined || offset === undefined) return undefined;
  const position = toPosition({ sequenceNumber: Number(sequencenumber), offset });
  const lease = { ...nobodys, partition, position };
  return { lease, group: undefined, hubCreated: undefined };
}

const nobodys = { counter: 0, token: 0, owner: undefined, askedBy: undefined, after: [], isFinished: false };

function fromText(partition: string, text: string): StoredLease | undefined {
  const fields: unknown = parse(text);
  if (typeof fields !== 'object' || fields === null) return undefined;
  const read = (name: string): unknown => Reflect.get(fields, name);
  const [counter, token, position, after] = [read('counter'), read('token'), read('position'), read('after')];
  if (typeof counter !== 'number' || typeof token !== 'number' || typeof position !== 'string') return undefined;
  const lease: Lease = {
    partition,
    counter,
    token,
    owner: textOf(read('owner')),
    askedBy: textOf(read('askedBy')),
    position,
    after: Array.isArray(after) ? after.filter((one) => typeof one === 'string') : [],
    isFinished: read('isFinished') === true,
  };
  return { lease, group: textOf(read('group')), hubCreated: textOf(read('hubCreated')) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
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
