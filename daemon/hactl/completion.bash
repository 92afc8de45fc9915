# Completion of hactl for bash. Names come from the daemon; without one there are none.
_hactl()
{
    local current=${COMP_WORDS[COMP_CWORD]} word words=() choices=''
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ $word == -* ]] || words+=("$word")
    done
    case ${COMP_WORDS[COMP_CWORD-1]} in
        --socket) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --kill) choices=$(hactl names nodes 2>/dev/null) ;;
        --timeout) choices='10s 30s 1min 5min' ;;
        *)
            case "${words[*]}" in
                '') choices='status group node resource monitor events config key simulate cluster help' ;;
                group) choices='start stop move restart clear explain' ;;
                node) choices='list maintenance' ;;
                resource) choices='list restart' ;;
                monitor) choices='pause resume' ;;
                config) choices='check apply show schema' ;;
                key) choices='new' ;;
                cluster) choices='init' ;;
                'group '*' '*) choices=$(hactl names nodes 2>/dev/null) ;;
                'group '*) choices=$(hactl names groups 2>/dev/null) ;;
                'node maintenance '*) choices='on off' ;;
                'node maintenance') choices=$(hactl names nodes 2>/dev/null) ;;
                'resource restart') choices=$(hactl names resources 2>/dev/null) ;;
                'monitor '*) choices=$(hactl names monitors 2>/dev/null) ;;
                'config check' | 'config apply' | 'key new')
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    return ;;
            esac ;;
    esac
    [[ $current == -* ]] && choices='--socket --json --watch --follow --since --timeout --no-wait --kill --help --version'
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}
complete -F _hactl hactl
