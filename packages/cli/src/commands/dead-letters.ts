import type { DeadLetter, Streams } from 'isostream';
import { deadLetterName } from '@isostream/core/adapter';
import type { Command } from 'commander';
import {
  type ClientOptions,
  parseRate,
  parseWhole,
  rawTopic,
  requireGroup,
  withClientOptions,
  withTemporary,
} from '../client.ts';
import { print, say, table } from '../terminal.ts';
import { json } from '../visible.ts';

interface LetterOptions extends ClientOptions {
  readonly group: string;
}

/** Dead letters: list, redrive. */
export function addDeadLetterCommands(program: Command): void {
  const dlq = program.command('dlq').description('inspect dead letters');
  withClientOptions(
    dlq
      .command('list')
      .description('list the dead letters of a group that were not redriven')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group'),
  ).action((topic: string, options: LetterOptions) =>
    withTemporary(options, async (streams, signal) => {
      await requireLetters(streams, topic, options.group);
      const letters: DeadLetter[] = [];
      for await (const letter of streams.deadLetters(rawTopic(topic), { group: options.group, signal }))
        letters.push(letter);
      if (options.json === true) {
        print(json(letters));
        return;
      }
      const rows = letters.map(({ id, key, error, attempts, redrives, lastFailure, origin }) => [
        id,
        key ?? '',
        `${origin.partition}/${origin.position}`,
        error.code,
        String(attempts),
        String(redrives),
        lastFailure.toISOString(),
        error.message.split('\n')[0] ?? '',
      ]);
      print(table(['letter', 'key', 'origin', 'code', 'attempts', 'redrives', 'last failure', 'message'], rows));
      say(`${letters.length} dead letters`);
    }),
  );

  withClientOptions(
    program
      .command('redrive')
      .description('send dead letters back to their topic, in order')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group')
      .option('--code <code>', 'only letters with this error code')
      .option('--key <key>', 'only letters of this key')
      .option('--rate <letters>', 'maximum letters per second')
      .option('--max-redrives <times>', 'skip letters that were already redriven this many times', '3')
      .option('--dry-run', 'show what would be sent without sending it'),
  ).action(
    (
      topic: string,
      options: LetterOptions & {
        readonly code?: string;
        readonly key?: string;
        readonly rate?: string;
        readonly maxRedrives: string;
        readonly dryRun?: boolean;
      },
    ) =>
      withTemporary(options, async (streams, signal) => {
        const { group, code, key, dryRun = false } = options;
        await requireLetters(streams, topic, group);
        const report = await streams.redrive(rawTopic(topic), {
          group,
          dryRun,
          signal,
          maxRedrives: parseWhole(options.maxRedrives, '--max-redrives', 0),
          where: (letter) =>
            (code === undefined || letter.error.code === code) && (key === undefined || letter.key === key),
          ...(options.rate === undefined ? {} : { rate: parseRate(options.rate, '--rate') }),
        });
        const summary = `${report.redriven} ${dryRun ? 'would be sent' : 'sent'}, ${report.passedOver} passed over, ${report.looping} at the limit of redrives`;
        const bytes = report.unreadable === 0 ? '' : `, ${report.unreadable} unreadable (no event, never sent)`;
        print(options.json === true ? json(report) : summary + bytes);
      }),
  );
}

/** Letters stay when their group is forgotten: a group without either is refused by name. */
async function requireLetters(streams: Streams, topic: string, group: string): Promise<void> {
  if ((await streams.admin.topics()).includes(deadLetterName(topic, group))) return;
  await requireGroup(streams, topic, group);
}
