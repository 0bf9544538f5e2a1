import type { Alternative } from './alternatives.ts';
import { keywords, listOf } from './node.ts';
import { intervalOf } from './scalars.ts';
import type { Validator } from './validator.ts';

/** So many integers in a range are looked at one by one. */
const maxRange = 256;

/** All values of a case, where they can be listed; each is then simply tried. */
export function finiteValues(one: Alternative, validator: Validator): readonly unknown[] | undefined {
  const candidates = listed(one);
  if (candidates === undefined) return undefined;
  return candidates.filter(
    (value) =>
      typeOf(value) === one.type &&
      validator.areValid(one.parts, value) &&
      one.nots.every((not) => !validator.isValid(not, value)),
  );
}

function listed(one: Alternative): readonly unknown[] | undefined {
  for (const part of one.parts) {
    const all = keywords(part);
    if ('const' in all) return [all['const']];
    if (Array.isArray(all['enum'])) return listOf(all['enum']);
  }
  if (one.type === 'null') return [null];
  if (one.type === 'boolean') return [true, false];
  if (one.type !== 'number') return undefined;
  const { low, high, isWhole } = intervalOf(one);
  if (low === high) return [low];
  if (!isWhole || !(high - low < maxRange)) return undefined;
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => low + index);
}

/** The JSON type of a value. */
function typeOf(value: unknown): Alternative['type'] {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'boolean' || type === 'number' || type === 'string' ? type : 'object';
}
