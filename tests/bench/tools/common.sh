# common.sh: what the benchmark scripts share: arguments, rows, the turns of the series (sourced).
#
# A script sets ALL (its series) and N before it sources this, and defines setting NAME (returns 1
# for an unknown one; sets SYS) and block COUNT (one block of the current series).

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit "$1"; }
BLOCKS=3 JSON='' SERIES=''
while [ $# -gt 0 ]; do
    case $1 in
    --series) SERIES=${2//,/ }; shift ;;
    --n) N=$2; shift ;;
    --blocks) BLOCKS=$2; shift ;;
    --json) JSON=$(realpath -m "$2"); shift ;;
    --build) BUILD=$(realpath -m "$2"); shift ;;
    --list) tr ' ' '\n' <<<"$ALL"; exit 0 ;;
    --help) usage 0 ;;
    *) echo "$(basename "$0"): unknown argument '$1'" >&2; usage 2 ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] || { echo "needs root, for network namespaces" >&2; exit 2; }
for f in hosts ours keepalived pacemaker; do . "$(dirname "${BASH_SOURCE[0]}")/$f.sh"; done
trap lab_end EXIT
trap 'exit 143' TERM INT HUP
rows=$W/rows.tsv; : >"$rows"; bad=0

# row WHAT METRIC UNIT TARGET VALUE: "-" is no target, or a repetition that failed.
row() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$NAME" "$1" "$2" "$3" "$4" "$5" >>"$rows"
    [ "$5" != - ] || bad=1
    say "$NAME: $1: $2 $5 $3"
}
# All series in turn, in blocks, each with a fresh cluster in a shell of its own.
run_series() {
    local s b count
    for s in ${SERIES:=$ALL}; do
        setting "$s" || { echo "no series '$s'; see --list" >&2; exit 2; }
    done
    build_programs $(bench_targets; [[ $SERIES != *ours* ]] || ours_targets)
    for b in $(seq "$BLOCKS"); do
        count=$(( N * b / BLOCKS - N * (b - 1) / BLOCKS ))
        [ $count -gt 0 ] || continue
        for NAME in $SERIES; do
            setting "$NAME"
            if ! "${SYS}_is_installed"; then
                [ "$b" -gt 1 ] || echo "$NAME: not installed, left out"
                continue
            fi
            say "block $b of $BLOCKS: $NAME, $count times"
            ( trap - EXIT; block "$count" ) || bad=1
            lab_down
        done
    done
    uptime | sed 's/.*load/load/' >&2
    awk -v json="$JSON" -f "$HERE_TOOLS/rows.awk" "$rows"
    exit $bad
}
