import { Command } from 'commander';
import { addBrokerCommands } from './commands/broker.ts';
import { addCapacityCommand } from './commands/capacity.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addConformanceCommand } from './commands/conformance.ts';
import { addConnectCommands } from './commands/connect.ts';
import { addConsoleCommand } from './commands/console.ts';
import { addContractCommands } from './commands/contracts.ts';
import { addDeadLetterCommands } from './commands/dead-letters.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEventCommands } from './commands/events.ts';
import { addExporterCommand } from './commands/exporter.ts';
import { addGroupCommands } from './commands/groups.ts';
import { addInitCommand } from './commands/init.ts';
import { addMirrorCommands } from './commands/mirror.ts';
import { addPolicyCommand } from './commands/policy.ts';
import { addResetCommand } from './commands/reset.ts';
import { addTopicCommands } from './commands/topics.ts';
import { addTopologyCommands } from './commands/topology.ts';
import { visibleLines } from './visible.ts';
import { ownVersion } from './version.ts';

/** The whole command line. */
export function program(): Command {
  const root = new Command('isostream')
    .description(
      'Event streams on Kafka, Kinesis, Pub/Sub, Event Hubs and in memory: operate them, and prove that they keep the contract',
    )
    .version(ownVersion(), '-V, --version', 'print the version')
    // Options behind a command are its own, also where its parent has one of the same name.
    .enablePositionalOptions();
  addTopicCommands(root);
  addGroupCommands(root);
  addResetCommand(root);
  addEventCommands(root);
  addDeadLetterCommands(root);
  addContractCommands(root);
  addTopologyCommands(root);
  addPolicyCommand(root);
  addCapacityCommand(root);
  addExporterCommand(root);
  addConsoleCommand(root);
  addConnectCommands(root);
  addMirrorCommands(root);
  addConformanceCommand(root);
  addBrokerCommands(root);
  addInitCommand(root);
  addDoctorCommand(root);
  addCompletionCommand(root);
  // Commands made above do not inherit what is set on the root.
  for (const command of [root, ...root.commands.flatMap((each) => [each, ...each.commands])]) inOneLine(command);
  return root;
}

/** What is wrong with the arguments, and where the help is: in one line, in which nothing is quoted that may hold a password. */
function inOneLine(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => {
      const path: string[] = [];
      for (let each: Command | null = command; each !== null; each = each.parent) path.unshift(each.name());
      const line = withoutAddresses(
        text
          .trim()
          .replace(/\.$/, '')
          .replace(/\s*\n\s*/g, ' '),
      );
      write(`${visibleLines(line)}. Help: ${path.join(' ')} --help\n`);
    },
  });
}

/** Arguments that are addresses, or that have one in them, are not repeated. */
function withoutAddresses(text: string): string {
  const given = process.argv.slice(2).filter((argument) => /:\/\/|@|^-.*=/.test(argument));
  return given
    .toSorted((one, other) => other.length - one.length)
    .reduce(
      (line, argument) =>
        line.replaceAll(argument.replace(/\s*\n\s*/g, ' '), argument.replace(/^(--?[\w-]+)?[\s\S]*$/, '$1…')),
      text,
    );
}
