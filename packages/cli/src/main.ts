import { NotFound } from '@isostream/operations';
import { StreamError } from 'isostream';
import { BrokerUnavailable } from '@isostream/emulators';
import { CommanderError } from 'commander';
import { interruption } from './interruption.ts';
import { program } from './program.ts';
import { paint, say } from './terminal.ts';

/** Errors that programs may want to tell apart; any other is 1. */
const codes: Readonly<Partial<Record<string, number>>> = {
  'invalid-config': 2,
  'invalid-event': 2,
  'unknown-topic': 4,
  conflict: 5,
  'consent-required': 5,
  unsupported: 6,
};

interruption.watch();
// What the SDK of AWS has to say of old versions of Node is for those who choose them, and not for every command.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => {
    // A scenario that runs counts it among its findings.
    if (process.listenerCount(event) === 1) process.exit(exitCodeOf(error));
  });
let code = 0;
try {
  await program().parseAsync();
} catch (error) {
  code = exitCodeOf(error);
}
const isEndedFromOutside = interruption.code !== undefined;
if (isEndedFromOutside || code !== 0) {
  // A service that does not answer may hold sockets and timers: whoever asked us to end does not wait for them.
  process.exitCode = interruption.code ?? process.exitCode ?? code;
  if (isEndedFromOutside) process.exit();
}

/** Tells people what went wrong, in a line and without a stack; programs tell "cannot run here" from "ran and failed". */
function exitCodeOf(error: unknown): number {
  // Commander has said by itself what is wrong with the arguments.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (interruption.code !== undefined) return interruption.code;
  const isExpected = StreamError.is(error) || error instanceof BrokerUnavailable || error instanceof NotFound;
  // What a library has to say may have lines of its own.
  const message = (error instanceof Error ? error.message : String(error))
    .trim()
    .replaceAll(/\s*[\r\n]\s*([.,;]?)\s*/g, '$1 ');
  say(
    isExpected
      ? `${paint('red', 'error')} ${message}`
      : `${paint('red', 'error')} ${message}. isostream does not know this error: please report it. ISOSTREAM_DEBUG=1 shows where it came from`,
  );
  if (!isExpected && process.env['ISOSTREAM_DEBUG'] === '1' && error instanceof Error) say(error.stack ?? '');
  if (error instanceof BrokerUnavailable) return 3;
  if (error instanceof NotFound) return 4;
  return StreamError.is(error) ? (codes[error.code] ?? 1) : 1;
}
