namespace HookAot.Applets.Hookctrl;

/// <summary>
/// What a shell runs to complete a command line of hookctrl: each asks hookctrl itself for the words.
/// </summary>
internal static class CompletionScripts
{
    /// <summary>For bash.</summary>
    public const string Bash = """
        # bash completion for hookctrl: source <(hookctrl completion bash)
        _hookctrl() {
          # COMP_WORDS is of no use: it is split at each colon of "8080:80".
          local line=${COMP_LINE:0:COMP_POINT} words word reply
          read -ra words <<<"$line"
          [[ $line == *[[:space:]] ]] && words+=("")
          word=${words[-1]}
          COMPREPLY=()
          while IFS= read -r reply; do
            printf -v reply %q "$reply"
            [[ $word == *:* && $COMP_WORDBREAKS == *:* ]] && reply=${reply#"${word%"${word##*:}"}"}
            COMPREPLY+=("$reply")
          done < <("${words[0]}" completion words "${words[@]:1}" 2>/dev/null)
        }
        complete -o bashdefault -o default -F _hookctrl hookctrl

        """;

    /// <summary>For zsh.</summary>
    public const string Zsh = """
        #compdef hookctrl
        # zsh completion for hookctrl: source <(hookctrl completion zsh), or as the file _hookctrl in $fpath
        _hookctrl() {
          local -a replies
          replies=("${(@f)$("${words[1]}" completion words "${(@)words[2,CURRENT]}" 2>/dev/null)}")
          replies=("${(@)replies:#}")
          if (( ${#replies} )); then compadd -- "${(@)replies}"; else _files; fi
        }
        if [[ ${funcstack[1]} == _hookctrl ]]; then _hookctrl "$@"; else compdef _hookctrl hookctrl; fi

        """;

    /// <summary>For fish.</summary>
    public const string Fish = """
        # fish completion for hookctrl: hookctrl completion fish | source
        complete -c hookctrl -f -a '(hookctrl completion words (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
        complete -c hookctrl -n '__fish_seen_subcommand_from check import' -F

        """;
}
