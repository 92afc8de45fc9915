# scenarios.sh - what goes wrong, one function each (sourced).
#
# A scenario is four functions: title_X (one line), fault_X (does it; $o is the owner, $n another
# node), done_X (succeeds once the service is where it belongs), heal_X (puts everything back).
# It may have check_X, which looks at more than that and prints what is wrong.

# --- 1. asked to move ---------------------------------------------------------------------------
title_move() { echo "Graceful move: hactl group move web node$n"; }
name_move() { echo "graceful move"; }
fault_move() { api "$o" groups/web/move -d "{\"node\": \"node$n\"}" >/dev/null; }
done_move() { group_is "node$n" online "$n" && web_is "node$n"; }
heal_move() { :; }

# --- 2., 3. a process dies ----------------------------------------------------------------------
# PID_OF is the function that finds the process on a host.
kill_process() { old_pid=$("$1" "$o"); kill_at_mark KILL "$old_pid"; }             # PID_OF
is_started_anew() {                                                                # PID_OF
    local p; p=$("$1" "$o") && [ -n "$p" ] && [ "$p" != "$old_pid" ] &&
        group_is "node$o" online "$o" && web_is "node$o"
}

title_service_killed() { echo "Service killed: kill -9 of the echo server on node$o"; }
name_service_killed() { echo "service killed, restarted here"; }
fault_service_killed() { kill_process pid_of_echo; }
done_service_killed() { is_started_anew pid_of_echo; }
heal_service_killed() { :; }

title_webserver_killed() { echo "Web server killed: kill -9 of nginx's master process on node$o"; }
name_webserver_killed() { echo "nginx killed, restarted here"; }
fault_webserver_killed() { kill_process pid_of_nginx; }
done_webserver_killed() { is_started_anew pid_of_nginx; }
heal_webserver_killed() { :; }

# --- 4. the daemon dies, the service does not ---------------------------------------------------
title_daemon_killed() { echo "Daemon killed: kill -9 of had on node$o, and started again"; }
name_daemon_killed() { echo "daemon killed and restarted"; }
fault_daemon_killed() {
    old_pid=$(pid_of_echo "$o")/$(pid_of_nginx "$o")
    old_had=$(had_pid "$o")
    old_severings=$(api "$o" status | jq .guard.severings)
    kill_at_mark KILL "$old_had"         # supervise starts it again, as a service manager does
}
done_daemon_killed() {
    [ "$(had_pid "$o")" != "$old_had" ] && group_is "node$o" online "$o" &&
        web_is "node$o"
}
check_daemon_killed() {
    local pids away; pids=$(pid_of_echo "$o")/$(pid_of_nginx "$o")
    # Until its management socket answers; a lease ends 500 ms after the last heartbeat.
    away=$((($(started_us "$o") - mark) / 1000))
    if [ "$pids" = "$old_pid" ]; then
        told "the same processes serve as before: echo server and nginx, $pids"
    elif [ "$(api "$o" status | jq .guard.severings)" -gt "${old_severings:-0}" ]; then
        told "had was away for $away ms, and its lease ran out before it held one again: ha-guard made"
        told "the service harmless in time, as it must; with more time it goes on: see timing.lease"
    else
        echo "the service was restarted: processes $old_pid are now $pids"
    fi
}
started_us() {
    api "$1" "events?limit=1000" | jq '[.events[] | select(.name == "node_started")][-1].wall_us'
}
heal_daemon_killed() { :; }

