import { shown } from '../errors/shown.ts';
import { StreamError } from '../errors/stream-error.ts';

/** Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'5m'`, `'12h'`, `'7d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** Bytes, or a number with a unit of 1,024: `'512b'`, `'64kb'`, `'8mb'`, `'1gb'`. */
export type Size = number | `${number}${'b' | 'kb' | 'mb' | 'gb'}`;

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const bytes: Readonly<Record<string, number>> = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 };

/** Milliseconds of a duration. Throws `invalid-config` that names `option` for anything else. */
export function toMilliseconds(value: Duration, option: string): number {
  return parse(value, option, milliseconds, "a duration such as 250, '250ms', '30s', '5m', '12h' or '7d'");
}

/** Bytes of a size. Throws `invalid-config` that names `option` for anything else. */
export function toBytes(value: Size, option: string): number {
  return parse(value, option, bytes, "a size such as 4096, '64kb', '8mb' or '1gb'");
}

function parse(
  value: number | string,
  option: string,
  units: Readonly<Record<string, number>>,
  expected: string,
): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(value) : null;
  const unit = match?.[2] ?? '';
  const result =
    match !== null && Object.hasOwn(units, unit)
      ? Math.round(Number(match[1]) * (units[unit] ?? Number.NaN))
      : Number.NaN;
  if (Number.isFinite(result)) return result;
  throw new StreamError('invalid-config', `${option} is ${numeric(value) ?? shown(value)}. Give ${expected}`, {
    where: 'config',
  });
}

/** What begins with a number was meant as one, and is shown as it is: `'30 sec'`. */
function numeric(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d[\w. ]{0,23}$/.test(value) ? JSON.stringify(value) : undefined;
}
