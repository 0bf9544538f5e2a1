import { Argument, type Command, type Option } from 'commander';
import { print } from '../terminal.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** Scripts that complete commands, options and their choices. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .addHelpText(
      'after',
      '\nbash: isostream completion bash > ~/.local/share/bash-completion/completions/isostream\nzsh:  isostream completion zsh > ~/.zfunc/_isostream\nfish: isostream completion fish > ~/.config/fish/completions/isostream.fish',
    )
    .action((shell: string) => {
      const words = wordsOf(program);
      print(shell === 'fish' ? fish(words) : shell === 'zsh' ? zsh(words) : bash(words));
    });
}

/** After these words, these can follow. */
type Words = ReadonlyMap<string, readonly string[]>;

function wordsOf(program: Command): Words {
  const words = new Map<string, readonly string[]>();
  const visit = (command: Command, path: readonly string[]): void => {
    const commands = command.commands.map((each) => each.name());
    const options = [...command.options.flatMap((option) => option.long ?? []), '--help'];
    const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
    words.set(path.join(' '), [...commands, ...choices, ...options]);
    for (const option of command.options) addChoices(words, path, option);
    for (const each of command.commands) visit(each, [...path, each.name()]);
  };
  visit(program, []);
  return words;
}

function addChoices(words: Map<string, readonly string[]>, path: readonly string[], option: Option): void {
  if (option.argChoices !== undefined && option.long !== undefined && option.long !== null)
    words.set([...path, option.long].join(' '), option.argChoices);
}

/** In the language of bash, which zsh speaks as well: the longest beginning of the line that is known decides. */
function bash(words: Words): string {
  const cases = [...words].map(([path, next]) => `    '${path}') next='${next.join(' ')}' ;;`);
  return `# isostream completion bash
_isostream() {
  local path='' next='' word
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) _isostream_next "\${path:+$path }$word" && path="\${path:+$path }$word" ;; esac
  done
  case "$previous" in
    --config) COMPREPLY=($(compgen -f -- "$current")); return ;;
    -*) if _isostream_next "\${path:+$path }$previous"; then COMPREPLY=($(compgen -W "$next" -- "$current")); return; fi ;;
  esac
  _isostream_next "$path"
  COMPREPLY=($(compgen -W "$next" -- "$current"))
}
_isostream_next() {
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}
complete -F _isostream isostream`;
}

function zsh(words: Words): string {
  return `#compdef isostream
autoload -U +X bashcompinit && bashcompinit
${bash(words)}`;
}

function fish(words: Words): string {
  const lines = [...words].map(([path, next]) => {
    const seen = path.split(' ').filter((word) => word !== '');
    const option = seen.at(-1)?.startsWith('--') === true ? seen.pop() : undefined;
    const commands = [...words.keys()]
      .filter((each) => each !== '' && !each.includes('--'))
      .map((each) => each.split(' ')[0]);
    const condition =
      seen.length === 0
        ? `not __fish_seen_subcommand_from ${[...new Set(commands)].join(' ')}`
        : seen.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const target = option === undefined ? '' : ` -l ${option.slice(2)} -x`;
    return `complete -c isostream -n '${condition}' -f${target} -a '${next.join(' ')}'`;
  });
  return ['# isostream completion fish', ...lines].join('\n');
}
