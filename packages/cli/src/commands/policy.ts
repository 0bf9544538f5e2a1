import { findConfig, policyOf, type ProviderName, providerNames } from 'isostream';
import { type AccessRole, accessRoles, accessNeeds } from '@isostream/operations';
import { type Command, Option } from 'commander';
import { refuseContradiction, sourcesOf, usage } from '../client.ts';
import { print, say, table } from '../terminal.ts';
import { topicsOf } from '../topic-module.ts';
import { json } from '../visible.ts';

interface PolicyCommandOptions {
  readonly provider?: ProviderName;
  readonly topic?: readonly string[];
  readonly group?: readonly string[];
  readonly role: readonly string[];
  readonly deadLetters: boolean;
  readonly principal?: string;
  readonly url?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly explain?: boolean;
}

/** The least rights for declared topics and their groups. */
export function addPolicyCommand(program: Command): void {
  program
    .command('policy')
    .description('print the least rights that topics and groups need, as the provider takes them; asks no service')
    .argument('[module]', 'a module that exports topics, such as dist/topics.js')
    .addOption(new Option('--provider <name>', 'whose rights (default: that of the address)').choices(providerNames))
    .option('--topic <names...>', 'topics instead of a module; one that ends with * stands for all that begin so')
    .option('--group <names...>', 'groups, which may end with * as well')
    .requiredOption('--role <roles...>', `what is done: ${accessRoles.join(', ')}`)
    .option('--no-dead-letters', 'consumers do not write dead letters')
    .option('--principal <name>', 'who gets the rights, as the provider names it, such as User:orders')
    .option('--url <address>', 'for the names in commands: brokers, region, project, namespace')
    .option('--config <file>', 'JSON file with provider settings (default: isostream.json)')
    .option('--explain', 'list each right with what it is needed for')
    .option('--json', 'print the document that the provider takes')
    .action(policy);
}

async function policy(module: string | undefined, options: PolicyCommandOptions): Promise<void> {
  if ((module === undefined) === (options.topic === undefined))
    throw usage('which topics is not clear. Give a module that exports them, or --topic');
  const roles = options.role.map(roleOf);
  const { topic: given = [], group: groups = [], deadLetters, principal } = options;
  for (const role of roles)
    if (groups.length === 0 && ['consume', 'redrive', 'operate'].includes(role))
      throw usage(`--role ${role} is about groups. Give --group`);
  const topics = module === undefined ? given : (await topicsOf(module)).map(({ name }) => name);
  const needs = accessNeeds({ topics, groups, roles, deadLetters });
  const found = await policyOf(await chosen(options), needs, principal);
  if (options.json === true) print(json(found.document, 2));
  else if (options.explain === true)
    print(
      table(
        ['right', 'on', 'for'],
        found.rights.map(({ action, resource, acts }) => [action, resource, acts.join(', ')]),
      ),
    );
  else print(found.commands.join('\n'));
  for (const note of found.notes) say(note);
}

async function chosen({ provider, ...options }: PolicyCommandOptions): Promise<Parameters<typeof policyOf>[0]> {
  await refuseContradiction(options.url);
  const configured = await findConfig(sourcesOf(options));
  if (configured === undefined) {
    if (provider === undefined) throw usage('no provider is given. Give --provider or --url');
    return { provider };
  }
  if (provider === undefined || provider === configured.provider) return configured;
  if (options.url !== undefined)
    throw usage(`--provider is ${provider}, and --url is an address of ${configured.provider}. Leave one of them out`);
  return { provider };
}

function roleOf(text: string): AccessRole {
  const role = accessRoles.find((each) => each === text);
  if (role !== undefined) return role;
  throw usage(`--role is ${JSON.stringify(text)}. Valid: ${accessRoles.join(', ')}`);
}
