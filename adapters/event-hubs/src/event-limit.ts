import { deadLetterName } from '@isostream/core/adapter';

/** What a dead letter tells besides its event, which has to find room in a hub that takes no more than any other. */
const letterBytes = 20_480;
/** Of a batch and of a message in it, beside key, payload and headers: sections, lengths, names of our own. */
const overheadBytes = 512;

const line = /^isostream-max-event-bytes=(\d+)$/m;

/** A topic's declared limit, which Event Hubs itself has no place for. */
export function declaredLimit(userMetadata: string | undefined): number | undefined {
  const [, digits] = line.exec(userMetadata ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The same text with another limit; what others wrote there stays. */
export function withDeclaredLimit(userMetadata: string | undefined, maxEventBytes: number): string {
  const entry = `isostream-max-event-bytes=${maxEventBytes}`;
  if (userMetadata === undefined || userMetadata === '') return entry;
  return line.test(userMetadata) ? userMetadata.replace(line, entry) : `${userMetadata}\n${entry}`;
}

/** The largest event that fits a batch of its own, and that its group could still put aside as a dead letter. */
export function eventLimit(hub: string, maxBatchBytes: number, declared: number | undefined): number {
  const most = maxBatchBytes - overheadBytes;
  if (declared !== undefined) return Math.min(most, declared);
  return hub.endsWith(deadLetterName('', '').slice(1)) ? most : most - letterBytes;
}
