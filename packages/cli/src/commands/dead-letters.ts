import type { DeadLetter } from 'isostream';
import type { Command } from 'commander';
import { type ClientOptions, parseNumber, rawTopic, withClientOptions, withStreams } from '../client.ts';
import { print, say, table } from '../terminal.ts';

interface LetterOptions extends ClientOptions {
  readonly group: string;
}

/** Dead letters: list, redrive. */
export function addDeadLetterCommands(program: Command): void {
  const dlq = program.command('dlq').description('look at dead letters');
  withClientOptions(
    dlq
      .command('list')
      .description('list the dead letters of a group that wait for a redrive')
      .argument('<topic>')
      .requiredOption('--group <name>', 'consumer group'),
  ).action((topic: string, options: LetterOptions) =>
    withStreams(options, async (streams) => {
      const letters: DeadLetter[] = [];
      for await (const letter of streams.deadLetters(rawTopic(topic), { group: options.group })) letters.push(letter);
      if (options.json === true) {
        print(JSON.stringify(letters));
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
      .option('--rate <letters>', 'letters a second at most')
      .option('--max-redrives <times>', 'leave letters that came back so often', '3')
      .option('--dry-run', 'tell what would be sent, send nothing'),
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
      withStreams(options, async (streams) => {
        const { group, code, key, dryRun = false } = options;
        const report = await streams.redrive(rawTopic(topic), {
          group,
          dryRun,
          maxRedrives: parseNumber(options.maxRedrives, '--max-redrives'),
          where: (letter) =>
            (code === undefined || letter.error.code === code) && (key === undefined || letter.key === key),
          ...(options.rate === undefined ? {} : { rate: parseNumber(options.rate, '--rate') }),
        });
        const summary = `${report.redriven} ${dryRun ? 'would be sent' : 'sent'}, ${report.passedOver} passed over, ${report.looping} at the limit of redrives`;
        print(options.json === true ? JSON.stringify(report) : summary);
      }),
  );
}
