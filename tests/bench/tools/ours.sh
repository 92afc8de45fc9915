# ours.sh: had and hactl as a system to measure (sourced by bash).
#
# Three hosts with quorum and leases, whatever is compared with them. INTERVAL and TIMEOUT are the
# heartbeat's; empty means the shipped defaults. Group "web" is a floating address and a resource
# that does nothing; group "svc" is a real process, watched through its pidfd. GROUPS and MONITORS
# may hold another configuration.

HAD=${HAD:-$BUILD/daemon/had/had}
HACTL=${HACTL:-$BUILD/daemon/hactl/hactl}
GUARD=${GUARD:-$BUILD/daemon/ha-guard/ha-guard}
STATUS_UP=${STATUS_UP:-'"status": *"up"'}

ours_is_installed() { :; }
ours_targets() {
    echo library daemon/had/had daemon/hactl/hactl daemon/ha-guard/ha-guard \
         tests/bench/noop.so plugins/resource/fip/fip.so plugins/resource/exec/exec.so \
         plugins/monitor/pidw/pidw.so
}
ours_plugins() {
    mkdir -p "$W/plugins"
    cp "$BUILD"/tests/bench/noop.so "$BUILD"/plugins/resource/{fip/fip,exec/exec}.so \
       "$BUILD"/plugins/monitor/pidw/pidw.so "$W/plugins"
}
ours_timing() {
    printf '"startup_wait": "5s"'
    [ -z "${INTERVAL:-}" ] || printf ', "heartbeat_interval": "%s"' "$INTERVAL"
    [ -z "${TIMEOUT:-}" ] || printf ', "heartbeat_timeout": "%s"' "$TIMEOUT"
}
ours_groups() {
    # What had starts has no better nice value than 0, whatever its own is; the peer's has its own.
    local run="$BIN/bench-probe echo -p 7008 -I S"
    [ "$(nice)" = 0 ] || run="exec nice -n $(nice) $run"
    cat <<X
  "web": { "resources": {
    "vip": { "type": "fip", "parameters": { "address": "$VIP/24", "interface": "eth0" } },
    "idle": { "type": "noop", "depends_on": ["vip"] } } },
  "svc": { "resources": {
    "echo": { "type": "exec", "parameters": {
      "mode": "async", "start": "$run" } } } }
X
}
ours_monitors() {
    echo '  "echow": { "type": "pidw", "resource": "echo", "restart_threshold": 99 }'
}
ours_conf() {
    local i
    {   printf '{ "cluster": "bench",\n "timing": { %s },\n' "$(ours_timing)"
        printf ' "interconnects": ["lan"],\n "nodes": {\n'
        for i in 1 2 3; do
            printf '  "h%s": { "lan": "10.77.0.%s:29002" }%s\n' $i $i "$([ $i = 3 ] || echo ,)"
        done
        printf ' },\n "groups": {\n%s\n },\n "monitors": {\n%s\n } }\n' \
            "$("${GROUPS_OF:-ours_groups}")" "$("${MONITORS_OF:-ours_monitors}")"
    } >"$W/ha.json"
}
ours_rc() {       # what starts the daemon on host I
    echo "mkdir -p $W/h$1/state /run/ha; chmod 700 $W/h$1/state
        setsid $HAD --config $W/ha.json --node h$1 --state-dir $W/h$1/state --run-dir /run/ha \
        --guard $GUARD --key-file $W/key --plugin-dir $W/plugins --socket /run/ha/had.sock \
        </dev/null >>$W/h$1/had.log 2>&1 &"
}
ours_boot() { boot "$1" bash -c "$(ours_rc "$1")"; }
ours_ctl()  { local i=$1; shift; hq "$i" "$HACTL" --socket /run/ha/had.sock "$@"; }
# As host I sees it, all three nodes are up and every group is online.
ours_is_well() {
    local json; json=$(ours_ctl "$1" status --json) || return 1
    [ "$(grep -Eo "$STATUS_UP" <<<"$json" | wc -l)" = 3 ] || return 1
    ! grep -Eq '"state": *"(offline|waiting|starting|stopping|failed)"' <<<"$json"
}
ours_up() {
    local i
    net_up 3; ours_plugins; ours_conf
    rm -rf "$W"/h?/state "$W/key"; "$HACTL" key new "$W/key" >/dev/null || die "hactl key new"
    for i in 1 2 3; do ours_boot $i; done
    wait_for 10 ours_ctl 1 status || die "had does not answer: $(tail -5 "$W/h1/had.log")"
    wait_for 60 ours_is_well 1 || die "no cluster: $(ours_ctl 1 status; tail -5 "$W/h1/had.log")"
    sleep 1
}
ours_rejoin() {
    local other=$(( $1 % 3 + 1 ))
    wait_for 30 is_served || die "ours: nobody took over"
    ours_boot "$1"
    wait_for 60 ours_is_well $other || die "ours: h$1 did not return: $(ours_ctl $other status)"
    sleep "${SETTLE:-1}"
}
ours_move() {
    local to=$(( $1 % 3 + 1 ))
    mark; ours_ctl "$1" group move web "h$to" >/dev/null
}
ours_move_undo() { wait_for 20 ours_is_well "$1"; sleep 0.3; }
# The process of the service: its host and its number, as seen from outside.
ours_service() {
    local i p
    for i in 1 2 3; do
        p=$(pgrep --ns "$(hpid $i)" --nslist pid -f 'bench-probe echo -p 7008' | head -1)
        [ -z "$p" ] || { echo "$i $p"; return; }
    done
}
ours_service_is_back() { wait_for 20 ours_is_well 1; sleep 0.3; }
