# lab.sh - hosts made of namespaces, for the demo and the system tests (sourced by bash).
#
#   a host     network, mount, UTS, IPC and process namespaces: node<i>, 10.77.0.<i> on "lan" and
#              10.78.0.<i> on "cross", a /run that ends with it, a /var/lib/ha that does not
#   a switch   a network namespace with one bridge for each of the two networks
#   a client   10.77.0.250, only on "lan"
#
# All names begin with ha<pid of the shell>, so several labs may run beside each other, and nothing
# outside these namespaces is touched. lab_down removes everything; call it from a trap.
#
# The caller says where the programs were built: lab_programs BUILD.

LAB_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_NAME=ha$$
LAB_WORK=
VIP=10.77.0.100
ECHO_PORT=7007
LAB_TARGETS="daemon/had/had daemon/ha-guard/ha-guard daemon/hactl/hactl plugins/resource/exec/exec.so plugins/resource/fip/fip.so
    plugins/monitor/pidw/pidw.so plugins/monitor/ipw/ipw.so examples/quickstart/demo_echo_server
    examples/quickstart/demo_client examples/quickstart/demo_host_init"

lab_programs() {         # lab_programs BUILD : all programs of a build in one folder
    local one
    export LAB_BIN=$1/lab
    mkdir -p "$LAB_BIN/plugins" || return 1
    for one in $LAB_TARGETS; do
        [ -e "$1/$one" ] || { echo "$1/$one is missing: build it first" >&2; return 1; }
        case $one in
            *.so) ln -sf "$1/$one" "$LAB_BIN/plugins/" ;;
            *) ln -sf "$1/$one" "$LAB_BIN/" ;;
        esac
    done
}

now_us() { local t=$EPOCHREALTIME; echo "${t/[.,]/}"; }

# wait_for SECONDS COMMAND... : until it succeeds; fails when it has not by then.
wait_for() {
    local end=$(($(now_us) + $1 * 1000000)); shift
    until "$@" >/dev/null 2>&1; do
        [ "$(now_us)" -lt "$end" ] || return 1
        sleep 0.02
    done
}

lab_make() {             # lab_make NODES : switch, client, and the networks of so many hosts
    local i
    LAB_WORK=$(mktemp -d "${TMPDIR:-/tmp}/$LAB_NAME.XXXXXX") || return 1
    ip netns add "$LAB_NAME-sw" || return 1
    for i in lan cross; do
        ip -n "$LAB_NAME-sw" link add $i type bridge forward_delay 0 stp_state 0 || return 1
        ip -n "$LAB_NAME-sw" link set $i up
    done
    ip netns add "$LAB_NAME-cl" || return 1
    lab_plug "$LAB_NAME-cl" lan 77 250 || return 1
    for i in $(seq "$1"); do
        mkdir -p "$LAB_WORK/$i"
        ip netns add "$LAB_NAME-$i" || return 1
        lab_plug "$LAB_NAME-$i" lan 77 "$i" && lab_plug "$LAB_NAME-$i" cross 78 "$i" || return 1
    done
}
lab_plug() {             # lab_plug NAMESPACE NETWORK BYTE3 BYTE4
    ip link add "$2" netns "$1" address "02:77:00:$3:00:$(printf %02x "$4")" \
        type veth peer name "$2$4" netns "$LAB_NAME-sw" || return 1
    ip -n "$LAB_NAME-sw" link set "$2$4" master "$2" up
    ip -n "$1" link set lo up
    ip -n "$1" addr add "10.$3.0.$4/24" brd + dev "$2"
    ip -n "$1" link set "$2" up
}

in_client() { ip netns exec "$LAB_NAME-cl" "$@"; }
switch_link() { ip -n "$LAB_NAME-sw" link set "$1$2" "$3"; }     # switch_link NETWORK NODE up|down
cut_links() { switch_link lan "$1" down; switch_link cross "$1" down; }
heal_links() { switch_link lan "$1" up; switch_link cross "$1" up; }

host_pid() { cat "$LAB_WORK/$1/pid" 2>/dev/null; }
host_is_on() { local p; p=$(host_pid "$1") && kill -0 "$p" 2>/dev/null; }
on_host() {              # on_host NODE COMMAND... : inside all its namespaces
    local p; p=$(host_pid "$1") || return 1; shift
    nsenter -t "$p" -n -m -u -i -p -- "$@"
}

