/** One place in a {@link Chain}: an item that knows where it is leaves in constant time. */
export class Link<Item> {
  readonly item: Item;
  chain: Chain<Item> | undefined = undefined;
  before: Link<Item> | undefined = undefined;
  after: Link<Item> | undefined = undefined;

  constructor(item: Item) {
    this.item = item;
  }

  /** Leaves the chain that it is in, if any. */
  unlink(): void {
    this.chain?.remove(this);
  }
}

/** A queue that anybody in it can leave in constant time, so that nothing stays in it that has no reason to. A link is in one at a time. */
export class Chain<Item> implements Iterable<Item> {
  #first: Link<Item> | undefined;
  #last: Link<Item> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): Item | undefined {
    return this.#first?.item;
  }

  /** Also of one that is in this chain, or another, where it leaves. */
  push(link: Link<Item>): void {
    link.unlink();
    this.#insert(link, this.#last, undefined);
  }

  /** Puts it in front. */
  unshift(link: Link<Item>): void {
    link.unlink();
    this.#insert(link, undefined, this.#first);
  }

  /** Takes out the first. */
  shift(): Item | undefined {
    const first = this.#first;
    if (first !== undefined) this.#cut(first);
    return first?.item;
  }

  /** Takes out one that is in it; whoever has to know of that overrides it. */
  remove(link: Link<Item>): void {
    if (link.chain === this) this.#cut(link);
  }

  /** In order; the item that was given last may leave meanwhile. */
  *[Symbol.iterator](): Iterator<Item> {
    for (let link = this.#first; link !== undefined;) {
      const { item, after } = link;
      yield item;
      link = after;
    }
  }

  #insert(link: Link<Item>, before: Link<Item> | undefined, after: Link<Item> | undefined): void {
    link.chain = this;
    link.before = before;
    link.after = after;
    if (before === undefined) this.#first = link;
    else before.after = link;
    if (after === undefined) this.#last = link;
    else after.before = link;
    this.#length++;
  }

  #cut(link: Link<Item>): void {
    const { before, after } = link;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    link.chain = undefined;
    link.before = undefined;
    link.after = undefined;
    this.#length--;
  }
}
