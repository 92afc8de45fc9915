# steps.sh - what comes before and after the scenarios, and how things are printed (sourced).

failures=0
TABLE=()

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' RED=$'\e[31m' BLUE=$'\e[34m' PLAIN=$'\e[0m'
else
    BOLD='' DIM='' GREEN='' RED='' BLUE='' PLAIN=''
fi

title() { printf '\n%s%s%s\n\n' "$BOLD" "$1" "$PLAIN"; }
die() { printf '\n%s%s%s\n' "$RED" "$*" "$PLAIN" >&2; exit 1; }
fixed() { LC_ALL=C awk -v n="$1" 'BEGIN { printf "%.1f", n / 1000 }'; }  # microseconds as ms

step() {                 # step TEXT COMMAND... : says that it is done, and how long it took
    local text=$1 begin; begin=$(now_us); shift
    [ -t 1 ] && printf '  .. %s' "$text"
    if "$@" >"$TOP_LOG" 2>&1; then
        [ -t 1 ] && printf '\r'
        printf '  %sok%s %-52s %s%6.1f s%s\n' "$GREEN" "$PLAIN" "$text" "$DIM" \
            "$(awk -v a="$begin" -v b="$(now_us)" 'BEGIN { print (b - a) / 1e6 }')" "$PLAIN"
        return
    fi
    [ -t 1 ] && printf '\r'
    printf '  %sNO%s %s\n\n' "$RED" "$PLAIN" "$text"
    tail -n 25 "$TOP_LOG"
    [ -n "$LAB_WORK" ] && tail -n 12 "$LAB_WORK"/*/log 2>/dev/null
    die "'$text' failed"
}
TOP_LOG=$(mktemp "${TMPDIR:-/tmp}/ha-quickstart.XXXXXX") || exit 1

install_packages() { "$TOP/tests/install" build demo; }

build_programs() {
    local compiler=g++
    command -v ccache >/dev/null && compiler="ccache g++"
    if [ ! -e "$BUILD/build.ninja" ]; then
        CXX=$compiler meson setup "$BUILD" "$TOP" -Doptimization=2 || return 1
    fi
    # shellcheck disable=SC2086
    ninja -C "$BUILD" $LAB_TARGETS && lab_programs "$BUILD"
}

make_hosts() {
    local i
    lab_make $NODES || return 1
    write_configuration || return 1
    for i in $(seq $NODES); do host_on "$i" || return 1; done
}
write_configuration() {
    sed -e "s#@BIN@#$LAB_BIN#; s#@HERE@#$HERE#" "$HERE/cluster.json" >"$LAB_WORK/cluster.json" &&
        "$LAB_BIN/hactl" key new "$LAB_WORK/key"
}

start_cluster() {
    local i
    for i in $(seq $NODES); do had_start "$i"; done
    wait_for 60 group_is node1 online 1 || return 1
    wait_for 10 web_is node1
}

# The host that owns the group, by its number, as any living node says.
owner() {
    local i place
    for i in $(seq $NODES); do
        place=$(group_place "$i") || continue
        case $place in node*\ online) place=${place% *}; echo "${place#node}"; return ;; esac
    done
    return 1
}
web_is() { [ "$(web_answer)" = "$1" ]; }

summary() {
    local row name outage from to result
    title "Measured by a client that asks the floating address every millisecond"
    printf '  %-34s %14s   %s\n' "" "longest gap" "service"
    for row in "${TABLE[@]}"; do
        IFS='|' read -r name outage from to result <<<"$row"
        printf '  %-34s %s%11s ms%s   %s' "$name" "$BOLD" "$outage" "$PLAIN" "$from"
        [ "$from" != "$to" ] && printf ' -> %s' "$to"
        [ "$result" = ok ] || printf '   %s%s%s' "$RED" "$result" "$PLAIN"
        printf '\n'
    done
    printf '\n'
    if [ "$failures" = 0 ]; then
        printf '  %severy scenario ended with the service answering%s\n\n' "$GREEN" "$PLAIN"
    else
        printf '  %s%s scenarios failed%s\n\n' "$RED" "$failures" "$PLAIN"
    fi
}

stay() {
    local i; i=$(owner) || i=1
    cat <<TEXT
The cluster goes on running; Ctrl-C ends it. In another terminal:

  alias node1='nsenter -t $(host_pid 1) -n -m -u -i -p --'      and node2: $(host_pid 2), node3: $(host_pid 3)
  node1 $LAB_BIN/hactl --socket /run/ha/socket status
  node1 $LAB_BIN/hactl --socket /run/ha/socket group move web node2
  node1 $LAB_BIN/hactl --socket /run/ha/socket events --follow
  ip netns exec $LAB_NAME-cl curl http://$VIP/

Logs of the daemons: $LAB_WORK/1/log, .../2/log, .../3/log
TEXT
    while :; do sleep 3600 & wait $!; done
}
