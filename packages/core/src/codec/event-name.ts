import type { EncodedEvent } from '../model/encoded.ts';
import { tombstoneType } from '../model/event.ts';
import { fromBinary } from './binary.ts';
import { fromStructured } from './structured.ts';
import { unwrap } from './wrapper.ts';

/** What an event calls itself, whatever topic it lies in; nothing where it is not a CloudEvent. Never throws. */
export function eventName(stored: EncodedEvent): { readonly id?: string; readonly type?: string } {
  try {
    const { headers, value } = unwrap(stored);
    const envelope = fromBinary(headers, value) ?? fromStructured(value);
    if (envelope === undefined) return {};
    return { id: envelope.id, type: envelope.data.kind === 'tombstone' ? tombstoneType : envelope.type };
  } catch {
    return {};
  }
}
