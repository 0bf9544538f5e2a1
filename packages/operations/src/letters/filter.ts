import { isKey } from '../event-text.ts';
import type { LetterView } from './view.ts';

/** Which letters: all of what is given has to hold. */
export interface LetterFilter {
  readonly ids?: readonly string[];
  readonly code?: string;
  readonly key?: string;
  readonly type?: string;
}

/** Of many ids each is found at once. */
export function choosing({ ids, code, key, type }: LetterFilter): (letter: LetterView) => boolean {
  const wanted = ids === undefined ? undefined : new Set(ids);
  return (letter) =>
    (wanted === undefined || wanted.has(letter.id)) &&
    (code === undefined || letter.code === code) &&
    (key === undefined || isKey(letter.key, key)) &&
    (type === undefined || letter.type === type);
}
