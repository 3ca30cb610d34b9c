/** The shells that are served. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The script that completes the command line of `name` in a shell. It asks `NAME complete -- WORDS`, which prints a line
 * `WORD<tab>DESCRIPTION` for each way to go on and `:files` where the name of a file may come. Words are handed on as they
 * are typed; nothing of them is evaluated.
 */
export function completionScript(shell: Shell, name: string): string {
  return { bash, zsh, fish }[shell](name);
}

// Bash splits words at `=` and `:` too; what it replaces is the part after them.
const bash = (name: string) => `# bash completion for ${name}
_${name}_complete() {
  local words=() word last joined='' current prefix files=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    last=$((\${#words[@]} - 1))
    if ((last >= 0)) && [[ -n $joined || $word == [=:]* ]]; then words[last]+=$word; else words+=("$word"); fi
    joined=''
    [[ $word == [=:] ]] && joined=yes
  done
  current=\${words[\${#words[@]} - 1]}
  prefix=\${current%"\${current##*[=:]}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    case $word in
      :files) files=yes ;;
      :*) ;;
      *) COMPREPLY+=("\${word#"$prefix"}") ;;
    esac
  done < <(${name} complete -- "\${words[@]}" 2>/dev/null)
  if [[ -z $files ]]; then compopt +o default 2>/dev/null; fi
}
complete -o default -F _${name}_complete ${name}
`;

const zsh = (name: string) => `#compdef ${name}
_${name}_complete() {
  local line
  local -a candidates
  for line in "\${(@f)$(${name} complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :files) _files ;;
      :*) ;;
      *) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  if (( \${#candidates} )); then _describe '${name}' candidates; fi
}
compdef _${name}_complete ${name}
`;

const fish = (name: string) => `# fish completion for ${name}
function __${name}_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (${name} complete -- $words[2..-1] 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path (commandline -ct)
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c ${name} -f -a '(__${name}_complete)'
`;
