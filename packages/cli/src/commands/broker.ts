import { localBrokers, startBroker, startKafka } from '@isostream/emulators';
import { Argument, type Command, Option } from 'commander';
import { usage } from '../client.ts';
import { print, say } from '../terminal.ts';

/** Brokers on this machine. */
export function addBrokerCommands(program: Command): void {
  const broker = program.command('broker').description('run a real broker on this machine');
  broker
    .command('start')
    .description('start a broker, print its URL, and run until interrupted')
    .addArgument(new Argument('<provider>', 'what to start').choices(localBrokers))
    .addOption(
      new Option('--mode <mode>', 'native, or by Docker').choices(['auto', 'native', 'docker']).default('auto'),
    )
    .addOption(new Option('--brokers <count>', 'size of the cluster (kafka)').choices(['1', '3']).default('1'))
    .action(run);
}

interface BrokerOptions {
  readonly mode: 'auto' | 'native' | 'docker';
  readonly brokers: string;
}

async function run(provider: string, { mode, brokers }: BrokerOptions): Promise<void> {
  if (brokers === '3' && provider !== 'kafka') throw usage('--brokers belongs to kafka. Leave it out');
  const started =
    brokers === '3'
      ? await startKafka({ mode, brokers: 3, progress: say })
      : await startBroker(provider, { mode, progress: say });
  print(started.url);
  say(`${started.description}. Stop it with Ctrl-C. In another terminal: export ISOSTREAM_URL='${started.url}'`);
  await interrupted();
  await started.stop();
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    // A server process that lives on its own keeps no event loop alive.
    const alive = setInterval(() => undefined, 60_000);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        clearInterval(alive);
        resolve();
      });
    }
  });
}
