import { isUtf8 } from 'node:buffer';
import { defineHeader } from './binary.ts';
import type { Envelope, OutgoingEnvelope, Payload } from './envelope.ts';
import { maxDepth, parseJson } from './json.ts';

/** The extension that holds the application's headers as JSON text: extension names are lower-case letters and digits only. */
const headersExtension = 'isostreamheaders';
/** The extension that tells a tombstone from an event without data: both have no `data`. */
const tombstoneExtension = 'isostreamtombstone';

/** The attributes that CloudEvents or isostream define; every other one is an extension. */
const known = new Set([
  ...['specversion', 'id', 'type', 'source', 'time', 'subject', 'datacontenttype', 'dataschema', 'data', 'data_base64'],
  ...[headersExtension, tombstoneExtension],
]);

/** Writes the whole event as one JSON text, for providers without headers. */
export function toStructured(envelope: OutgoingEnvelope, key: string | null): Uint8Array {
  const { data, contentType, dataSchema, headers } = envelope;
  const isJson = contentType === 'application/json';
  const event: Record<string, unknown> = {
    specversion: '1.0',
    id: envelope.id,
    type: envelope.type,
    source: envelope.source,
    ...(envelope.time === undefined ? {} : { time: envelope.time }),
    ...(envelope.subject === undefined ? {} : { subject: envelope.subject }),
    ...(contentType === undefined ? {} : { datacontenttype: contentType }),
    ...(dataSchema === undefined ? {} : { dataschema: dataSchema }),
    ...(key === null ? {} : { partitionkey: key }),
    ...envelope.extensions,
    ...(Object.keys(headers).length === 0 ? {} : { [headersExtension]: JSON.stringify(headers) }),
    ...(data === null ? { [tombstoneExtension]: true } : {}),
    ...(data === null || data === undefined || isJson ? {} : { data_base64: Buffer.from(data).toString('base64') }),
  };
  const attributes = JSON.stringify(event);
  if (!isJson || data === null || data === undefined) return Buffer.from(attributes);
  // The payload is JSON text already: parsing it only to print it again would cost more than all the rest.
  return Buffer.from(`${attributes.slice(0, -1)},"data":${Buffer.from(data).toString('utf8')}}`);
}

/** Reads such a text; `undefined` if the bytes are not a structured CloudEvent. Throws a TypeError for one that cannot be read. */
export function fromStructured(value: Uint8Array | null): Envelope | undefined {
  // Most bytes of others are refused without parsing them.
  if (value === null || !beginsObject(value) || !isUtf8(value)) return undefined;
  const json = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
  let event: unknown;
  try {
    event = parseJson(json, maxDepth + 1);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
  if (!isRecord(event) || typeof event['specversion'] !== 'string') return undefined;
  const { id, type, source } = event;
  if (typeof id !== 'string' || typeof type !== 'string' || typeof source !== 'string') return undefined;
  return {
    id,
    type,
    source,
    time: text(event['time']),
    subject: text(event['subject']),
    contentType: text(event['datacontenttype']) ?? ('data_base64' in event ? 'application/octet-stream' : undefined),
    dataSchema: text(event['dataschema']),
    extensions: readExtensions(event),
    headers: readHeaders(event[headersExtension]),
    data: readData(event),
  };
}

/** White space and a byte order mark may stand before the brace. */
function beginsObject(value: Uint8Array): boolean {
  let index = value[0] === 0xef && value[1] === 0xbb && value[2] === 0xbf ? 3 : 0;
  while (value[index] === 0x20 || value[index] === 0x0a || value[index] === 0x0d || value[index] === 0x09) index++;
  return value[index] === 0x7b;
}

function readData(event: Readonly<Record<string, unknown>>): Payload {
  const base64 = event['data_base64'];
  if (typeof base64 === 'string') {
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(base64)) throw new TypeError('data_base64 is not base64');
    return { kind: 'bytes', bytes: Buffer.from(base64, 'base64') };
  }
  if ('data' in event) return { kind: 'json', value: event['data'] };
  return { kind: event[tombstoneExtension] === true ? 'tombstone' : 'none' };
}

/** As text, as they are in the other mode: one event reads alike whichever way it came. */
function readExtensions(event: Readonly<Record<string, unknown>>): Record<string, string> {
  const extensions: Record<string, string> = {};
  for (const name of Object.keys(event)) {
    if (known.has(name)) continue;
    const value = event[name];
    if (value !== null) defineHeader(extensions, name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return extensions;
}

function readHeaders(value: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  if (typeof value !== 'string') return headers;
  try {
    const parsed = parseJson(value);
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
