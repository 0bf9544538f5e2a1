import { startKafka } from '@isostream/emulators';
import { type Command, Option } from 'commander';
import { print, say } from '../terminal.ts';

/** Brokers on this machine. */
export function addBrokerCommands(program: Command): void {
  const broker = program.command('broker').description('run a real broker on this machine');
  broker
    .command('start')
    .description('start a broker, print its URL, and run until interrupted')
    .argument('<provider>', 'kafka')
    .addOption(
      new Option('--mode <mode>', 'native needs Java 17 and Maven')
        .choices(['auto', 'native', 'docker'])
        .default('auto'),
    )
    .addOption(new Option('--brokers <count>', 'size of the cluster').choices(['1', '3']).default('1'))
    .action(
      async (provider: string, options: { readonly mode: 'auto' | 'native' | 'docker'; readonly brokers: string }) => {
        if (provider !== 'kafka') throw new Error(`${provider} cannot be started. Known are: kafka`);
        const cluster = await startKafka({
          mode: options.mode,
          brokers: options.brokers === '3' ? 3 : 1,
          progress: say,
        });
        print(cluster.url);
        say(`${cluster.description}. Stop it with Ctrl-C. In another terminal: export ISOSTREAM_URL=${cluster.url}`);
        await new Promise<void>((resolve) => {
          // A server process that lives on its own keeps no event loop alive.
          const alive = setInterval(() => undefined, 60_000);
          for (const signal of ['SIGINT', 'SIGTERM'] as const) {
            process.once(signal, () => {
              clearInterval(alive);
              resolve();
            });
          }
        });
        await cluster.stop();
      },
    );
}
