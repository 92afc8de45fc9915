#!/bin/bash
# verify.sh UNIT HAD - systemd takes the unit without a word, and the unit says what it has to.
# cites: G17
set -u
unit=$1 had=$(realpath "$2")
failed=0
check() { if eval "$2"; then echo "PASS $1"; else echo "FAIL $1"; failed=1; fi; }
value() { sed -n "s/^$1=//p" "$unit"; }
seconds() { local s=${1%s}; echo "$s"; }

check "a node is stopped before the network goes away at a shutdown" \
    '[[ " $(value After) " == *" network-online.target "* ]]'
check "processes of groups survive the daemon" '[ "$(value KillMode)" = process ]'
check "the run record survives a restart" '[ "$(value RuntimeDirectoryPreserve)" = yes ]'
limit=$("$had" --help | grep -A1 -- --leave-within | grep -o 'arg (=[0-9]*)\|SECONDS (=[0-9]*)' |
    grep -o '[0-9]*')
check "systemd waits longer for a stop than had takes at most ($limit s)" \
    '[ -n "$limit" ] && [ "$(seconds "$(value TimeoutStopSec)")" -gt "$limit" ]'
if ! command -v systemd-analyze >/dev/null; then
    echo "SKIP systemd takes the unit: there is no systemd-analyze"
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    sed "s#^ExecStart=[^ ]*#ExecStart=$had#" "$unit" >"$work/had.service"
    said=$(systemd-analyze verify --man=no "$work/had.service" 2>&1 | grep -i "had.service")
    check "systemd takes the unit without a word" '[ -z "$said" ]'
    [ -z "$said" ] || echo "$said"
fi
exit $failed
