import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Observations } from '@isostream/core';

type Warning = Observations['adapter:warning'];

/** What this process was told of trouble that passes, until it is closed. */
export class WarningsSeen {
  readonly all: Warning[] = [];
  readonly #onWarning: () => void;
  readonly #listen = (message: unknown): void => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the channel has one kind of message
    this.all.push(message as Warning);
    this.#onWarning();
  };

  constructor(onWarning: () => void = () => undefined) {
    this.#onWarning = onWarning;
    subscribe('isostream:adapter:warning', this.#listen);
  }

  /** Lines of each trouble: what a line adds of how often it was seen is left out. */
  get lines(): ReadonlyMap<string, number> {
    const lines = new Map<string, number>();
    for (const { message } of this.all) {
      const trouble = message.replace(/ \(\d+ times since .*\)$/, '');
      lines.set(trouble, (lines.get(trouble) ?? 0) + 1);
    }
    return lines;
  }

  close(): void {
    unsubscribe('isostream:adapter:warning', this.#listen);
  }
}
