import { parseArgs } from 'node:util';
import { type FrameworkName, frameworks } from './frameworks.ts';
import { providerStarts, type TemplateProvider } from './providers.ts';

/** What the command line names; the rest is asked for, or has a default. */
export interface Given {
  readonly folder?: string;
  readonly framework?: FrameworkName;
  readonly provider?: TemplateProvider;
  /** An adapter is written, and no service. */
  readonly isAdapter?: boolean;
  readonly help: boolean;
}

/** What the command was given is wrong: the message says what, and what is right. */
export class WrongArgument extends Error {}

export const frameworkNames: readonly FrameworkName[] = keysOf(frameworks);
export const providerNames: readonly TemplateProvider[] = keysOf(providerStarts);

export const help: string = `Usage: npm create isostream [folder] -- [options]

Writes a service with a topic, a consumer, HTTP, probes, metrics and a test. On a terminal it asks for what is not given.

  --framework <name>  ${frameworkNames.join(', ')} (default: plain)
  --provider <name>   ${providerNames.join(', ')} (default: memory)
  --adapter           writes an adapter for another provider instead, with the conformance suite as its test
  --help              this text
`;

/** Throws {@link WrongArgument}. */
export function readArguments(args: readonly string[]): Given {
  const { values, positionals } = parsed(args);
  const [folder, ...others] = positionals;
  if (others.length > 0) throw new WrongArgument(`one folder is expected, and ${positionals.length} are given`);
  if (values.adapter === true && (values.framework ?? values.provider) !== undefined)
    throw new WrongArgument('--adapter is given with --framework or --provider. An adapter has neither');
  return {
    ...(folder === undefined ? {} : { folder }),
    ...(values.framework === undefined ? {} : { framework: oneOf('--framework', values.framework, frameworkNames) }),
    ...(values.provider === undefined ? {} : { provider: oneOf('--provider', values.provider, providerNames) }),
    ...(values.adapter === true ? { isAdapter: true } : {}),
    help: values.help === true,
  };
}

function parsed(args: readonly string[]): {
  readonly values: {
    readonly framework?: string;
    readonly provider?: string;
    readonly adapter?: boolean;
    readonly help?: boolean;
  };
  readonly positionals: readonly string[];
} {
  const options = {
    framework: { type: 'string' },
    provider: { type: 'string' },
    adapter: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new WrongArgument(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The one of the names that a text is; throws {@link WrongArgument} with all of them. */
export function oneOf<Name extends string>(option: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found === undefined)
    throw new WrongArgument(`${option} is ${JSON.stringify(text)}. Valid names: ${names.join(', ')}`);
  return found;
}

function keysOf<Name extends string>(object: Readonly<Record<Name, unknown>>): readonly Name[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made here, with these names and no others
  return Object.keys(object) as Name[];
}
