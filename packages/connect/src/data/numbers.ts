import { BigInteger, Decimal, Num, type Value } from './values.ts';

const bits: Record<'int8' | 'int16' | 'int32', number> = { int8: 8, int16: 16, int32: 32 };

/** The low bits of an integer, as a narrower type keeps them. */
export function wrap(type: 'int8' | 'int16' | 'int32', value: bigint): Num {
  return new Num(type, Number(BigInt.asIntN(bits[type], value)));
}

/** Whether an integer fits a type without loss. */
export function fits(type: 'int8' | 'int16' | 'int32' | 'int64', value: bigint): boolean {
  return BigInt.asIntN(type === 'int64' ? 64 : bits[type], value) === value;
}

/** A fraction as an integer: towards zero, bounded by the type, and nothing for what is not a number. */
function truncated(value: number, size: 32 | 64): bigint {
  if (Number.isNaN(value)) return 0n;
  const limit = 2n ** BigInt(size - 1);
  if (value >= Number(limit)) return limit - 1n;
  return value <= -Number(limit) ? -limit : BigInt(Math.trunc(value));
}

/** An integer type made from any number, as a cast in Java makes it: integers wrap, fractions are bounded first. */
export function toInteger(type: 'int8' | 'int16' | 'int32' | 'int64', value: Value): bigint | Num | undefined {
  const whole = wholeOf(value, type === 'int64' ? 64 : 32);
  if (whole === undefined) return undefined;
  return type === 'int64' ? BigInt.asIntN(64, whole) : wrap(type, whole);
}

function wholeOf(value: Value, size: 32 | 64): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncated(value, size);
  if (value instanceof Num) return truncated(value.value, size);
  if (value instanceof BigInteger) return value.value;
  return value instanceof Decimal ? decimalToInteger(value) : undefined;
}

/** The whole part of a decimal. */
export function decimalToInteger({ unscaled, scale }: Decimal): bigint {
  return scale > 0 ? unscaled / 10n ** BigInt(scale) : unscaled * 10n ** BigInt(-scale);
}

/** A number as a fraction; `undefined` for what is none. */
export function toDouble(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Num) return value.type === 'float32' ? Math.fround(value.value) : value.value;
  if (value instanceof BigInteger) return Number(value.value);
  return value instanceof Decimal ? Number(`${value.unscaled}e${-value.scale}`) : undefined;
}

/** A float32, held as the shortest fraction that means it: 0.1 instead of 0.10000000149011612. */
export function float32(value: number): Num {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return new Num('float32', single);
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return new Num('float32', short);
  }
  return new Num('float32', single);
}

const decimalText = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?$/;

/** Reads a decimal number; `undefined` for text that is none. */
export function parseDecimal(text: string): Decimal | undefined {
  const [whole, sign, digits = '', more = '', only = '', exponent = '0'] = decimalText.exec(text) ?? [];
  const power = Number(exponent);
  if (whole === undefined || Math.abs(power) > 2_147_483_647) return undefined;
  const fraction = more + only;
  const unscaled = BigInt(`${digits}${fraction}`);
  return new Decimal(sign === '-' ? -unscaled : unscaled, fraction.length - power);
}

/** The integer that a decimal is; `undefined` where it has a fraction, or is far beyond any type. */
export function exactInteger({ unscaled, scale }: Decimal): bigint | undefined {
  if (unscaled === 0n) return 0n;
  if (scale <= 0) return scale < -30 ? undefined : unscaled * 10n ** BigInt(-scale);
  if (scale > unscaled.toString().length) return undefined;
  const divisor = 10n ** BigInt(scale);
  return unscaled % divisor === 0n ? unscaled / divisor : undefined;
}
