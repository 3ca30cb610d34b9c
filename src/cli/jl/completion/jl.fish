# What may follow is what `jl complete -- WORDS...` says: a word and its help on each line, then :0 where files fit as well.
function __jl_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (jl complete -- $words[2..-1] 2>/dev/null)
    switch $line
      case ':0'
        __fish_complete_path (commandline -ct)
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c jl -f -a '(__jl_complete)'
