import type { RegisteredSchema } from './registry.ts';

/** Schemas that were asked for: each once, and kept. Whoever has a question that is open waits with the first. */
export class Asked {
  readonly #known = new Map<number | string, RegisteredSchema>();
  readonly #asking = new Map<number | string, Promise<RegisteredSchema>>();

  known(question: number | string): RegisteredSchema | Promise<RegisteredSchema> | undefined {
    return this.#known.get(question) ?? this.#asking.get(question);
  }

  /** What is known, or will be; else what `ask` answers. What it rejects with is not kept: the next one asks again. */
  once(question: number | string, ask: () => Promise<RegisteredSchema>): RegisteredSchema | Promise<RegisteredSchema> {
    const known = this.known(question);
    if (known !== undefined) return known;
    const asking = ask()
      .then((schema) => {
        this.#known.set(question, schema);
        return schema;
      })
      .finally(() => this.#asking.delete(question));
    this.#asking.set(question, asking);
    return asking;
  }
}
