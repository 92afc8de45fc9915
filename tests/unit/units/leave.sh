#!/bin/bash
# leave.sh HAD HACTL EXEC - TERM to a daemon, as systemd sends it at a stop or a shutdown.
# cites: G17
set -u
had=$1 hactl=$2 plugins=$(dirname "$3")
work=$(mktemp -d) || exit 1
pid=
# What a daemon that was ended at once leaves behind says its number in pids.
clean_up() {
    local one
    [ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null
    for one in $(cat "$work/pids" 2>/dev/null); do kill -KILL "$one" 2>/dev/null; done
    rm -rf "$work"
}
trap clean_up EXIT
# And says it to whoever waits for that on 3; open both ways, so that no end waits for the other.
mkfifo "$work/hangs" && exec 3<>"$work/hangs" || exit 1
hang="echo \$\$ | tee -a $work/pids >$work/hangs; exec sleep 600"
failed=0
check() { if eval "$2"; then echo "PASS $1"; else echo "FAIL $1"; failed=1; cat "$work/log"; fi; }

# begin STOP ARGUMENTS... : one node that runs one group, whose stop is the command STOP
begin() {
    local stop=$1; shift
    rm -rf "$work/state" "$work/run"
    cat >"$work/cluster.json" <<JSON
{"cluster": "one", "nodes": {"a": {}}, "timing": {"leave_timeout": "1min"},
 "groups": {"g": {"resources": {"r": {"type": "exec", "stop_timeout": "1h",
   "parameters": {"start": "touch $work/runs", "stop": "$stop"}}}}}}
JSON
    [ -e "$work/key" ] || "$hactl" key new "$work/key" >/dev/null
    "$had" --config "$work/cluster.json" --node a --key-file "$work/key" --no-realtime \
        --state-dir "$work/state" --run-dir "$work/run" --socket "$work/socket" \
        --plugin-dir "$plugins" "$@" >"$work/log" 2>&1 &
    pid=$!
    for _ in $(seq 600); do
        "$hactl" --socket "$work/socket" group list 2>/dev/null | grep -q online && return
        kill -0 "$pid" 2>/dev/null || return
        sleep 0.1
    done
}

begin "rm $work/runs"
[ -e "$work/runs" ] || { echo "FAIL the group does not run"; cat "$work/log"; exit 1; }
kill -TERM "$pid"; wait "$pid"; code=$?; pid=
check "TERM: the group is stopped, and the daemon ends well" '[ $code = 0 ] && [ ! -e "$work/runs" ]'
begin "$hang" --leave-within 4
began=$(date +%s)
kill -TERM "$pid"; wait "$pid"; code=$?; pid=
took=$(($(date +%s) - began))
read -r -t 60 -u 3 _ || { echo "FAIL the stop was not begun"; exit 1; }
check "a stop that hangs does not hold the machine's shutdown up for longer than --leave-within" \
    '[ $code = 4 ] && [ $took -ge 3 ] && [ $took -lt 60 ]'
begin "$hang"
kill -TERM "$pid"
read -r -t 60 -u 3 _ || { echo "FAIL the stop was not begun"; exit 1; }
kill -TERM "$pid"; wait "$pid"; code=$?; pid=
check "a second TERM ends it at once" '[ $code = 4 ]'
exit $failed
