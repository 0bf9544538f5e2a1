import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Backlog } from './backlog.ts';

export interface Reader {
  readonly client: 'kafkajs' | 'isostream';
  readonly kind: 'raw' | 'typed';
  readonly maxEvents?: number;
}

/** Of one pass over a backlog. */
export interface Figures {
  /** Events per second. */
  readonly rate: number;
  /** Microseconds an event. */
  readonly cpu: number;
}

const worker = fileURLToPath(new URL('consume-worker.js', import.meta.url));

/**
 * A consumer in a process of its own, as a service has it: code that several clients ran in one process is compiled for all
 * of them, and costs each of them more than it would alone.
 */
export class ConsumeProcess implements Disposable {
  readonly #child: ChildProcess = fork(worker);
  readonly #url: string;
  readonly #reader: Reader;
  readonly #backlog: Backlog;

  constructor(url: string, reader: Reader, backlog: Backlog) {
    this.#url = url;
    this.#reader = reader;
    this.#backlog = backlog;
  }

  read(): Promise<Figures> {
    return new Promise((resolve, reject) => {
      const failed = (code: number | null): void => reject(new Error(`a consumer's process ended with ${code}`));
      this.#child.once('exit', failed);
      this.#child.once('message', (figures: Figures) => {
        this.#child.off('exit', failed);
        resolve(figures);
      });
      this.#child.send({ url: this.#url, reader: this.#reader, backlog: this.#backlog });
    });
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
