import { cleanUp, type Harness, preflight } from '@isostream/conformance';
import { type Command, Option } from 'commander';
import { usage } from '../client.ts';
import { interruption } from '../interruption.ts';
import { print, say } from '../terminal.ts';
import { createHarness, suites, type Tested } from './conformance-suites.ts';

/** What a run asks of a service that somebody pays for, before it asks anything. */
function costOf(billed: string, scenarios: number): string {
  const made = `${scenarios} scenarios, each with a topic or two of up to 8 partitions that it deletes, most with up to 5,000 small events, the largest with 100,000`;
  return `cost: ${made}. ${billed}`;
}

/** Tries what every scenario needs; lets go of the service and throws the one error that says what is missing. */
export async function preflightOrEnd(harness: Harness, scenarios: number): Promise<void> {
  if (harness.billed !== undefined) say(costOf(harness.billed, scenarios));
  say(`preflight: connect, create a topic, send, read in a group, delete; all names begin with ${harness.prefix}`);
  try {
    await preflight(harness, interruption.signal);
  } catch (error) {
    await harness.close();
    throw error;
  }
}

/** `isostream conformance clean-up`: for runs that were killed. */
export function addCleanUpCommand(conformance: Command): void {
  conformance
    .command('clean-up')
    .description('delete every topic with the prefix, and its groups, that a run left behind because it was killed')
    .addOption(new Option('--provider <name>', 'what the service is').choices(Object.keys(suites)))
    .option('--url <address>', 'the service (default: ISOSTREAM_URL)')
    .option('--config <file>', 'JSON file with provider settings (default: isostream.json)')
    .option('--prefix <text>', 'that of the run (default: isostream-conformance-)')
    .action(async (options: Omit<Tested, 'mode'>) => {
      const harness = await createHarness({ ...options, mode: 'auto' });
      try {
        if (harness.prefix === undefined || harness.prefix === '')
          throw usage(
            'clean-up deletes topics of a running service by their prefix. Give --url, and --prefix if it was another',
          );
        const topics = await cleanUp(harness, interruption.signal);
        for (const topic of topics) print(`deleted ${harness.prefix}${topic}`);
        if (topics.length === 0) say(`no topic begins with ${harness.prefix}`);
      } finally {
        await harness.close();
      }
    });
}
