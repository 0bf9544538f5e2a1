import { StreamError } from '../errors/stream-error.ts';
import type { AccessNeed, AccessPolicy, PolicyOptions } from './access.ts';
import type { CapacityDemand, CapacityModel } from './capacity.ts';
import { nameOf } from './expected.ts';
import type { DeclaredOption, DeclaredOptions } from './options.ts';
import type { Adapter } from './opaque-adapter.ts';
import { unknownOption } from '../options/unknown-option.ts';

/** How a configuration becomes an adapter. It is loaded before anybody knows whether the adapter is needed, so it loads nothing large. */
export interface AdapterConfig {
  /** What a configuration may give. */
  readonly options: DeclaredOptions;
  /** Names that options had. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** What an address says, as options. Throws `invalid-config` that quotes nothing of it. */
  parse(url: string): Readonly<Record<string, unknown>>;
  /** Loads the adapter and makes it, of what the address and the configuration say together. */
  create(options: Readonly<Record<string, unknown>>, url: string | undefined): Promise<Adapter>;
  /** The least rights for these acts; absent where there are no rights. Asks no service. */
  policy?(needs: readonly AccessNeed[], about: PolicyOptions): Promise<AccessPolicy>;
  /** Published limits of the provider, and what it bills by, for a demand; absent where there are none. Asks no service. */
  capacity?(demand: CapacityDemand): Promise<CapacityModel>;
}

/** What is wrong with the options that a configuration gives under `name`, one text each; quotes no secret. */
export function configProblems(
  name: string,
  given: object,
  { options, renamed = {} }: Pick<AdapterConfig, 'options' | 'renamed'>,
): readonly string[] {
  const problems: string[] = [];
  const values: readonly (readonly [string, unknown])[] = Object.entries(given);
  for (const [entry, value] of values.filter((each) => each[1] !== undefined)) {
    const declared = Object.hasOwn(options, entry) ? options[entry] : undefined;
    const problem =
      declared === undefined
        ? `${name}: ${unknownOption(nameOf(entry), Object.keys(options), renamed)}`
        : problemOf(`${name}.${entry}`, value, declared);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

function problemOf(name: string, value: unknown, declared: DeclaredOption<never, unknown>): string | undefined {
  if (value === null) return `${name} is null. Give a value, or leave it out`;
  if (declared.inConfig !== undefined) {
    const problem = declared.inConfig(value);
    return problem === undefined ? undefined : `${name}${problem}`;
  }
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever it is, this checks it
    declared.take(value as never, name, where);
    return undefined;
  } catch (error) {
    if (!StreamError.is(error)) throw error;
    return error.message.replace(`${where}: `, '');
  }
}

const where = 'config';
