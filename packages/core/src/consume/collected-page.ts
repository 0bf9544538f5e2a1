import type { Gap, EventPage } from '../contract/source.ts';
import { sizeOf, type StoredEvent } from '../model/encoded.ts';

/** What a page may hold. */
interface PageLimits {
  readonly events?: number;
  readonly bytes?: number;
}

/**
 * A page for whoever reads a cursor without a consumer, such as tools and tests: it takes so many events, and
 * so many bytes or one event that is larger.
 */
export class CollectedPage implements EventPage {
  readonly events: StoredEvent[] = [];
  readonly gaps: Gap[] = [];
  /** The cursor said that nothing comes behind this page. */
  isEnd: boolean = false;
  readonly #limits: Required<PageLimits>;
  #bytes = 0;

  constructor({ events = Infinity, bytes = Infinity }: PageLimits = {}) {
    this.#limits = { events, bytes };
  }

  get room(): number {
    return this.#limits.events - this.events.length;
  }

  add(event: StoredEvent): boolean {
    const bytes = this.#bytes + sizeOf(event);
    const isFirst = this.events.length === 0;
    if (this.events.length >= this.#limits.events || (bytes > this.#limits.bytes && !isFirst)) return false;
    this.#bytes = bytes;
    this.events.push(event);
    return true;
  }

  gap(gap: Gap): void {
    this.gaps.push(gap);
  }

  end(): void {
    this.isEnd = true;
  }
}
