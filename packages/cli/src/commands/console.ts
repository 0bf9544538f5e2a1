import { startConsole } from '@isostream/console';
import type { Command } from 'commander';
import { addressText, findConfig } from 'isostream';
import { type ClientOptions, parsePort, sourcesOf, withClientOptions, withTemporary } from '../client.ts';
import { print, say } from '../terminal.ts';
import { json } from '../visible.ts';

/** A web page for operators, on loopback. */
export function addConsoleCommand(program: Command): void {
  withClientOptions(
    program
      .command('console')
      .description('show topics, groups, events and dead letters on a web page of this machine, until interrupted')
      .option('--port <number>', 'where to listen; 0 for any that is free', '0')
      .option(
        '--allow-changes [acts]',
        'allow redrive,discard,edit,reset,delete-group,send, or only those named; without this the page shows plans and runs none',
      ),
  ).action((options: ConsoleCommandOptions) =>
    withTemporary(options, async (streams, signal) => {
      const { allowChanges = false } = options;
      const config = await findConfig(sourcesOf(options));
      const address = config === undefined ? undefined : await addressText(config);
      const page = await startConsole({
        streams,
        port: parsePort(options.port),
        ...(address === undefined ? {} : { address }),
        allowChanges:
          typeof allowChanges === 'string' ? allowChanges.split(',').map((act) => act.trim()) : allowChanges,
        audit: say,
      });
      print(options.json === true ? json({ url: page.url }) : page.url);
      say('Open this address; whoever has it can use the console. Stop it with Ctrl-C');
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await page.close();
    }),
  );
}

interface ConsoleCommandOptions extends ClientOptions {
  readonly port: string;
  readonly allowChanges?: boolean | string;
}