# --- 5. power cut -------------------------------------------------------------------------------
title_node_killed() { echo "Node killed: links of node$o cut, all its processes kill -9"; }
name_node_killed() { echo "node killed"; }
fault_node_killed() { cut_links "$o"; host_off "$o"; }
done_node_killed() { moved_from "$o"; }
# Why there, and on which evidence, by whoever decided it.
check_node_killed() {
    local leader line
    leader=$(api "$(owner)" status | jq -r .leader)
    told "${BOLD:-}hactl group explain web${PLAIN:-}, on $leader:"
    "$LAB_BIN/hactl" --socket "/proc/$(host_pid "${leader#node}")/root/run/ha/socket" \
        group explain web | sed -n '/^how it came there/,/^$/p' |
        while IFS= read -r line; do [ -n "$line" ] && told "  $line"; done
}
heal_node_killed() { host_on "$o" && had_start "$o"; }

# --- 6. alive, and alone ------------------------------------------------------------------------
title_node_isolated() { echo "Node isolated: links of node$o cut, everything on it goes on running"; }
name_node_isolated() { echo "node isolated"; }
fault_node_isolated() { cut_links "$o"; }
done_node_isolated() { moved_from "$o"; }
check_node_isolated() {
    has_address "$o" && echo "node$o still has the address $VIP"
    told "node$o has let go of the address by itself, without hearing from anyone"
}
heal_node_isolated() { heal_links "$o"; }

# --- 7. asked to stop ---------------------------------------------------------------------------
title_clean_stop() { echo "Clean stop: node$o is asked to leave (SIGTERM to had)"; }
name_clean_stop() { echo "clean node stop"; }
fault_clean_stop() { kill_at_mark TERM "$(had_pid "$o")"; }
done_clean_stop() { moved_from "$o" && ! had_is_running "$o"; }
heal_clean_stop() { had_start "$o"; }

# ------------------------------------------------------------------------------------------------
# Of node $1, as its own process numbers are.
pid_of_echo() {
    sed -n 's/^pid //p' "/proc/$(host_pid "$1")/root/run/ha/demo-node$1/plugins/resource/echo/process"
}
pid_of_nginx() { cat "/proc/$(host_pid "$1")/root/run/nginx-demo.pid"; }
# kill_at_mark SIGNAL PID : of the owner; the mark is taken right before.
kill_at_mark() {
    local p; p=$(outer_pid "$o" "$2")
    mark=$(now_us)
    kill -"$1" "$p"
}
told() { printf '  %12s   %s\n' "" "$*" >>"$LAB_WORK/told"; }

# The group is online on another node than $1, and answers from there.
moved_from() {
    local i p
    for i in $(seq $NODES); do
        [ "$i" = "$1" ] && continue
        p=$(group_place "$i") || continue
        case $p in
            "node$1 "*) return 1 ;;
            node*\ online) web_is "${p% *}"; return ;;
        esac
    done
    return 1
}
all_are_up() {           # as all of them see it
    local i
    for i in $(seq $NODES); do
        [ "$(api "$i" nodes | jq -r '[.nodes[] | select(.status == "up" and (.heard or .self))] | length')" \
            = $NODES ] || return 1
    done
}

declare -A SINCE START
# New events of all living nodes, as JSON lines with the node's name, into file $1.
collect_events() {
    local i reply count
    : >"$1"
    for i in $(seq $NODES); do
        while reply=$(api "$i" "events?limit=500&since=${SINCE[$i]:-0}&start=${START[$i]:-0}"); do
            SINCE[$i]=$(jq .next <<<"$reply"); START[$i]=$(jq .start <<<"$reply")
            jq -c --arg node "node$i" '.events[] | .node = $node' <<<"$reply" >>"$1"
            count=$(jq '.events | length' <<<"$reply")
            [ "$count" -gt 0 ] || break
        done
    done
}

# One line for each thing that happened, in ms from the fault, the client's two lines among them.
timeline() {
    jq -rs --argjson mark "$mark" --argjson began "$begin_us" --argjson ended "$end_us" \
        --argjson gap "$gap_us" --arg from "$from" --arg to "$to" \
        -f "$HERE/timeline.jq" "$LAB_WORK/events" |
        while IFS='|' read -r ms who what; do
            case $who in
                client) printf '  %9.1f ms   %s%-7s %s%s\n' "$ms" "$BOLD" "$who" "$what" "$PLAIN" ;;
                cluster) printf '  %9.1f ms   %s%-7s %s%s\n' "$ms" "$BLUE" "$who" "$what" "$PLAIN" ;;
                *) printf '  %9.1f ms   %-7s %s\n' "$ms" "$who" "$what" ;;
            esac
        done
}

run_scenario() {
    local s=$1 result=ok problem= came_back=1
    wait_for 60 all_are_up || die "not all nodes are up before the scenario $s"
    wait_for 30 owner || die "nobody owns the group before the scenario $s"
    o=$(owner)
    n=$((o % NODES + 1))
    printf '%s%s%s\n' "$BLUE$BOLD" "$(title_$s)" "$PLAIN"
    # What failed in an earlier scenario is to have no part in this one.
    api "$o" groups/web/clear -d '{}' >/dev/null
    collect_events "$LAB_WORK/events"
    : >"$LAB_WORK/told"
    client_start || die "the service does not answer before the scenario $s"
    sleep 0.3
    kill -USR1 "$LAB_CLIENT"
    mark=$(now_us)
    fault_$s
    wait_for 30 done_$s || came_back=
    sleep 0.3                            # to see that it stays so
    if client_end; then :; else problem="the client got no answer at all"; gap_us=0; fi
    [ -n "$came_back" ] || problem="not as it should be after 30 s"
    [ "$end_us" = 0 ] && [ "$gap_us" -gt 200000 ] && problem="the service does not answer"
    if [ -z "$problem" ] && declare -F check_$s >/dev/null; then problem=$(check_$s); fi
    collect_events "$LAB_WORK/events"
    timeline
    cat "$LAB_WORK/told"
    if [ -n "$problem" ]; then
        result=$problem
        failures=$((failures + 1))
        printf '  %sFAILED: %s%s\n' "$RED" "$problem" "$PLAIN"
        tail -n 15 "$LAB_WORK"/*/log
    else
        printf '  %slongest gap %s ms%s\n' "$GREEN$BOLD" "$(fixed "$gap_us")" "$PLAIN"
    fi
    printf '\n'
    TABLE+=("$(name_$s)|$(fixed "$gap_us")|$from|$to|$result")
    heal_$s || die "node$o cannot be put back after $s"
}
