import { type LocalBroker, localBrokers, startBroker, startKafka } from '@isostream/emulators';
import { Argument, type Command, Option } from 'commander';
import { usage } from '../client.ts';
import { StreamError } from 'isostream';
import { interruption } from '../interruption.ts';
import { print, say } from '../terminal.ts';

/** Brokers on this machine. */
export function addBrokerCommands(program: Command): void {
  const broker = program.command('broker').description('run a real broker on this machine');
  broker
    .command('start')
    .description('start a broker, print its URL, and run until interrupted')
    .addArgument(new Argument('<provider>', 'what to start').choices(localBrokers))
    .addOption(new Option('--mode <mode>', 'how to start it').choices(['auto', 'native', 'docker']).default('auto'))
    .addOption(new Option('--brokers <count>', 'size of the cluster (kafka)').choices(['1', '3']).default('1'))
    .option('--port <number>', 'where clients connect (default: the usual port of the broker, or the next free one)')
    .action(run);
}

interface BrokerOptions {
  readonly mode: 'auto' | 'native' | 'docker';
  readonly brokers: string;
  readonly port?: string;
}

async function run(provider: string, { mode, brokers, port: asked }: BrokerOptions): Promise<void> {
  if (brokers === '3' && provider !== 'kafka') throw usage('--brokers belongs to kafka. Leave it out');
  const port = asked === undefined ? ('usual' as const) : parsePort(asked);
  const started: LocalBroker =
    brokers === '3'
      ? await startKafka({ mode, brokers: 3, port, progress: say })
      : await startBroker(provider, { mode, port, progress: say });
  print(started.url);
  const use = started.use ?? `In another terminal: export ISOSTREAM_URL='${started.url}'`;
  say(`${started.description}. Stop it with Ctrl-C. ${use}`);
  // A server process that lives on its own keeps no event loop alive.
  const alive = setInterval(() => undefined, 60_000);
  let died: string | undefined;
  try {
    died = await Promise.race([interrupted(), started.died()]);
  } finally {
    clearInterval(alive);
    await started.stop();
  }
  // To be interrupted is how it ends.
  if (died === undefined || interruption.signal.aborted) process.exit(0);
  const message = `${provider} is gone. Start it again with: isostream broker start ${provider}. ${died}`;
  throw new StreamError('unavailable', message, { where: 'broker' });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw usage(`--port is not a port. Give a number from 1 to 65535`);
}

function interrupted(): Promise<undefined> {
  const { signal } = interruption;
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
