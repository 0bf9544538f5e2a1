import {
  type Capabilities,
  type Header,
  type Position,
  type RawEvent,
  type RawInput,
  StreamError,
} from '@isostream/core';
import { isUtf8 } from 'node:buffer';

/** Where an event was first stored: it travels with each copy. */
const originHeader = 'isostream-mirrored-from';

export interface Place {
  readonly partition: string;
  readonly position: Position;
}

/** The place that a copy came from; `undefined` for an event that its own side wrote. */
export function originOf({ headers }: Pick<RawEvent, 'headers'>): string | undefined {
  const found = headers.find(([name]) => name === originHeader);
  return found === undefined ? undefined : textOf(found[1]);
}

export function placeText({ partition, position }: Place): string {
  return `${partition}/${position}`;
}

/**
 * The event as the other side stores it: key and payload to the byte, headers as far as that side has them, attributes of CloudEvents
 * by the names of its binding, and the place that it came from. Throws for what that side cannot hold.
 */
export function copyOf(event: RawEvent, place: Place, from: Capabilities, to: Capabilities): RawInput {
  const where = placeText(place);
  const headers = event.headers
    .filter(([name]) => name !== originHeader)
    .map(([name, value]): Header => {
      const renamed = rebound(name, from, to);
      if (to.headers !== 'text' || typeof value === 'string') return [renamed, value];
      if (isUtf8(value)) return [renamed, textOf(value)];
      const message = `header ${JSON.stringify(name)} of the event at ${where} is not text, and the other side keeps text only. Leave it out at its producer`;
      throw new StreamError('invalid-header', message, { where: 'mirror' });
    });
  return { key: event.key, value: event.value, headers: [...headers, [originHeader, where]] };
}

/** Key, payload and the headers that mean something, in a form that both sides have in common. */
export function contentOf(event: RawEvent, own: Capabilities): string {
  const headers = event.headers
    .filter(([name]) => name !== originHeader)
    .map(([name, value]) => `${neutral(name, own)}=${Buffer.from(value).toString('base64')}`)
    .toSorted();
  const key = event.key === null ? null : Buffer.from(event.key).toString('base64');
  const value = event.value === null ? null : Buffer.from(event.value).toString('base64');
  return JSON.stringify([key, value, headers]);
}

/** A name of one side's binding as the other side has it; other names, and those of a side without a binding, as they are. */
function rebound(name: string, { cloudEvents: from }: Capabilities, { cloudEvents: to }: Capabilities): string {
  if (from === null || to === null) return name;
  if (name === from.contentType) return to.contentType;
  return name.startsWith(from.prefix) ? to.prefix + name.slice(from.prefix.length) : name;
}

const bindings = /^(?:ce_|ce-|cloudEvents:|cloudEvents_)/;

function neutral(name: string, { cloudEvents }: Capabilities): string {
  if (name === cloudEvents?.contentType || /^content-type$/i.test(name)) return 'content-type';
  return name.replace(bindings, 'ce:');
}

function textOf(value: string | Uint8Array): string {
  return typeof value === 'string' ? value : Buffer.from(value).toString('utf8');
}
