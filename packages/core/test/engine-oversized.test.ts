import { expect, it } from 'vitest';
import { settled } from './support/manual-clock.ts';
import { openEngine } from './support/open-engine.ts';

it('an event larger than the whole budget has its turn although another lane is always busy', async () => {
  const { source, started, calls } = openEngine({ maxInFlight: { bytes: 100 }, ordering: 'none' });
  const one = source.assign('p0');
  const other = source.assign('p1');
  other.push('b1', 'b2');
  await settled();
  one.push(one.stored('a1', { value: new Uint8Array(500) }));
  for (let next = 3; next < 30; next++) {
    other.push(`b${next}`);
    await settled();
    await calls[next - 3]?.ok();
  }
  expect(started()).toContain('a1');
  // Nothing else ran beside it, and the other lane goes on.
  const position = started().indexOf('a1');
  expect(started().length).toBeGreaterThan(position + 1);
});

/** An event that is larger than the whole budget waits for its turn, behind one of another lane. */
async function oversizedInLine() {
  const { source, started, calls } = openEngine({
    maxInFlight: { bytes: 100 },
    ordering: 'none',
    onExpired: 'continue',
  });
  const one = source.assign('p0');
  const other = source.assign('p1');
  other.push('b1');
  await settled();
  one.push(one.stored('a1', { value: new Uint8Array(500) }));
  await settled();
  return { source, started, calls, one, other };
}

it('a lane that goes takes its claim to the whole budget along', async () => {
  const { source, started, calls, one, other } = await oversizedInLine();
  await source.revoke(one);
  other.push('b2');
  await settled();
  await calls[0]?.ok();
  expect(started()).toEqual(['b1', 'b2']);
});

it('an event that retention removes before its turn leaves the turn to the others', async () => {
  const { started, calls, one, other } = await oversizedInLine();
  one.expire({ from: 'a1', to: 'a2', missing: 1 });
  other.push('b2');
  await calls[0]?.ok();
  expect(started()).toEqual(['b1', 'b2']);
});
