import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Key } from '@isostream/core/adapter';

/** Kinesis wants a key of 1 to 256 characters. Any other value is spelled with this in front. */
const prefix = 'isostream:';
const none = `${prefix}none:`;
const empty = `${prefix}empty`;
const text = `${prefix}text:`;
const bytes = `${prefix}bytes:`;
const maxCharacters = 256;

/**
 * The partition key of a key: the key itself in every normal case. The same for equal keys, but random for no key, so that
 * such events spread. `undefined` for a key that has no spelling short enough.
 */
export function toPartitionKey(key: Key): string | undefined {
  if (key === null) return `${none}${randomBytes(9).toString('base64url')}`;
  if (typeof key !== 'string' && !isUtf8(key)) return fitting(`${bytes}${Buffer.from(key).toString('base64url')}`);
  const spelled = typeof key === 'string' ? key : Buffer.from(key).toString('utf8');
  if (spelled === '') return empty;
  return fitting(spelled.startsWith(prefix) ? `${text}${spelled}` : spelled);
}

/** The key of a partition key, whoever wrote it: every text has a meaning. */
export function fromPartitionKey(partitionKey: string): Key {
  if (!partitionKey.startsWith(prefix)) return partitionKey;
  if (partitionKey === empty) return '';
  if (partitionKey.startsWith(none)) return null;
  if (partitionKey.startsWith(text)) return partitionKey.slice(text.length);
  if (partitionKey.startsWith(bytes)) return Buffer.from(partitionKey.slice(bytes.length), 'base64url');
  return partitionKey;
}

function fitting(partitionKey: string): string | undefined {
  if (partitionKey.length <= maxCharacters) return partitionKey;
  return Array.from(partitionKey).length <= maxCharacters ? partitionKey : undefined;
}
