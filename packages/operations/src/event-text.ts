import type { EventView, Shown } from './event-view.ts';

/**
 * An event as one line of JSON, alike on every provider: its attributes by their names in CloudEvents, where it lies, when it was
 * stored, its key, its headers, and its data as JSON, as text, or as `data_base64` for other bytes.
 */
export function eventJson(event: EventView): string {
  const { attributes, partition, position, stored, key, headers, payload } = event;
  const head = JSON.stringify({
    ...attributes,
    partition,
    position,
    stored,
    key,
    ...(headers.length === 0 ? {} : { headers: byName(headers) }),
  });
  const data =
    payload.kind === 'bytes'
      ? `"data_base64":${JSON.stringify(payload.text)}`
      : `"data":${payload.kind === 'none' ? 'null' : payload.kind === 'json' ? payload.text : JSON.stringify(payload.text)}`;
  return `${head.slice(0, -1)},${data}}`;
}

/** A name that comes more than once has a list: none of its values is lost. */
function byName(headers: EventView['headers']): Readonly<Record<string, Shown | readonly Shown[]>> {
  const values = new Map<string, Shown[]>();
  for (const [name, value] of headers) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? (all[0] ?? null) : all]));
}

/** An event in one line for people. */
export function eventLine(event: EventView): string {
  const { partition, position, stored, key } = event;
  const type = attribute(event, 'type');
  return [stored, `${partition}/${position}`, shownText(key), type, payloadText(event)]
    .filter((part) => part !== '')
    .join('  ');
}

/** What `--format` can name. */
export const formatFields: Readonly<Record<string, string>> = {
  '%d': 'when it was stored',
  '%p': 'partition',
  '%o': 'position',
  '%k': 'key',
  '%i': 'id',
  '%t': 'type',
  '%s': 'source',
  '%h': 'headers as JSON',
  '%b': 'bytes of the payload',
  '%v': 'payload',
  '%%': 'a percent sign',
};

const escapes: Readonly<Record<string, string>> = { '\\n': '\n', '\\t': '\t', '\\\\': '\\' };

/** An event in a form that somebody chose, such as `%d %k %v\n`. Each value passes through `clean`. Pure. */
export function formatEvent(format: string, event: EventView, clean: (text: string) => string): string {
  const values: Readonly<Record<string, () => string>> = {
    '%d': () => event.stored,
    '%p': () => event.partition,
    '%o': () => event.position,
    '%k': () => shownText(event.key),
    '%i': () => attribute(event, 'id'),
    '%t': () => attribute(event, 'type'),
    '%s': () => attribute(event, 'source'),
    '%h': () => JSON.stringify(byName(event.headers)),
    '%b': () => String(event.payload.bytes),
    '%v': () => payloadText(event),
  };
  return format.replace(/%.|\\[nt\\]/g, (part) => {
    const value = values[part];
    if (value !== undefined) return clean(value());
    return part === '%%' ? '%' : (escapes[part] ?? part);
  });
}

/** A name that {@link formatEvent} does not know; `undefined` if it knows all. */
export function unknownField(format: string): string | undefined {
  return (format.match(/%.?/g) ?? []).find((part) => formatFields[part] === undefined);
}

function attribute({ attributes }: EventView, name: string): string {
  const value = attributes[name];
  return typeof value === 'string' ? value : '';
}

function payloadText({ payload }: EventView): string {
  if (payload.kind === 'none') return 'null';
  return payload.kind === 'bytes' ? `base64:${payload.text}` : payload.text;
}

/** A key or a header for people. */
export function shownText(value: Shown): string {
  if (value === null) return 'null';
  return typeof value === 'string' ? value : `base64:${value.base64}`;
}

/** Whether a key is the one that somebody wrote; bytes that are not text as `base64:…`, as they are shown. */
export function isKey(key: Shown, written: string): boolean {
  return key !== null && shownText(key) === written;
}
