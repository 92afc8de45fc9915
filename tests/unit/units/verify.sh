#!/bin/bash
# verify.sh UNIT HAD WITNESS_UNIT - systemd takes the units without a word, and they say what they have to.
# cites: G17
set -u
unit=$1 had=$(realpath "$2") witness=$3
failed=0
check() { if eval "$2"; then echo "PASS $1"; else echo "FAIL $1"; failed=1; fi; }
value() { sed -n "s/^$1=//p" "${2:-$unit}"; }
seconds() { local s=${1%s}; echo "$s"; }

check "a node is stopped before the network goes away at a shutdown" \
    '[[ " $(value After) " == *" network-online.target "* ]]'
check "processes of groups survive the daemon" '[ "$(value KillMode)" = process ]'
check "the run record survives a restart" '[ "$(value RuntimeDirectoryPreserve)" = yes ]'
for one in "$unit" "$witness"; do
    check "systemd never gives up starting $(basename "$one")" \
        '[ "$(value StartLimitIntervalSec "$one")" = 0 ] && [ -z "$(value StartLimitBurst "$one")" ]'
    check "and what cannot be mended by that is left alone" \
        '[ "$(value Restart "$one")" = on-failure ] && [[ "$(value RestartPreventExitStatus "$one")" == "2 3"* ]]'
done
limit=$("$had" --help | grep -A1 -- --leave-within | grep -o 'arg (=[0-9]*)\|SECONDS (=[0-9]*)' |
    grep -o '[0-9]*')
check "systemd waits longer for a stop than had takes at most ($limit s)" \
    '[ -n "$limit" ] && [ "$(seconds "$(value TimeoutStopSec)")" -gt "$limit" ]'
if ! command -v systemd-analyze >/dev/null; then
    echo "SKIP systemd takes the unit: there is no systemd-analyze"
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    for one in "$unit" "$witness"; do
        name=$(basename "$one")
        sed "s#^ExecStart=[^ ]*#ExecStart=$had#" "$one" >"$work/$name"
        said=$(systemd-analyze verify --man=no "$work/$name" 2>&1 | grep -i "$name")
        check "systemd takes $name without a word" '[ -z "$said" ]'
        [ -z "$said" ] || echo "$said"
    done
fi
exit $failed
