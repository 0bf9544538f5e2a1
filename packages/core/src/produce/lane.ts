import { Chain, type Link } from '../model/chain.ts';
import { Batch, type Pending } from './pending.ts';

/** What waits of one lane, in order, and the batch of it that was formed and has no result yet: nothing later leaves before that. */
export class Lane extends Chain<Pending> {
  readonly name: string;
  readonly #emptied: (lane: Lane) => void;
  batch: Batch | undefined = undefined;
  /** Where the lane is listed as ready; `undefined` while it is in flight, backs off or has nothing. */
  readyOn: string | undefined = undefined;

  /** `emptied` is called when the last that waited gave up, and there is no batch. */
  constructor(name: string, emptied: (lane: Lane) => void) {
    super();
    this.name = name;
    this.#emptied = emptied;
  }

  override remove(link: Link<Pending>): void {
    super.remove(link);
    if (this.length === 0 && this.batch === undefined) this.#emptied(this);
  }

  /** The next batch: at least one event, and no more than may be. */
  form(maxEvents: number, maxBytes: number): Batch {
    const items: Pending[] = [];
    let bytes = 0;
    for (let item = this.first; item !== undefined; item = this.first) {
      if (items.length > 0 && (items.length >= maxEvents || bytes + item.wireBytes > maxBytes || item.goesAlone)) break;
      this.shift();
      items.push(item);
      bytes += item.wireBytes;
      if (item.goesAlone) break;
    }
    this.batch = new Batch(this.name, items, bytes);
    return this.batch;
  }
}
