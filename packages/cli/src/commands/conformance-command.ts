import { redact } from 'isostream';
import type { Tested } from './conformance-suites.ts';

interface Asked extends Tested {
  readonly expectedFailures?: string;
  readonly scenario?: readonly string[];
  readonly mutants?: string;
}

/** The command that repeats a run, as a shell takes it: with its seed, without secrets, and without where it was written to. */
export function commandOf(asked: Asked, provider: string, seed: number): string {
  const { harness, config, prefix, mode, destructive, expectedFailures, scenario, mutants } = asked;
  const url = asked.url ?? (harness === undefined ? process.env['ISOSTREAM_URL'] : undefined);
  const options: readonly (readonly [name: string, ...values: readonly string[]])[] = [
    // Without any of these it is the reference, whatever is set elsewhere when it is repeated.
    ...(harness === undefined && url === undefined
      ? [['--provider', asked.provider ?? provider.replace(/ .*$/, '')] as const]
      : []),
    ...(url !== undefined && asked.provider !== undefined ? [['--provider', asked.provider] as const] : []),
    ...given('--harness', harness),
    ...given('--url', url === undefined ? undefined : String(redact(url))),
    ...given('--config', config),
    ...given('--prefix', prefix),
    ...given('--mode', mode === 'auto' ? undefined : mode),
    // A command of the owner may hold what nobody else is to read.
    ...(destructive === undefined ? [] : [['--destructive', ...destructive.map(nameOnly)] as const]),
    ...given('--expected-failures', expectedFailures),
    ...(scenario === undefined ? [] : [['--scenario', ...scenario] as const]),
    ...given('--mutants', mutants),
    ['--seed', String(seed)],
  ];
  return ['isostream conformance', ...options.map((words) => words.map(quoted).join(' '))].join(' ');
}

function given(name: string, value: string | undefined): readonly (readonly [string, string])[] {
  return value === undefined ? [] : [[name, value]];
}

function nameOnly(fault: string): string {
  return fault.replace(/=[\s\S]*$/, '=<command>');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
