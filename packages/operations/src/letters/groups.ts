import type { LetterView } from './view.ts';

/** Letters that have their reason and type in common. */
export interface LetterGroup {
  readonly code: string;
  readonly type: string | null;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** What the newest of them says. */
  readonly message: string;
}

export function groupsOf(letters: readonly LetterView[]): readonly LetterGroup[] {
  const groups = new Groups();
  for (const letter of letters) groups.add(letter);
  return groups.list;
}

/** Counts letters by reason and type, most first. */
export class Groups {
  readonly #groups = new Map<string, LetterGroup>();
  total = 0;

  add({ code, type, lastFailure, message }: LetterView): void {
    this.total++;
    const name = JSON.stringify([code, type]);
    const known = this.#groups.get(name);
    const isNewest = known === undefined || lastFailure >= known.last;
    this.#groups.set(name, {
      code,
      type,
      count: (known?.count ?? 0) + 1,
      first: known === undefined || lastFailure < known.first ? lastFailure : known.first,
      last: isNewest ? lastFailure : known.last,
      message: isNewest ? message : known.message,
    });
  }

  get list(): readonly LetterGroup[] {
    return [...this.#groups.values()].toSorted((a, b) => b.count - a.count);
  }
}
