import type { Message } from '../subject.ts';

export function encoded(message: Message): string {
  return JSON.stringify(message);
}

export function decoded(value: string | Uint8Array): Message {
  const parsed: unknown = JSON.parse(typeof value === 'string' ? value : Buffer.from(value).toString());
  if (isMessage(parsed)) return parsed;
  throw new Error(`not a message of the comparison: ${String(value)}`);
}

export function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'id' in value && 'key' in value && 'seq' in value;
}
