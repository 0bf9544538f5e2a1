import fc from 'fast-check';
import { afterEach } from 'vitest';

// Read by every `fc.assert` of the project "fuzz", so that no test repeats it. fast-check prints the seed with every failure.
const { ISOSTREAM_FUZZ_INPUTS = '2000', ISOSTREAM_FUZZ_SEED = String(Math.floor(Math.random() * 2 ** 31)) } =
  process.env;
fc.configureGlobal({
  numRuns: whole('ISOSTREAM_FUZZ_INPUTS', ISOSTREAM_FUZZ_INPUTS, 1),
  seed: whole('ISOSTREAM_FUZZ_SEED', ISOSTREAM_FUZZ_SEED, -(2 ** 31)),
});

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const before = names();
afterEach(() => {
  if (names() !== before) throw new Error('a prototype was changed');
});

function names(): string {
  return prototypes.map((prototype) => Reflect.ownKeys(prototype).map(String).join()).join('\n');
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`${name} is ${JSON.stringify(text)}. Give a whole number of ${least} or more`);
}
