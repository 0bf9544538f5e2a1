import type { Capabilities } from '../contract/capabilities.ts';
import type { Written } from '../contract/sink.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent, StoredEvent } from '../model/encoded.ts';
import type { Writer } from '../produce/writer.ts';
import { encodeLetter, encodeShortLetter, type LetterDetails } from './letter.ts';

/** Resolves when it is durably stored. */
export function write(writer: Writer, event: EncodedEvent): Promise<Written> {
  return new Promise((resolve, reject) => {
    writer.write(event, (result) => (result instanceof Error ? reject(result) : resolve(result)));
  });
}

/**
 * Writes the letter of an event. What could not be read and finds no room as a whole is cut: a batch can be larger than any
 * event of its topic, and a letter that is never written would hold up its partition.
 */
export async function writeLetter(
  writer: Writer,
  stored: StoredEvent,
  details: LetterDetails,
  capabilities: Capabilities,
): Promise<Written> {
  try {
    return await write(writer, encodeLetter(stored, details, capabilities));
  } catch (error) {
    const short = encodeShortLetter(stored, details, capabilities);
    if (short === undefined || !StreamError.is(error) || error.code !== 'event-too-large') throw error;
    return write(writer, short);
  }
}
