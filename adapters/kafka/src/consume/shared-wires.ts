import type { Wire } from '../client/wire.ts';
import { FetchLine, type LineSettings } from './fetch-line.ts';

/** What the consumers and replays of one client have together. */
export interface Lent {
  /** For whatever is answered at once: heartbeats, metadata. */
  readonly data: Wire;
  /** A commit is answered once other brokers have it: where one of those is gone, after seconds. */
  readonly commits: Wire;
  readonly line: FetchLine;
  /** They are not used any more. Never throws; once is enough. */
  giveBack(): Promise<void>;
}

interface Opened extends Omit<Lent, 'giveBack'> {
  readonly wires: readonly Wire[];
}

/**
 * Four connections to a broker for all consumers and replays of one client: what waits must not hold up what is answered at
 * once, and a broker answers the requests of a connection one after the other. They are closed with the last user.
 */
export class SharedWires {
  readonly createWire: () => Wire;
  readonly #settings: LineSettings;
  #opened: Opened | undefined;
  #users = 0;

  constructor(createWire: () => Wire, settings: LineSettings) {
    this.createWire = createWire;
    this.#settings = settings;
  }

  /** Whoever takes them gives them back. */
  take(): Lent {
    this.#users++;
    this.#opened ??= this.#open();
    const { data, commits, line } = this.#opened;
    let isBack = false;
    const giveBack = async (): Promise<void> => {
      if (isBack) return;
      isBack = true;
      await this.#left();
    };
    return { data, commits, line, giveBack };
  }

  async #left(): Promise<void> {
    this.#users--;
    const opened = this.#opened;
    if (this.#users > 0 || opened === undefined) return;
    this.#opened = undefined;
    opened.line.stop();
    await Promise.all(opened.wires.map((wire) => wire.close()));
  }

  #open(): Opened {
    const [data, commits] = [this.createWire(), this.createWire()];
    const [backlog, waiting] = [this.createWire(), this.createWire()];
    const line = new FetchLine({ backlog, waiting }, this.#settings);
    return { data, commits, line, wires: [data, commits, backlog, waiting] };
  }
}
