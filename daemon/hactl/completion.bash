# Completion of hactl for bash. Names come from the daemon; without one there are none.
_hactl()
{
    local current=${COMP_WORDS[COMP_CWORD]} word words=() choices='' before=''
    local ask=(hactl)
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        # The value of an option is no word; names are asked where --socket says.
        case $before in
            --socket) ask+=(--socket "$word") ;;
            --timeout | --since | --kill | --until | --group) ;;
            *) [[ $word == -* ]] || words+=("$word") ;;
        esac
        before=$word
    done
    case ${COMP_WORDS[COMP_CWORD-1]} in
        --socket) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --kill) choices=$("${ask[@]}" names nodes 2>/dev/null) ;;
        --timeout) choices='10s 30s 1min 5min' ;;
        *)
            case "${words[*]}" in
                '') choices=' status group node resource monitor events config '
                    choices+='key simulate replay cluster help' ;;
                group) choices='list start stop move restart clear explain' ;;
                node) choices='list maintenance' ;;
                resource) choices='list restart' ;;
                monitor) choices='list pause resume' ;;
                config) choices='check apply show schema' ;;
                key) choices='new' ;;
                cluster) choices='init' ;;
                'group '*' '*) choices=$("${ask[@]}" names nodes 2>/dev/null) ;;
                'group '*) choices=$("${ask[@]}" names groups 2>/dev/null) ;;
                'node maintenance '*) choices='on off' ;;
                'node maintenance') choices=$("${ask[@]}" names nodes 2>/dev/null) ;;
                'resource restart') choices=$("${ask[@]}" names resources 2>/dev/null) ;;
                'monitor '*) choices=$("${ask[@]}" names monitors 2>/dev/null) ;;
                'config check' | 'config apply' | 'key new' | replay)
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    return ;;
            esac ;;
    esac
    if [[ $current == -* ]]; then
        choices='--socket --json --watch --follow --since --timeout --no-wait'
        choices+=' --kill --until --group --events --quiet --help --version'
    fi
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}
complete -F _hactl hactl
