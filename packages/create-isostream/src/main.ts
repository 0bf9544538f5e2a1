import { createInterface } from 'node:readline/promises';
import { help, readArguments, WrongArgument } from './arguments.ts';
import { create } from './create.ts';

/** 0 where the project was written, 2 where the command was given something wrong. */
async function main(): Promise<number> {
  try {
    const given = readArguments(process.argv.slice(2));
    if (given.help) {
      process.stdout.write(help);
      return 0;
    }
    if (!process.stdin.isTTY) {
      process.stdout.write(await create(given));
      return 0;
    }
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    try {
      process.stdout.write(await create(given, (question) => terminal.question(question)));
    } finally {
      terminal.close();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof WrongArgument)) throw error;
    process.stderr.write(`${error.message}. Help: npm create isostream -- --help\n`);
    return 2;
  }
}

process.exitCode = await main();
