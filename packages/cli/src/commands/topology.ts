import type { Consent } from 'isostream';
import { planTopology, type SettingChange, type TopicsPlan, type TopologyStep } from '@isostream/operations';
import type { Command } from 'commander';
import { type ClientOptions, usage, withClientOptions, withTemporary } from '../client.ts';
import { nothingChanged, paint, print, say } from '../terminal.ts';
import { topicsOf } from '../topic-module.ts';
import { json, visible } from '../visible.ts';
import { shownDuration, shownSize } from '../units.ts';

/** Topics as they are declared in code, beside those of a service. */
export function addTopologyCommands(program: Command): void {
  const topology = program.command('topology').description('compare declared topics with a service, and create them');
  withCommon(
    topology
      .command('plan')
      .description('show which topics a service lacks, and what differs from their declaration; changes nothing')
      .option('--detailed-exitcode', 'exit with 0 if nothing is to do, 2 if something is, 1 after any error')
      // Also an error in the arguments is not to be taken for a change.
      .on('option:detailed-exitcode', () => {
        process.exitCode = 1;
      }),
  ).action(async (module: string, options: PlanOptions) => {
    const { steps } = await plan(module, options);
    if (options.detailedExitcode === true)
      process.exitCode = steps.some(({ change, problems }) => change !== 'none' || problems.length > 0) ? 2 : 0;
  });
  withCommon(
    topology
      .command('apply')
      .description('show the plan; with --execute, make the topics as declared. Deletes nothing')
      .option('--execute', 'apply the change; without this only the plan is shown'),
  ).action(async (module: string, options: PlanOptions) => {
    await plan(module, options);
  });
}

interface PlanOptions extends ClientOptions {
  readonly group?: readonly string[];
  readonly consent?: readonly string[];
  readonly execute?: boolean;
  readonly detailedExitcode?: boolean;
}

function withCommon(command: Command): Command {
  return withClientOptions(
    command
      .argument('<module>', 'a module that exports topics, such as dist/topics.js')
      .option('--group <names...>', 'groups whose dead-letter topics are to exist')
      .option('--consent <what...>', 'accepted loss: grow-keyed-topic (order), shorten-retention (events)'),
  );
}

async function plan(module: string, options: PlanOptions): Promise<TopicsPlan> {
  const { group: groups = [], execute = false } = options;
  const consent = (options.consent ?? []).map(consentOf);
  const topics = await topicsOf(module);
  return withTemporary(options, async (streams, signal) => {
    const planned = await planTopology(streams, topics, { groups, consent, signal });
    const { plan: found } = planned;
    const applied: string[] = [];
    let isDone = false;
    try {
      if (options.json !== true) show(found);
      if (execute)
        await planned.run((step) => {
          applied.push(step.topic);
          if (options.json !== true) say(`${step.change === 'create' ? 'created' : 'changed'} ${visible(step.topic)}`);
        });
      isDone = execute;
    } finally {
      if (options.json === true) print(json({ ...found, executed: isDone, applied }));
    }
    if (options.json !== true) say(execute ? sentenceOf(found, applied) : nothingChanged(found.sentence));
    return found;
  });
}

function sentenceOf({ sentence }: TopicsPlan, applied: readonly string[]): string {
  return applied.length === 0 ? sentence.replace(/^does nothing: /, '') : `every topic is as declared`;
}

function consentOf(text: string): Consent {
  if (text === 'grow-keyed-topic' || text === 'shorten-retention') return text;
  throw usage(`--consent is ${JSON.stringify(text)}. Valid: grow-keyed-topic, shorten-retention`);
}

function show({ steps, undeclared, unlisted }: TopicsPlan): void {
  for (const step of steps) print(shown(step));
  for (const name of undeclared ?? []) print(`  ${visible(name)}: not declared, is left as it is`);
  if (undeclared === null)
    say('the service does not list its topics to you: those that are not declared are not shown');
  if (unlisted.length > 0) {
    const topics = unlisted.map(visible).join(', ');
    say(`the groups of ${topics} are not listed to you: of their dead letters only those of --group are compared`);
  }
}

const marks = { create: '+', alter: '~', none: ' ' } as const;
const colours = { create: 'green', alter: 'yellow', none: 'dim' } as const;

function shown({ topic, deadLettersOf, change, settings, problems }: TopologyStep): string {
  const of =
    deadLettersOf === undefined
      ? ''
      : ` (dead letters of ${deadLettersOf.topic}, group ${visible(deadLettersOf.group)})`;
  const what = { create: 'is created', alter: 'is changed', none: 'is as declared' }[change];
  const values = settings.map((setting) => `${nameOf(setting)} ${changeOf(setting)}`).join(', ');
  const line = `${marks[change]} ${visible(topic)}${of}: ${what}${values === '' ? '' : `: ${values}`}`;
  const notes = problems.map(({ code, message, accepted }) => {
    const head = code === 'unsupported' ? 'impossible' : accepted ? 'accepted' : 'needs consent';
    return `\n    ${paint(accepted ? 'yellow' : 'red', head, process.stdout)}: ${message}`;
  });
  return `${paint(colours[change], line, process.stdout)}${notes.join('')}`;
}

function nameOf({ name }: SettingChange): string {
  return name === 'retentionMs' ? 'retention' : name;
}

function changeOf(setting: SettingChange): string {
  const { from, to } = setting;
  return from === undefined ? valueOf(setting, to) : `${valueOf(setting, from)} → ${valueOf(setting, to)}`;
}

function valueOf({ name }: SettingChange, value: SettingChange['to']): string {
  if (typeof value !== 'number') return String(value);
  if (name.endsWith('Ms')) return shownDuration(value);
  return name.endsWith('Bytes') ? shownSize(value) : String(value);
}
