import {
  type Capabilities,
  type Header,
  type Position,
  type RawEvent,
  type RawInput,
  StreamError,
} from '@isostream/core';
import { isUtf8 } from 'node:buffer';

/** Where the event of a copy lies on the side that it was copied from. */
const originHeader = 'isostream-mirrored-from';
/** The places where a copy has been, oldest first, each behind the name of its side. */
const pathHeader = 'isostream-mirrored-path';
const between = ' > ';
const unnamed = '?';
/** So often an event is copied where sides have no names: more is a circle. */
const mostCopies = 8;
/** The schema of an event, in bytes; base64 of them where headers are text, and read as both. */
const schemaIdHeader = '__value_schema_id';

/** What the two sides are called in the paths of copies. */
export interface SideNames {
  readonly from: string;
  readonly to: string;
}

/** One side, as a copy has to know it. */
interface CopySide {
  readonly capabilities: Capabilities;
  readonly name: string | undefined;
}

export interface Place {
  readonly partition: string;
  readonly position: Position;
}

/** The place that a copy came from; `undefined` for an event that its own side wrote. */
export function originOf({ headers }: Pick<RawEvent, 'headers'>): string | undefined {
  const found = headers.find(([name]) => name === originHeader);
  return found === undefined ? undefined : textOf(found[1]);
}

/** Whether the event has been on the side of this name. */
export function hasBeenOn(name: string | undefined, event: Pick<RawEvent, 'headers'>): boolean {
  return name !== undefined && pathOf(event).some((stop) => stop.name === name);
}

interface Stop {
  /** `undefined` of a side without a name. */
  readonly name: string | undefined;
  readonly place: string;
}

/** Where a copy has been, oldest first; empty for an event that its own side wrote. */
export function pathOf({ headers }: Pick<RawEvent, 'headers'>): readonly Stop[] {
  const found = headers.find(([name]) => name === pathHeader);
  if (found === undefined) return [];
  return textOf(found[1])
    .split(between)
    .map((stop) => {
      const [name = unnamed, place = ''] = stop.split(' ');
      return { name: name === unnamed ? undefined : name, place };
    });
}

const isOurs = (name: string): boolean => name === originHeader || name === pathHeader;

export function placeText({ partition, position }: Place): string {
  return `${partition}/${position}`;
}

/**
 * The event as the other side stores it: key and payload to the byte, headers as far as that side has them, attributes of CloudEvents
 * by the names of its binding, and the place that it came from. Throws for what that side cannot hold, and for what goes round in a circle.
 */
export function copyOf(event: RawEvent, place: Place, from: CopySide, to: CopySide): RawInput {
  const where = placeText(place);
  const path = pathOf(event);
  if (path.length >= mostCopies) {
    const message = `the event at ${where} was copied ${mostCopies} times: mirrors copy in a circle. Give names of the sides, or copies: 'skip' to one of them`;
    throw new StreamError('conflict', message, { where: 'mirror' });
  }
  const headers: Header[] = [];
  for (const header of event.headers)
    if (!isOurs(header[0])) headers.push(isKeptAsIs(from, to) ? header : headerOn(header, where, from, to));
  let way = '';
  for (const { name = unnamed, place: stop } of path) way += `${name} ${stop}${between}`;
  headers.push([originHeader, where], [pathHeader, `${way}${from.name ?? unnamed} ${where}`]);
  return { key: event.key, value: event.value, headers };
}

/** Whether the other side keeps headers of any kind, under the same names. */
function isKeptAsIs({ capabilities: from }: CopySide, { capabilities: to }: CopySide): boolean {
  if (to.headers === 'text') return false;
  if (from.cloudEvents === null || to.cloudEvents === null) return true;
  return (
    from.cloudEvents.prefix === to.cloudEvents.prefix && from.cloudEvents.contentType === to.cloudEvents.contentType
  );
}

function headerOn([name, value]: Header, where: string, from: CopySide, to: CopySide): Header {
  const renamed = rebound(name, from.capabilities, to.capabilities);
  if (to.capabilities.headers !== 'text' || typeof value === 'string') return [renamed, value];
  if (isUtf8(value)) return [renamed, textOf(value)];
  if (name === schemaIdHeader) return [renamed, Buffer.from(value).toString('base64')];
  const message = `header ${JSON.stringify(name)} of the event at ${where} is not text, and the other side keeps text only. Leave it out at its producer`;
  throw new StreamError('invalid-header', message, { where: 'mirror' });
}

/** Key, payload and the headers that mean something, in a form that both sides have in common. */
export function contentOf(event: RawEvent, own: Capabilities): string {
  const headers = event.headers
    .filter(([name]) => !isOurs(name))
    .map(([name, value]) => `${neutral(name, own)}=${base64Of(name, value)}`)
    .toSorted();
  const key = event.key === null ? null : Buffer.from(event.key).toString('base64');
  const value = event.value === null ? null : Buffer.from(event.value).toString('base64');
  return JSON.stringify([key, value, headers]);
}

function base64Of(name: string, value: string | Uint8Array): string {
  const bytes = Buffer.from(value);
  return name === schemaIdHeader && (bytes[0] ?? 0) > 1 ? bytes.toString('latin1') : bytes.toString('base64');
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
