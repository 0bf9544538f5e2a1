import { isUtf8 } from 'node:buffer';
import { defineHeader } from './binary.ts';
import type { Envelope } from './envelope.ts';

/** The extension that holds the application's headers as JSON text: extension names are lower-case letters and digits only. */
const headersExtension = 'isostreamheaders';

/** Writes the whole event as one JSON text, for providers without headers. */
export function toStructured(envelope: Envelope, key: string | null): Uint8Array {
  const { data, contentType, headers } = envelope;
  const isJson = contentType === 'application/json' && data !== null;
  const event: Record<string, unknown> = {
    specversion: '1.0',
    id: envelope.id,
    type: envelope.type,
    source: envelope.source,
    ...(envelope.time === undefined ? {} : { time: envelope.time }),
    ...(envelope.subject === undefined ? {} : { subject: envelope.subject }),
    ...(contentType === undefined ? {} : { datacontenttype: contentType }),
    ...(key === null ? {} : { partitionkey: key }),
    ...(Object.keys(headers).length === 0 ? {} : { [headersExtension]: JSON.stringify(headers) }),
    ...(data === null || isJson ? {} : { data_base64: Buffer.from(data).toString('base64') }),
  };
  const attributes = JSON.stringify(event);
  // The payload is JSON text already: parsing it only to print it again would cost more than all the rest.
  return Buffer.from(isJson ? `${attributes.slice(0, -1)},"data":${Buffer.from(data).toString('utf8')}}` : attributes);
}

/** Reads such a text; `undefined` if the bytes are no structured CloudEvent. Never throws. */
export function fromStructured(value: Uint8Array | null): Envelope | undefined {
  // 0x7b is "{": most bytes of others are refused without parsing them.
  if (value === null || value[0] !== 0x7b || !isUtf8(value)) return undefined;
  let event: unknown;
  try {
    event = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isRecord(event) || typeof event['specversion'] !== 'string') return undefined;
  const { id, type, source } = event;
  if (typeof id !== 'string' || typeof type !== 'string' || typeof source !== 'string') return undefined;
  const contentType = text(event['datacontenttype']) ?? ('data' in event ? 'application/json' : undefined);
  return {
    id,
    type,
    source,
    time: text(event['time']),
    subject: text(event['subject']),
    contentType,
    headers: readHeaders(event[headersExtension]),
    data: readData(event),
  };
}

function readData(event: Readonly<Record<string, unknown>>): Uint8Array | null {
  const base64 = event['data_base64'];
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  return 'data' in event ? Buffer.from(JSON.stringify(event['data'])) : null;
}

function readHeaders(value: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  if (typeof value !== 'string') return headers;
  try {
    const parsed: unknown = JSON.parse(value);
    if (!isRecord(parsed)) return headers;
    for (const [name, entry] of Object.entries(parsed))
      if (typeof entry === 'string') defineHeader(headers, name, entry);
  } catch {
    // Somebody else's extension of this name: the event is readable without it.
  }
  return headers;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
