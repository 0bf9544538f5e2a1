import { StreamError } from 'isostream';
import { BrokerUnavailable } from '@isostream/emulators';
import { CommanderError } from 'commander';
import { program } from './program.ts';
import { paint } from './terminal.ts';

// A reader that has seen enough closes the pipe, as `head` does: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    const isExpected = StreamError.is(error) || error instanceof BrokerUnavailable;
    process.stderr.write(
      `${paint('red', 'error')} ${isExpected ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    // Programs tell "cannot run here" from "ran and failed".
    process.exitCode = error instanceof BrokerUnavailable ? 3 : 1;
  }
}
