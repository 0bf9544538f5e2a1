/** After these words, these can follow. */
type Words = ReadonlyMap<string, readonly string[]>;

/**
 * In each shell: the longest beginning of the line that is known decides, and an option that takes a value is asked about its values.
 * Where nothing follows that is known, or nothing of it fits, names of files are completed.
 */
export const scripts: Readonly<Record<string, (words: Words) => string>> = { bash, zsh, fish };

function bash(words: Words): string {
  return `# isostream completion bash
_isostream() {
  local seen='' next='' word
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) _isostream_next "\${seen:+$seen }$word" && seen="\${seen:+$seen }$word" ;; esac
  done
  case "$previous" in -*) _isostream_next "\${seen:+$seen }$previous" || _isostream_next "$seen" ;; *) _isostream_next "$seen" ;; esac
  COMPREPLY=($(compgen -W "$next" -- "$current"))
}
${nextInSh(words)}
complete -o default -F _isostream isostream`;
}

/** A file of fpath is run at the first completion, and has to complete at once; one that is sourced only says what completes. */
function zsh(words: Words): string {
  return `#compdef isostream
_isostream() {
  local seen='' next='' word previous="\${words[CURRENT-1]}"
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$word" in -*) ;; *) _isostream_next "\${seen:+$seen }$word" && seen="\${seen:+$seen }$word" ;; esac
  done
  case "$previous" in -*) _isostream_next "\${seen:+$seen }$previous" || _isostream_next "$seen" ;; *) _isostream_next "$seen" ;; esac
  compadd -- \${=next} || _files
}
${nextInSh(words)}
if [ "\${funcstack[1]}" = _isostream ]; then _isostream "$@"; else compdef _isostream isostream; fi`;
}

function nextInSh(words: Words): string {
  const cases = [...words].map(([path, next]) => `    '${path}') next='${next.join(' ')}' ;;`);
  return ['_isostream_next() {', '  case "$1" in', ...cases, '    *) return 1 ;;', '  esac', '}'].join('\n');
}

function fish(words: Words): string {
  const cases = [...words].map(
    ([path, next]) => `    case '${path}'\n      string split -n ' ' -- '${next.join(' ')}'; or true`,
  );
  return `# isostream completion fish
function __isostream_complete
  set -l typed (commandline -opc)
  set -l seen ''
  for word in $typed[2..-1]
    string match -q -- '-*' $word; and continue
    set -l longer (string trim -- "$seen $word")
    __isostream_next $longer >/dev/null; and set seen $longer
  end
  if string match -q -- '-*' $typed[-1]; and __isostream_next (string trim -- "$seen $typed[-1]") >/dev/null
    set seen (string trim -- "$seen $typed[-1]")
  end
  set -l fitting (__isostream_next $seen | string match -- (commandline -ct)'*')
  if test (count $fitting) -gt 0
    printf '%s\\n' $fitting
  else
    __fish_complete_path (commandline -ct)
  end
end
function __isostream_next
  switch "$argv[1]"
${cases.join('\n')}
    case '*'
      return 1
  end
end
complete -c isostream -f -a '(__isostream_complete)'`;
}
