import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { published } from './marks.ts';

const channel = 'isostream:consume:gap';

/** Hears of gaps as an application's monitoring does. The channel belongs to the whole thread: one run at a time. */
export class GapListener {
  readonly heard: Set<string> = new Set();
  readonly #hear = (message: unknown): void => {
    if (isGap(message)) this.heard.add(published(message.member, message));
  };

  start(): void {
    subscribe(channel, this.#hear);
  }

  stop(): void {
    unsubscribe(channel, this.#hear);
  }
}

function isGap(
  value: unknown,
): value is { readonly member: string; readonly partition: string; readonly from: string; readonly to: string } {
  return typeof value === 'object' && value !== null && 'missing' in value && 'member' in value;
}
