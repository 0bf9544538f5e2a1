import type { Capabilities } from '../contract/capabilities.ts';
import type { Header } from '../model/encoded.ts';
import { defineHeader } from './binary.ts';

/** Headers of a codec as the provider can carry them: bytes as base64 where its headers are text. */
export function carried(headers: readonly Header[], carries: Capabilities['headers']): readonly Header[] {
  return carries === 'text' ? headers.map(([name, value]): Header => [name, textOf(value)]) : headers;
}

/** Those of an event and of its codec, for the text of a structured event. */
export function withHeaders(
  own: Readonly<Record<string, string>>,
  headers: readonly Header[],
): Readonly<Record<string, string>> {
  const all = { ...own };
  for (const [name, value] of headers) defineHeader(all, name, textOf(value));
  return all;
}

/** What an application sees: without those that belong to the codec. */
export function withoutHeaders(
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): Readonly<Record<string, string>> {
  if (!names.some((name) => Object.hasOwn(headers, name))) return headers;
  const others: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (!names.includes(name)) defineHeader(others, name, value);
  return others;
}

function textOf(value: string | Uint8Array): string {
  return typeof value === 'string' ? value : Buffer.from(value).toString('base64');
}
