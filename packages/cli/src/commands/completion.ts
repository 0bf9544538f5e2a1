import { Argument, type Command, type Option } from 'commander';
import { print } from '../terminal.ts';
import { scripts } from './completion-scripts.ts';

/** Scripts that complete commands, options and their choices. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      '\nbash: isostream completion bash > ~/.local/share/bash-completion/completions/isostream\nzsh:  isostream completion zsh > ~/.zfunc/_isostream, with fpath+=(~/.zfunc) before compinit in ~/.zshrc\nfish: isostream completion fish > ~/.config/fish/completions/isostream.fish',
    )
    .action((shell: string) => print(scripts[shell]?.(wordsOf(program)) ?? ''));
}

/** After the words of a command, or of a command and an option that takes a value, these can follow. None: a value that is not known. */
function wordsOf(program: Command): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, readonly string[]>();
  const visit = (command: Command, path: readonly string[]): void => {
    const commands = command.commands.map((each) => each.name());
    const options = [...command.options.flatMap((option) => option.long ?? []), '--help'];
    const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
    words.set(path.join(' '), [...commands, ...choices, ...options]);
    for (const option of command.options) addValue(words, path, option);
    for (const each of command.commands) visit(each, [...path, each.name()]);
  };
  visit(program, []);
  return words;
}

/** A value that may be left out is not asked for: the next option may follow. */
function addValue(words: Map<string, readonly string[]>, path: readonly string[], option: Option): void {
  const { argChoices, required, long } = option;
  if ((argChoices === undefined && !required) || long === undefined || long === null) return;
  words.set([...path, long].join(' ').trim(), argChoices ?? []);
}
