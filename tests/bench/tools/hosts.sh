# hosts.sh: namespaces as hosts for measurements (sourced by bash).
#
# A host I is a network namespace (eth0 = 10.77.0.I/24) with mount, UTS, IPC and PID namespaces of
# its own: private /run, /dev/shm and /var/log, a boot id of its own for each boot, and a program
# as pid 1 that only reaps. All hosts and one client (10.77.0.250) hang on a bridge in a namespace
# of its own. A power cut is the host's switch port going down and SIGKILL to its pid 1, by which
# the kernel ends every process of that host. All names carry the number of this shell, so that
# two runs do not meet, and lab_down removes everything.

HERE_TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE_TOOLS/../../.." && pwd)
BUILD=${BUILD:-$ROOT/build-bench}
BIN=$BUILD/tests/bench
NS=hab$$
W=${W:-$(mktemp -d "${TMPDIR:-/var/tmp}/ha-bench.XXXXXX")}
VIP=10.77.0.100
PORT=7007
HOSTS_MAX=3
export BIN W

say() { [ -n "${QUIET:-}" ] || echo "[$(date +%T)] $*" >&2; }
die() { echo "FAIL: $*" >&2; exit 1; }

# wait_for SECONDS CMD...: looks every 30 ms; 1 when it never came true.
wait_for() {
    local end=$(( $(date +%s%N) + $1 * 1000000000 )); shift
    while ! "$@" >/dev/null 2>&1; do
        [ "$(date +%s%N)" -lt "$end" ] || return 1
        sleep 0.03
    done
}

hpid()  { cat "$W/h$1.pid" 2>/dev/null; }          # pid 1 of host I, as seen from outside
alive() { [ -n "$(hpid "$1")" ] && kill -0 "$(hpid "$1")" 2>/dev/null; }
hx()    { local i=$1; shift; nsenter -t "$(hpid "$i")" -n -m -u -i -p -- "$@"; }
# As hx, bounded: for questions that may hang.
hq()    { local i=$1; shift; timeout -k 1 8 nsenter -t "$(hpid "$i")" -n -m -u -i -p -- "$@"; }
cx()    { ip netns exec "$NS-cl" "$@"; }

net_up() {        # net_up N: switch, client and N hosts
    local i
    ip netns add "$NS-sw"; ip -n "$NS-sw" link set lo up
    ip -n "$NS-sw" link add br0 type bridge forward_delay 0 stp_state 0
    ip -n "$NS-sw" link set br0 up
    ip netns add "$NS-cl"; net_port "$NS-cl" 250
    for i in $(seq "$1"); do ip netns add "$NS-h$i"; net_port "$NS-h$i" "$i"; done
}
net_port() {      # net_port NETNS BYTE: eth0 there, port pBYTE on the switch
    ip link add eth0 netns "$1" address "02:77:00:00:00:$(printf %02x "$2")" \
        type veth peer name "p$2" netns "$NS-sw"
    ip -n "$NS-sw" link set "p$2" master br0 up
    ip -n "$1" link set lo up
    ip -n "$1" addr add "10.77.0.$2/24" brd 10.77.0.255 dev eth0
    ip -n "$1" link set eth0 up
}
net_down() {
    local n
    for n in cl sw $(seq -f h%g $HOSTS_MAX); do ip netns del "$NS-$n" 2>/dev/null; done
    return 0
}
link_cut()  { ip -n "$NS-sw" link set "p$1" down; }
link_heal() { ip -n "$NS-sw" link set "p$1" up; }

# boot I [CMD...]: power host I on; CMD runs inside it, and is expected to return.
boot() {
    local i=$1 up; shift
    mkdir -p "$W/h$i/etc-corosync" "$W/h$i/etc-keepalived"
    ip -n "$NS-h$i" addr flush dev eth0                     # a reboot forgets addresses
    ip -n "$NS-h$i" addr add "10.77.0.$i/24" brd 10.77.0.255 dev eth0
    link_heal "$i"
    ip netns exec "$NS-h$i" unshare -m -u -i -p -f --kill-child --mount-proc \
        "$HERE_TOOLS/host" "h$i" "$W/h$i" </dev/null >"$W/h$i/console" 2>&1 &
    up=$!; echo $up >"$W/h$i.up"                            # its end is the end of the host, too
    wait_for 60 host_is_up "$i" "$up" || die "host $i did not boot: $(cat "$W/h$i/console")"
    hx "$i" "$BIN/bench-probe" echo -p $PORT -I "$i" </dev/null >/dev/null 2>&1 &
    if [ $# -gt 0 ]; then hx "$i" "$@" </dev/null >>"$W/h$i/console" 2>&1; fi
}
host_is_up() { pgrep -P "$2" >"$W/h$1.pid" && [ -e "/proc/$(hpid "$1")/root/run/booted" ]; }

# mark: the moment that the prober's times are relative to.
mark() { "$BIN/bench-probe" now >"$W/mark.new"; mv "$W/mark.new" "$W/mark"; }
mark_mono() { cut -d' ' -f1 "$W/mark"; }

# power_cut I: the marker is taken just before the first of the two.
power_cut() {
    local p; p=$(hpid "$1"); mark; link_cut "$1"; kill -9 "$p"; rm -f "$W/h$1".{pid,up}
}
lab_down() {
    local f
    for f in "$W"/h*.pid "$W"/h*.up; do
        [ -s "$f" ] && kill -9 "$(cat "$f")" 2>/dev/null; rm -f "$f"
    done
    sleep 0.2; net_down
}
lab_end() { lab_down; rm -rf "$W"; }

# probe_start SECONDS [ARGS]: the client begins; probe_wait: its line is in $RES.
probe_start() {
    local t=$1; shift
    rm -f "$W/mark" "$W/probe.out"
    ip netns exec "$NS-cl" "$BIN/bench-probe" run -d "${TARGET:-$VIP}" -p "${TARGET_PORT:-$PORT}" \
        -i 1000 -t "$t" -m "$W/mark" "$@" >"$W/probe.out" 2>&1 &
    PROBE=$!
}
probe_wait() { wait "$PROBE"; RES=$(cat "$W/probe.out"); }
kv() { sed -n "s/.*\b$1=\([^ ]*\).*/\1/p"; }
# served_by: the number of the host that answers at the floating address, or nothing.
served_by() {
    cx "$BIN/bench-probe" run -d $VIP -p $PORT -t 0.15 -o /proc/self/fd/1 2>/dev/null |
        awk '!/gap_ms/ && $4 != "-" { x = $4 } END { print x }'
}
is_served()    { [ -n "$(served_by)" ]; }
is_served_by() { [ "$(served_by)" = "$1" ]; }
# random_pause: up to a second, so that faults fall on any phase of every period.
random_pause() { sleep "0.$(printf %04d $((RANDOM % 10000)))"; }

# NO_BUILD=1 takes what is in the build folder as it is.
bench_targets() { echo tests/bench/bench-probe tests/bench/bench-hostinit; }
build_programs() {
    [ -z "${NO_BUILD:-}" ] || return 0
    [ -d "$BUILD" ] || meson setup "$BUILD" "$ROOT" -Doptimization=2 -Db_lto=true >"$W/setup.log" 2>&1 ||
        die "meson setup: $(tail -20 "$W/setup.log")"
    ninja -C "$BUILD" "$@" >"$W/build.log" 2>&1 || die "build: $(tail -20 "$W/build.log")"
}
