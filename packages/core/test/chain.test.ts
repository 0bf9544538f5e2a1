import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Chain, Link } from '../src/model/chain.ts';

describe('a chain', () => {
  it('is what a list of the same items would be, whoever leaves from wherever', () => {
    const step = fc.record({
      do: fc.constantFrom('push' as const, 'unshift' as const, 'shift' as const, 'unlink' as const, 'move' as const),
      pick: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const chains = [new Chain<number>(), new Chain<number>()] as const;
        const lists: [number[], number[]] = [[], []];
        const links: Link<number>[] = [];
        for (const { do: what, pick } of steps) {
          const at = pick % 2 === 0 ? 0 : 1;
          const other = 1 - at;
          const [chain, list] = [chains[at], lists[at]];
          const known = links[pick % Math.max(1, links.length)];
          if (what === 'shift') expect(chain.shift()).toBe(list.shift());
          else if (what === 'unlink') {
            known?.unlink();
            for (const each of lists)
              if (known !== undefined && each.includes(known.item)) each.splice(each.indexOf(known.item), 1);
          } else {
            const link = what === 'move' && known !== undefined ? known : new Link(links.length);
            if (!links.includes(link)) links.push(link);
            for (const each of [list, lists[other] ?? []])
              if (each.includes(link.item)) each.splice(each.indexOf(link.item), 1);
            if (what === 'unshift') {
              chain.unshift(link);
              list.unshift(link.item);
            } else {
              chain.push(link);
              list.push(link.item);
            }
          }
          for (const index of [0, 1] as const) {
            expect([...chains[index]]).toEqual(lists[index]);
            expect([chains[index].length, chains[index].first]).toEqual([lists[index].length, lists[index][0]]);
          }
        }
      }),
    );
  });

  it('lets the item leave that an iteration has just given', () => {
    const chain = new Chain<number>();
    const links = [1, 2, 3].map((item) => new Link(item));
    for (const link of links) chain.push(link);
    const seen: number[] = [];
    for (const item of chain) {
      seen.push(item);
      links[item - 1]?.unlink();
    }
    expect([seen, chain.length]).toEqual([[1, 2, 3], 0]);
  });
});
