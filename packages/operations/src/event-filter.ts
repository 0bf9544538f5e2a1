import { isKey, shownText } from './event-text.ts';
import type { EventView } from './event-view.ts';

/** Which events to show: all of what is given has to hold. Data, never code. */
export interface EventFilter {
  readonly key?: string;
  readonly type?: string;
  /** `name` for one that has the header, `name=value` for one with this value. */
  readonly header?: string;
  /** A part of the payload, as it is written. */
  readonly text?: string;
}

/** Whether an event is one of those that are looked for. Pure. */
export function matches(filter: EventFilter, event: EventView): boolean {
  const { key, type, header, text } = filter;
  return (
    (key === undefined || isKey(event.key, key)) &&
    (type === undefined || event.attributes['type'] === type) &&
    (header === undefined || hasHeader(event, header)) &&
    (text === undefined || event.payload.text.includes(text))
  );
}

function hasHeader({ headers, attributes }: EventView, header: string): boolean {
  const [name = '', ...rest] = header.split('=');
  const value = rest.length === 0 ? undefined : rest.join('=');
  const all: readonly (readonly [string, unknown])[] = [
    ...headers.map(([each, text]) => [each, shownText(text)] as const),
    ...Object.entries(attributes),
  ];
  return all.some(
    ([each, text]) =>
      each === name && (value === undefined || (typeof text === 'string' ? text : JSON.stringify(text)) === value),
  );
}
