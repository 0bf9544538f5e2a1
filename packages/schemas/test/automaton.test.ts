import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Automaton, difference } from '../src/patterns/automaton.ts';
import { Unsupported } from '../src/patterns/parse.ts';

const atoms = ['a', 'b', '.', '[ab]', '[^a]', '\\d', '[a-c]', '(?:ab)', '(a|b)', '^', '$', '\\.', '\\u{62}', '[-a]'];
const counts = ['', '*', '+', '?', '{2}', '{1,2}', '{0,}', '??'];
const piece = fc
  .tuple(fc.constantFrom(...atoms), fc.constantFrom(...counts))
  .map(([atom, count]) => (/^[$^]$/.test(atom) ? atom : atom + count));
const sequence = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
const pattern = fc.array(sequence, { minLength: 1, maxLength: 2 }).map((branches) => branches.join('|'));
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '1', '.', '\n', '😀'), { maxLength: 5 })
  .map((parts) => parts.join(''));

describe('an automaton', () => {
  it('matches what the regular expression matches', () => {
    fc.assert(
      fc.property(pattern, text, (source, sample) => {
        expect(matches(new Automaton(source), sample)).toBe(new RegExp(source, 'u').test(sample));
      }),
      { numRuns: 3_000 },
    );
  });

  it('finds a text that tells two patterns apart, or there is none among many', () => {
    let different = 0;
    fc.assert(
      fc.property(pattern, pattern, fc.array(text, { minLength: 20, maxLength: 20 }), (one, other, samples) => {
        const found = difference(new Automaton(one), new Automaton(other));
        const [ours, theirs] = [new RegExp(one, 'u'), new RegExp(other, 'u')];
        if (found === undefined)
          expect(samples.filter((sample) => ours.test(sample) && !theirs.test(sample))).toEqual([]);
        else {
          different++;
          expect([ours.test(found), theirs.test(found)]).toEqual([true, false]);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(different).toBeGreaterThan(100);
  });

  it.each(['(?=a)', '(?<!a)b', '(a)\\1', '\\bword', '\\p{L}', 'a{5000}'])(
    'refuses %s, which it cannot compare',
    (source) => {
      expect(() => new Automaton(source)).toThrow(Unsupported);
    },
  );
});

function matches(automaton: Automaton, sample: string): boolean {
  let states = automaton.begin;
  for (const character of sample) states = automaton.step(states, character.codePointAt(0) ?? 0);
  return automaton.accepts(states, sample === '');
}
