
_s3al_joined() {
    local words=() word place at=0 joins=
    for ((place = 0; place < ${#COMP_WORDS[@]}; place++)); do
        word=${COMP_WORDS[place]}
        # What is being typed comes as it is up to the cursor.
        if ((place == COMP_CWORD)) && [[ $word != = ]]; then word=$2; fi
        if [[ (-n $joins || $word == =) && ${#words[@]} -gt 1 ]]; then
            words[${#words[@]} - 1]+=$word
            if [[ $word == = ]]; then joins=1; else joins=; fi
        else
            words+=("$word")
        fi
        if ((place == COMP_CWORD)); then at=$((${#words[@]} - 1)); fi
    done
    local COMP_WORDS=("${words[@]}") COMP_CWORD=$at
    _clap_complete_s3al "$1" "${words[at]}" "$3"
    if [[ ${words[at]} == *=* ]]; then COMPREPLY=("${COMPREPLY[@]#*=}"); fi
}
if [[ $COMP_WORDBREAKS == *=* ]]; then
    complete -o nospace -o bashdefault -F _s3al_joined s3al
fi
