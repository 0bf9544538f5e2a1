import { Command } from 'commander';
import { addBrokerCommands } from './commands/broker.ts';
import { addConformanceCommand } from './commands/conformance.ts';
import { addContractCommands } from './commands/contracts.ts';
import { addDeadLetterCommands } from './commands/dead-letters.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addEventCommands } from './commands/events.ts';
import { addTopicCommands } from './commands/topics.ts';

/** The whole command line. */
export function program(): Command {
  const root = new Command('isostream')
    .description(
      'Event streams on Kafka, Kinesis, Pub/Sub, Event Hubs and in memory: operate them, and prove that they keep the contract',
    )
    .showHelpAfterError()
    .exitOverride()
    // Options behind a command are its own, also where its parent has one of the same name.
    .enablePositionalOptions();
  addTopicCommands(root);
  addEventCommands(root);
  addDeadLetterCommands(root);
  addContractCommands(root);
  addConformanceCommand(root);
  addBrokerCommands(root);
  addDoctorCommand(root);
  // Commands made above do not inherit what is set on the root.
  for (const command of root.commands)
    for (const each of [command, ...command.commands]) each.exitOverride().showHelpAfterError();
  return root;
}
