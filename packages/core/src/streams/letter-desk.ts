import type { Adapter } from '../contract/adapter.ts';
import type { Written } from '../contract/sink.ts';
import { write } from '../dead-letter/write-letter.ts';
import { checkTopic, type Topic } from '../model/define-topic.ts';
import type { EncodedEvent } from '../model/encoded.ts';
import type { Writer } from '../produce/writer.ts';
import type { Clock } from '../time/clock.ts';
import { linkedSignal } from '../time/on-abort.ts';
import { checkLetters } from './check-options.ts';
import { unresolvedLetters } from './dead-letters.ts';
import { checkDiscard, checkRedrive, discardLetters, redriveLetters } from './redrive.ts';
import type { DeadLetter, DiscardOptions, DiscardReport, RedriveOptions, RedriveReport } from './types.ts';

interface LetterDeskParts {
  readonly adapter: Adapter;
  readonly clock: Clock;
  /** Aborted when the client closes. */
  readonly ended: AbortSignal;
  /** Throws `closed` once the client is. */
  readonly checkOpen: () => void;
  readonly createWriter: (topic: string) => Writer;
}

/** What a client does with the dead letters of its groups: lists them, sends them again, gives them up. */
export class LetterDesk {
  readonly #parts: LetterDeskParts;

  constructor(parts: LetterDeskParts) {
    this.#parts = parts;
  }

  async *list(
    topic: Topic,
    options: { readonly group: string; readonly signal?: AbortSignal },
  ): AsyncIterable<DeadLetter> {
    const { adapter, ended, checkOpen } = this.#parts;
    checkOpen();
    checkTopic(topic, 'dead letters');
    checkLetters(options);
    const { signal, unlink } = linkedSignal([options.signal, ended]);
    try {
      for await (const { letter } of unresolvedLetters(adapter, topic, options.group, signal)) yield letter;
    } finally {
      unlink();
    }
  }

  async redrive(topic: Topic, options: RedriveOptions): Promise<RedriveReport> {
    const { adapter, clock, checkOpen } = this.#parts;
    checkOpen();
    checkTopic(topic, 'redrive');
    checkRedrive(options);
    return this.#writing(options.signal, (signal, store) =>
      redriveLetters({ adapter, topic, options: { ...options, signal }, clock, write: store }),
    );
  }

  async discard(topic: Topic, options: DiscardOptions): Promise<DiscardReport> {
    const { adapter, clock, checkOpen } = this.#parts;
    checkOpen();
    checkTopic(topic, 'discard');
    checkDiscard(options);
    return this.#writing(options.signal, (signal, store) =>
      discardLetters({ adapter, topic, options: { ...options, signal }, clock, write: store }),
    );
  }

  /** Work that writes to a few topics, and ends when the client is closed. */
  async #writing<Report>(
    given: AbortSignal | undefined,
    work: (signal: AbortSignal, store: (topic: string, event: EncodedEvent) => Promise<Written>) => Promise<Report>,
  ): Promise<Report> {
    const writers = new Map<string, Writer>();
    const { signal, unlink } = linkedSignal([given, this.#parts.ended]);
    try {
      return await work(signal, (name, event) => {
        const writer = writers.get(name) ?? this.#parts.createWriter(name);
        writers.set(name, writer);
        return write(writer, event);
      });
    } finally {
      unlink();
      for (const writer of writers.values()) await writer.close(30_000);
    }
  }
}
