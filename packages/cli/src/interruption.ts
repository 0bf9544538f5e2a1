/** Exit codes as shells have them: 128 and the number of the signal. */
const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** How long a command may take to clear up what it made, after it was asked to end. */
const patienceMs = 30_000;

/** The wish that this program ends: by a signal, or because whoever reads its output has seen enough. */
class Interruption {
  readonly #controller = new AbortController();
  #code: number | undefined;
  #isReaderGone = false;

  /** Aborted by the first wish; commands then clear up and end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** With which this program then ends; `undefined` as long as nobody wished it. */
  get code(): number | undefined {
    return this.#code;
  }

  /** Nobody reads standard output any more. */
  get isReaderGone(): boolean {
    return this.#isReaderGone;
  }

  /** From now on signals and closed pipes are wishes. A second one ends the program at once. */
  watch(): void {
    for (const [name, code] of Object.entries(codes)) process.on(name, () => this.#end(code));
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        // A reader that has seen enough closes the pipe, as `head` does: that is not an error. The errors that follow are the same one.
        if (stream === process.stdout) this.#isReaderGone = true;
        if (this.#code === undefined) this.#end(error.code === 'EPIPE' ? 0 : 1);
      });
    }
  }

  #end(code: number): void {
    if (this.#code !== undefined) process.exit(this.#code);
    this.#code = code;
    setTimeout(() => process.exit(code), patienceMs).unref();
    this.#controller.abort();
  }
}

/** The one of this program. */
export const interruption: Interruption = new Interruption();
