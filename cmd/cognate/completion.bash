# Sets the variables of the caller: words, with the words of the command line up to the cursor; cword, the index of the last
# one; cur, the last one; prev, the one before it. Bash also splits words at ":" and "="; such words are joined again.
__cognate_init_completion()
{
    COMPREPLY=()
    words=()
    cword=-1
    local line=${COMP_LINE:0:COMP_POINT} word i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        # line is what follows the previous word.
        if ((i > 0)) && [[ $line != [[:space:]]* && ($word == [:=]* || ${words[cword]} == *[:=]) ]]; then
            ((i == COMP_CWORD)) && word=$line
            words[cword]+=$word
        else
            line=${line#"${line%%[![:space:]]*}"}
            ((i == COMP_CWORD)) && word=$line
            ((cword += 1))
            words[cword]=$word
        fi
        line=${line#"$word"}
    done
    cur=${words[cword]}
    prev=
    if ((cword > 0)); then
        prev=${words[cword - 1]}
    fi
}