host_on() {              # host_on NODE : power
    local i=$1 network
    for network in lan:77 cross:78; do       # an address does not outlive a power cut
        ip -n "$LAB_NAME-$i" addr flush dev "${network%:*}"
        ip -n "$LAB_NAME-$i" addr add "10.${network#*:}.0.$i/24" brd + dev "${network%:*}"
    done
    heal_links "$i"
    # A boot id of its own for each power-on: all hosts share the kernel's.
    cat /proc/sys/kernel/random/uuid >"$LAB_WORK/$i/boot-id"
    ip netns exec "$LAB_NAME-$i" unshare -m -u -i -p -f --kill-child --mount-proc -- \
        "$LAB_HERE/host" "node$i" "$LAB_WORK/$i" </dev/null >"$LAB_WORK/$i/console" 2>&1 &
    local outer=$!
    disown "$outer"
    echo "$outer" >"$LAB_WORK/$i/unshare"
    wait_for 10 host_is_booted "$i" && return
    echo "node$i does not boot: $(cat "$LAB_WORK/$i/console")" >&2
    return 1
}
host_is_booted() {
    local outer; outer=$(cat "$LAB_WORK/$1/unshare")
    cat "/proc/$outer/task/$outer/children" | tr -d ' ' >"$LAB_WORK/$1/pid"
    [ -s "$LAB_WORK/$1/pid" ] && [ -e "/proc/$(host_pid "$1")/root/run/booted" ]
}
host_off() {             # host_off NODE : the cord is pulled; every process of it is killed
    local p; p=$(host_pid "$1")
    [ -n "$p" ] && kill -9 "$p" 2>/dev/null
    rm -f "$LAB_WORK/$1/pid"
    ip -n "$LAB_NAME-$1" addr flush dev lan 2>/dev/null      # what is off has no addresses
}

had_start() {            # had_start NODE [OPTION...] : the daemon, in the background
    local i=$1; shift
    on_host "$i" "$LAB_HERE/supervise" /run/had.pid \
        ${LAB_PRELOAD:+env LD_PRELOAD="$LAB_PRELOAD"} \
        "$LAB_BIN/had" --config "$LAB_WORK/cluster.json" --node "node$i" \
        --key-file "${LAB_KEY:-$LAB_WORK/key}" --socket /run/ha/socket \
        --boot-id "$(cat "$LAB_WORK/$i/boot-id")" --plugin-dir "$LAB_BIN/plugins" "$@" \
        </dev/null >>"$LAB_WORK/$i/log" 2>&1 &
    disown $!
}
had_pid() { cat "/proc/$(host_pid "$1")/root/run/had.pid" 2>/dev/null; }    # as the host numbers it
had_is_running() { local p; p=$(outer_pid "$1" "$(had_pid "$1")") && [ -n "$p" ]; }
# outer_pid NODE PID : the number that this shell has to kill for process PID of that host
outer_pid() {
    [ -n "$2" ] && host_is_on "$1" && cat /proc/[0-9]*/status 2>/dev/null |
        awk -v wanted="$2" '
            $1 == "NSpid:" && NF == 3 && $3 == wanted { print $2 }' |
        while read -r p; do
            [ "$(readlink "/proc/$p/ns/pid")" = "$(readlink "/proc/$(host_pid "$1")/ns/pid")" ] &&
                echo "$p" && break
        done
}

# api NODE PATH [curl options] : the management API of that node
api() {
    local i=$1 path=$2; shift 2
    host_is_on "$i" || return 1
    curl -sS --max-time 5 --unix-socket "/proc/$(host_pid "$i")/root/run/ha/socket" "$@" \
        "http://node$i/v1/$path" 2>/dev/null
}
# group_place NODE : "OWNER STATE" of the group web, as that node sees it
group_place() { api "$1" groups/web | jq -re '.owner + " " + .state'; }
group_is() {             # group_is OWNER STATE ASKED
    [ "$(group_place "$3")" = "$1 $2" ]
}
has_address() { ip -n "$LAB_NAME-$1" -o addr show dev lan | grep -q " $VIP/"; }
web_answer() { in_client curl -s --max-time 1 "http://$VIP/"; }

client_start() {         # begins to ask every millisecond; ready when the first answer is there
    ip netns exec "$LAB_NAME-cl" "$LAB_BIN/demo_client" "$VIP" "$ECHO_PORT" 300 >"$LAB_WORK/client" 2>&1 &
    LAB_CLIENT=$!
    wait_for 10 grep -q ready "$LAB_WORK/client"
}
client_end() {           # what it has seen, in the variables gap_us begin_us end_us from to gaps ...
    kill "$LAB_CLIENT" 2>/dev/null
    wait "$LAB_CLIENT" 2>/dev/null
    LAB_CLIENT=
    local line; line=$(grep '^gap_us=' "$LAB_WORK/client") || return 1
    # shellcheck disable=SC2086
    declare -g $line
}

lab_down() {
    local f n
    [ -n "${LAB_CLIENT:-}" ] && kill "$LAB_CLIENT" 2>/dev/null
    [ -n "$LAB_WORK" ] || return 0
    for f in "$LAB_WORK"/*/pid; do
        [ -e "$f" ] && host_off "$(basename "$(dirname "$f")")"
    done
    for f in "$LAB_WORK"/*/unshare; do
        [ -e "$f" ] && wait_for 5 [ ! -e "/proc/$(cat "$f")" ]
    done
    for n in $(ip netns list | awk '{print $1}' | grep "^$LAB_NAME-"); do
        ip netns del "$n" 2>/dev/null
    done
    rm -rf "$LAB_WORK"
    LAB_WORK=
}
