# SPDX-License-Identifier: GPL-3.0-or-later
# Completion for bash: source this file, or put it into /usr/share/bash-completion/completions/lolcats.
_lolcats() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]}
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$(lolcats --help | sed -n '/^Subcommands:/,$ s/^  \([a-z]\+\) .*/\1/p')" -- "$word")
    elif [[ $verb == list ]]; then
        mapfile -t COMPREPLY < <(compgen -W "attentions feature-maps families datasets exporters presets tasks" -- "$word")
    elif [[ $before == --format && $verb == metrics ]]; then
        mapfile -t COMPREPLY < <(compgen -W "csv jsonl tensorboard" -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(lolcats "$verb" --help | grep -o -- '--[a-z-]\+' | sort -u)" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _lolcats lolcats
