import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  asyncApiOf,
  checkContracts,
  type Contract,
  type ContractFinding,
  describeTopics,
  readContract,
  registeredContract,
} from '@isostream/schemas/contracts';
import { usage } from '../client.ts';
import { writeOutput } from '../output-file.ts';
import { topicsOf } from '../topic-module.ts';
import { paint, print, say } from '../terminal.ts';

interface ExportOptions {
  readonly out?: string;
}

interface AsyncApiCommandOptions extends ExportOptions {
  readonly title?: string;
  readonly appVersion?: string;
  readonly send?: readonly string[];
  readonly receive?: readonly string[];
}

interface CheckOptions {
  readonly against: string;
  readonly json?: boolean;
  readonly github?: boolean;
}

/** What topics promise, as a file, and what a change of it breaks. */
export function addContractCommands(program: Command): void {
  const contracts = program.command('contracts').description('export topic contracts, and check changes for breaks');
  contracts
    .command('export')
    .description('write the contract of the topics that a module exports, as JSON')
    .argument('<module>', 'a JavaScript module that exports topics, such as dist/topics.js')
    .option('--out <file>', 'where to write it (default: standard output)')
    .action(async (module: string, { out }: ExportOptions) => {
      write(await contractOf(module), out);
    });
  contracts
    .command('asyncapi')
    .description('write an AsyncAPI 3 document of the topics that a module exports, as JSON')
    .argument('<module>', 'a JavaScript module that exports topics, such as dist/topics.js')
    .option('--title <text>', 'name of the application (default: that of package.json)')
    .option('--app-version <text>', 'its version (default: that of package.json)')
    .option('--send <topics...>', 'topics that the application sends to')
    .option('--receive <topics...>', 'topics that it reads')
    .option('--out <file>', 'where to write it (default: standard output)')
    .action(async (module: string, { title, appVersion, send, receive, out }: AsyncApiCommandOptions) => {
      const app = ownPackage();
      const document = asyncApiOf(await topicsOf(module), {
        title: title ?? app.name,
        version: appVersion ?? app.version,
        ...(send === undefined ? {} : { sends: send }),
        ...(receive === undefined ? {} : { receives: receive }),
      });
      write(document, out);
    });
  contracts
    .command('check')
    .description('report what breaks, and for whom, between an older contract and the topics that a module exports')
    .argument('<module>', 'a JavaScript module that exports topics, or a contract (.json)')
    .requiredOption(
      '--against <contract>',
      'the older contract: a file, <git ref>:<file>, such as origin/main:contract.json, or "registry" for what the registries of the codecs have',
    )
    .option('--json', 'print JSON for programs')
    .option('--github', 'print annotations for GitHub Actions')
    .action(async (module: string, options: CheckOptions) => {
      const { findings, absent } = await compared(module, options.against);
      report(findings, options, absent);
      if (findings.some(({ kind }) => kind === 'breaking')) process.exitCode = 1;
    });
}

function write(document: object, out: string | undefined): void {
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  if (out === undefined) process.stdout.write(text);
  else writeOutput(out, text);
}

/** Name and version of the package in this folder. */
function ownPackage(): { readonly name: string; readonly version: string } {
  const manifest: unknown = existsSync('package.json') ? JSON.parse(readText('package.json')) : {};
  const entries = new Map<string, unknown>(Object.entries(manifest ?? {}));
  const text = (name: string, otherwise: string): string => {
    const value = entries.get(name);
    return typeof value === 'string' ? value : otherwise;
  };
  return { name: text('name', 'topics'), version: text('version', '0.0.0') };
}

interface Compared {
  readonly findings: readonly ContractFinding[];
  /** What the registries have nothing of; only of a check against them. */
  readonly absent?: readonly string[];
}

async function compared(module: string, against: string): Promise<Compared> {
  try {
    if (against === 'registry') return await comparedWithRegistry(module);
    return { findings: checkContracts(older(against), await contractOf(module)) };
  } catch (error) {
    // A gate in CI tells it from a contract that breaks somebody.
    process.exitCode = 2;
    throw error;
  }
}

async function comparedWithRegistry(module: string): Promise<Compared> {
  if (module.endsWith('.json'))
    throw usage('a contract file names no registry. Give the module that exports the topics');
  const topics = await topicsOf(module);
  const { contract, absent } = await registeredContract(topics);
  for (const what of absent) say(`${what}: nothing is registered yet`);
  return { findings: checkContracts(contract, describeTopics(topics)), absent };
}

async function contractOf(module: string): Promise<Contract> {
  if (module.endsWith('.json')) return parsed(readText(module), module);
  return describeTopics(await topicsOf(module));
}

function older(place: string): Contract {
  const [, ref, path] = /^([^:]{2,}):(.+)$/.exec(place) ?? [];
  if (ref === undefined || path === undefined) return parsed(readText(place), place);
  try {
    const text = execFileSync('git', ['show', `${ref}:./${path}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return parsed(text, place);
  } catch (cause) {
    if (!(cause instanceof Error && 'status' in cause)) throw cause;
    throw usage(`git has no ${path} at ${ref}. Fetch the ref first, or give a file`);
  }
}

function parsed(text: string, place: string): Contract {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usage(`${place} is not JSON. Write a contract with "isostream contracts export"`);
  }
  return readContract(value);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw usage(`cannot read ${file}. Write a contract with "isostream contracts export"`);
  }
}

const colours = { breaking: 'red', unknown: 'yellow', advice: 'dim' } as const;

function report(
  findings: readonly ContractFinding[],
  { json, github }: CheckOptions,
  absent?: readonly string[],
): void {
  if (json === true) return print(JSON.stringify({ verdict: verdictOf(findings), findings, absent }));
  for (const finding of findings) {
    if (github === true) print(annotation(finding));
    else print(`${paint(colours[finding.kind], finding.kind, process.stdout)} ${where(finding)}: ${told(finding)}`);
  }
  say(
    `${verdictOf(findings)}: ${count(findings, 'breaking')} breaking, ${count(findings, 'unknown')} unknown, ${count(findings, 'advice')} advice`,
  );
}

const readers = { backward: 'new code reading stored events', forward: 'old code reading new events', topic: 'topic' };

function where({ topic, event, direction, path }: ContractFinding): string {
  const place = [topic, event, path === '' ? undefined : path].filter((part) => part !== undefined).join(' ');
  return `${place} (${readers[direction]})`;
}

function told({ problem, cure, example }: ContractFinding): string {
  const shown = example === undefined ? '' : `\n  for example ${JSON.stringify(example)}`;
  return `${problem}${cure === undefined ? '' : `\n  ${cure}`}${shown}`;
}

/** One line: a line break would end the annotation. */
function annotation(finding: ContractFinding): string {
  const level = { breaking: 'error', unknown: 'warning', advice: 'notice' }[finding.kind];
  const text = `${where(finding)}: ${told(finding)}`;
  return `::${level} title=contracts::${text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}`;
}

function verdictOf(findings: readonly ContractFinding[]): string {
  if (count(findings, 'breaking') > 0) return 'breaking';
  return count(findings, 'unknown') > 0 ? 'unknown' : 'compatible';
}

function count(findings: readonly ContractFinding[], kind: ContractFinding['kind']): number {
  return findings.filter((finding) => finding.kind === kind).length;
}
