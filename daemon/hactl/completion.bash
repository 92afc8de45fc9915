# Completion of hactl for bash. Names come from the daemon; without one there are none.
_hactl()
{
    local current=${COMP_WORDS[COMP_CWORD]} word words=() choices='' before=''
    local ask=(hactl)
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        # The value of an option is no word; names are asked where --socket says.
        case $before in
            --socket) ask+=(--socket "$word") ;;
            --timeout | --since | --kill | --return | --drain | --move | --start | --stop) ;;
            --deadline | --for | --confirm | --confirm-within | --until | --group) ;;
            *) [[ $word == -* ]] || words+=("$word") ;;
        esac
        before=$word
    done
    case ${COMP_WORDS[COMP_CWORD-1]} in
        --socket) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --kill | --return | --drain | --confirm)
            choices=$("${ask[@]}" names nodes 2>/dev/null) ;;
        --move | --start | --stop) choices=$("${ask[@]}" names groups 2>/dev/null) ;;
        --timeout | --deadline | --for | --confirm-within) choices='10s 30s 1min 5min' ;;
        *)
            case "${words[*]}" in
                '') choices=' status group node resource monitor events config '
                    choices+='key simulate replay cluster ratio witness help' ;;
                group) choices='list start stop move failover restart freeze thaw clear explain' ;;
                node) choices='list maintenance drain isolate resume reboots fence confirm-off' ;;
                resource) choices='list restart stop start' ;;
                monitor) choices='list pause resume inject' ;;
                config) choices='check apply confirm revert safety show schema' ;;
                key) choices='new' ;;
                cluster)
                    choices='init start stop restart suspend resume reboot shutdown go-alone'
                    choices+=' recover' ;;
                'cluster init') ;;
                'cluster '*) choices=$("${ask[@]}" names nodes 2>/dev/null) ;;
                witness) choices='renew' ;;
                'group '*' '*) choices=$("${ask[@]}" names nodes 2>/dev/null) ;;
                'group '*) choices=$("${ask[@]}" names groups 2>/dev/null) ;;
                'node maintenance '*) choices='on off' ;;
                'node maintenance' | 'node drain' | 'node isolate' | 'node resume' | \
                    'node reboots' | 'node fence' | 'node confirm-off')
                    choices=$("${ask[@]}" names nodes 2>/dev/null) ;;
                'resource '*) choices=$("${ask[@]}" names resources 2>/dev/null) ;;
                'monitor '*) choices=$("${ask[@]}" names monitors 2>/dev/null) ;;
                'config check' | 'config apply' | 'config safety' | 'key new' | replay)
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    return ;;
            esac ;;
    esac
    if [[ $current == -* ]]; then
        choices='--socket --json --watch --follow --since --timeout --no-wait'
        choices+=' --all --lose-quorum --confirm-within --stop-groups --alone'
        choices+=' --kill --return --drain --move --start --stop --ban --confirm --deadline --for'
        choices+=' --until --group --events --quiet'
        choices+=' --dry-run --reset --off --help --version'
    fi
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}
complete -F _hactl hactl
