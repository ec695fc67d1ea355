/** What a shell runs to complete xlab's words: each asks `xlab __complete -- WORD…`, the last word being typed. */

/**
 * The answer, for shells: a line an offer, with a tab before what it means; or `:files` alone.
 */
export const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# bash completion for xlab: source <(xlab completion bash)
_xlab() {
  local line=\${COMP_LINE:0:COMP_POINT} words current found one strip
  read -r -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[\${#words[@]}-1]}
  mapfile -t found < <("\${words[0]/#\\~/$HOME}" __complete -- "\${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  if [[ \${found[0]:-} == :files ]]; then compopt -o default; return; fi
  # Readline ends words at these, and wants only what comes behind.
  strip=
  [[ $COMP_WORDBREAKS == *[:=]* ]] && strip=\${current%"\${current##*[:=]}"}
  for one in "\${found[@]}"; do
    one=\${one%%$'\\t'*}
    [[ $one == *[:=,/] ]] && compopt -o nospace
    COMPREPLY+=("\${one#"$strip"}")
  done
}
complete -F _xlab xlab
`,
  zsh: `#compdef xlab
# zsh completion for xlab: source <(xlab completion zsh), or a file _xlab in a folder of $fpath
_xlab() {
  local -a found values shown open
  local one
  found=("\${(@f)$("\${(e)words[1]/#\\~/$HOME}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${found[1]} == :files ]]; then _files; return; fi
  for one in $found; do
    if [[ \${one%%$'\\t'*} == *[:=,/] ]]; then open+=("\${one%%$'\\t'*}"); continue; fi
    values+=("\${one%%$'\\t'*}")
    shown+=("\${one//$'\\t'/  -- }")
  done
  (( $#open )) && compadd -S '' -a open
  (( $#values )) && compadd -l -d shown -a values
}
if [[ \${funcstack[1]} == _xlab ]]; then _xlab "$@"; else compdef _xlab xlab; fi
`,
  fish: `# fish completion for xlab: xlab completion fish | source
function __xlab_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l program (string replace -r '^~' $HOME -- $words[1])
  set -l found ($program __complete -- $words[2..] $current 2>/dev/null)
  if test "$found[1]" = :files
    __fish_complete_path $current
  else
    printf '%s\\n' $found
  end
end
complete -c xlab -f -a '(__xlab_complete)'
`,
}
