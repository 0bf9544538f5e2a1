import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { program } from '../src/program.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

it('the command line takes every command that a page shows', async () => {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  const all = ['README.md', ...pages.map((name) => `docs/${name}`)].flatMap((file) =>
    commands(readFileSync(join(root, file), 'utf8')).map((command) => ({ file, command })),
  );
  expect(all.length).toBeGreaterThan(40);
  const refused = await Promise.all(
    all.map(async ({ file, command }) => ({ file, command, said: await refusal(command) })),
  );
  expect(refused.filter(({ said }) => said !== undefined)).toEqual([]);
});

it.each(['lagg orders', 'lag orders --grup billing', 'dlq list', 'broker start kafak', 'dlq lost orders'])(
  'is seen to refuse: isostream %s',
  async (command) => {
    expect(await refusal(command)).toMatch(/unknown|required|invalid/);
  },
);

/** What a page tells its reader to type behind `isostream`, without comments. */
function commands(page: string): readonly string[] {
  return [...page.matchAll(/^ *```(?:sh|bash|yaml)?\n([^]*?)^ *```$/gm)].flatMap(([, lines = '']) =>
    lines
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .flatMap((line) => {
        const [, command] = /^ *(?:- run: )?(?:[A-Z_]+=\S+ )*npx isostream ([^#|>]*)/.exec(line) ?? [];
        return command === undefined ? [] : [command.trim()];
      }),
  );
}

/** What the command line says against a command; nothing is done. */
async function refusal(command: string): Promise<string | undefined> {
  const tried = program();
  inert(tried);
  const args = (command.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((arg) => arg.replaceAll(/^['"]|['"]$/g, ''));
  try {
    await tried.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode !== 0) return error.message;
    throw error;
  }
}

function inert(command: Command): void {
  command.configureOutput({ writeErr: () => undefined, outputError: () => undefined });
  // Of those that have commands of their own, one does something by itself.
  if (command.commands.length === 0 || command.name() === 'conformance') command.action(() => undefined);
  for (const each of command.commands) inert(each);
}
