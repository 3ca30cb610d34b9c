#compdef jl
# What may follow is what `jl complete -- WORDS...` says: a word and its help on each line, then :0 where files fit as well.
_jl() {
  local line
  local -a found
  while IFS= read -r line; do
    case $line in
      :0) _files; return ;;
      :*) ;;
      *) found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done < <(jl complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
  _describe jl found
}
if [[ $funcstack[1] == _jl ]]; then _jl "$@"; else compdef _jl jl; fi
