import type { ServerResponse } from 'node:http';

/** Events per second at most that a page is sent while it follows a topic. */
const perSecond = 200;

/** An answer of many lines of JSON, while there is somebody to read them. */
export class Lines {
  readonly #response: ServerResponse;
  #skipped = 0;
  #second = 0;
  #sent = 0;

  private constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** What `work` throws is the last line. */
  static async write(
    response: ServerResponse,
    signal: AbortSignal,
    work: (lines: Lines) => Promise<void>,
  ): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
    response.flushHeaders();
    const lines = new Lines(response);
    try {
      await work(lines);
    } catch (error) {
      if (!signal.aborted) lines.put({ error: error instanceof Error ? error.message : String(error) });
    }
    response.end();
  }

  put(value: unknown): void {
    if (!this.#response.writableEnded) this.#response.write(`${JSON.stringify(value)}\n`);
  }

  /** Leaves out what comes faster than anybody reads, and says how much that was. */
  putIfRoom(value: unknown): void {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.#second) [this.#second, this.#sent] = [second, 0];
    if (this.#sent >= perSecond || this.#response.writableNeedDrain) {
      this.#skipped++;
      return;
    }
    if (this.#skipped > 0) this.put({ skipped: this.#skipped });
    this.#skipped = 0;
    this.#sent++;
    this.put(value);
  }
}
