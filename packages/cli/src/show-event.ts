import type { RawEvent } from 'isostream';

/** Where an event lies. */
interface Place {
  readonly partition: string;
  readonly position: string;
}

/** An event as one JSON object: text where bytes are text, base64 where not. */
export function toJson(event: RawEvent, { partition, position }: Place): Record<string, unknown> {
  return {
    partition,
    position,
    time: event.time.toISOString(),
    key: readable(event.key),
    headers: Object.fromEntries(event.headers.map(([name, value]) => [name, readable(value)])),
    value: readable(event.value),
  };
}

/** An event in one line for people. */
export function toLine(event: RawEvent, place: Place): string {
  const type = event.headers.find(([name]) => name.endsWith('type') && name !== 'content-type')?.[1];
  const parts = [
    event.time.toISOString(),
    `${place.partition}/${place.position}`,
    oneLine(event.key),
    type === undefined ? '' : oneLine(type),
    oneLine(event.value),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function oneLine(value: string | Uint8Array | null): string {
  const shown = readable(value);
  return shown === null ? 'null' : typeof shown === 'string' ? shown : `base64:${shown.base64}`;
}

function readable(value: string | Uint8Array | null): string | null | { readonly base64: string } {
  if (value === null || typeof value === 'string') return value;
  const text = Buffer.from(value).toString('utf8');
  return Buffer.from(text).equals(value) ? text : { base64: Buffer.from(value).toString('base64') };
}
