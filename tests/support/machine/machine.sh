# machine.sh - whole machines: guests of user-mode Linux in the lab (sourced after lab.sh).
#
#   a machine  a kernel of its own in the place of host node<i>, on the same switch and with the same
#              addresses. Its /usr is this machine's, read-only; its disk, /var/lib/ha, outlives power
#              cuts; everything else is new at each power-on. A kernel that resets or reboots begins
#              anew by itself, as hardware does; one that powers off ends.
#   in it      an agent on its second console runs what machine_run asks for. It needs no network.
#
# A file DIRECTORY/furnish is run in the root of the machine before each power-on. While there is a file
# DIRECTORY/hold a machine that was reset does not begin anew.

MACHINE_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MACHINE_KERNEL=/usr/bin/linux.uml
MACHINE_INIT=$MACHINE_HERE/init
MACHINE_MEMORY=192M
# As long as a boot may take on a machine that is busy with other things.
MACHINE_PATIENCE=120

machine_lack() {         # what is missing here for machines, if anything
    [ -x $MACHINE_KERNEL ] || { echo "user-mode-linux is not installed"; return; }
    [ -c /dev/net/tun ] || { echo "there is no /dev/net/tun"; return; }
    local one
    for one in insmod mkfs.ext4 stty; do
        command -v $one >/dev/null || { echo "there is no $one"; return; }
    done
}
machine_make() {         # machine_make NODE : a place for it, instead of the lab's host
    local network dir=$LAB_WORK/$1
    for network in lan cross; do
        ip -n "$LAB_NAME-sw" link del "$network$1" || return 1
        ip -n "$LAB_NAME-sw" tuntap add dev "$network$1" mode tap || return 1
        ip -n "$LAB_NAME-sw" link set "$network$1" master $network up || return 1
    done
    truncate -s 64M "$dir/disk" && mkfs.ext4 -q "$dir/disk" && mkfifo "$dir/in" || return 1
    : >"$dir/out"
    : >"$dir/console"
    : >"$dir/machine"
}
is_machine() { [ -e "$LAB_WORK/$1/machine" ]; }

# machine_on NODE [ARGUMENT...] : power; arguments of the kernel, which its processes find in their
# environment. Returns at once.
machine_on() {
    local i=$1 dir=$LAB_WORK/$1; shift
    heal_links "$i"
    MACHINE_TOP=$TOP MACHINE_BUILD=$BUILD MACHINE_LAB=$LAB_WORK \
        ip netns exec "$LAB_NAME-sw" unshare -m -p -f --kill-child -- "$MACHINE_HERE/power" "$dir" \
        "$MACHINE_KERNEL" "mem=$MACHINE_MEMORY" rootfstype=hostfs rw "init=$MACHINE_INIT" \
        con=null ssl=null con0=null,fd:1 con1=fd:3,fd:4 "ubd0=$dir/disk" \
        "vec0:transport=tap,ifname=lan$i,mac=$(machine_mac "$i")" \
        "vec1:transport=tap,ifname=cross$i,mac=02:78:00:78:00:$(printf %02x "$i")" \
        "machine=$i" "agent=$MACHINE_HERE/agent" "$@" </dev/null >"$dir/boot" 2>&1 \
        3<>"$dir/in" 4>>"$dir/out" &
    local outer=$!
    disown "$outer"
    echo "$outer" >"$dir/unshare"
    echo "$outer" >"$dir/pid"
}
machine_mac() { printf '02:77:00:77:00:%02x' "$1"; }
machine_off() { host_off "$1"; wait_for 10 [ ! -e "/proc/$(cat "$LAB_WORK/$1/unshare")" ]; }
machine_is_off() { [ ! -e "/proc/$(cat "$LAB_WORK/$1/unshare")" ]; }

# machine_boots NODE : how often it has begun since it was made; its agent tells each time.
machine_boots() { grep -c '^@@UP ' "$LAB_WORK/$1/out"; }
machine_boot_id() { sed -n 's/^@@UP //p' "$LAB_WORK/$1/out" | tail -n 1; }
machine_has_booted() { [ "$(machine_boots "$1")" -ge "$2" ]; }     # machine_has_booted NODE COUNT
machine_console() { cat "$LAB_WORK/$1/console"; }                  # SECONDS.MICROSECONDS TEXT
# machine_said NODE TEXT : microseconds of 1970 when its console said so last; 1 if it did not
machine_said() { grep -F -- "$2" "$LAB_WORK/$1/console" | tail -n 1 | sed 's/ .*//; s/\.//' | grep .; }

# machine_run NODE COMMAND... : inside, by a shell of root; its output, and its exit code. 125: the
# machine does not answer, or began anew meanwhile.
machine_run() {
    local i=$1 from id answer end code; shift
    id=$BASHPID.${EPOCHREALTIME/[.,]/}
    from=$(($(wc -c <"$LAB_WORK/$i/out") + 1))
    host_is_on "$i" || return 125
    # Both ends, so that nothing waits for a machine that is off.
    printf '%s %s %q\n' "$(machine_boot_id "$i")" "$id" "$*" 1<>"$LAB_WORK/$i/in"
    end=$(($(now_us) + 30000000))
    until answer=$(tail -c "+$from" "$LAB_WORK/$i/out") && code=$(grep -a "^@@$id " <<<"$answer"); do
        [ "$(now_us)" -lt "$end" ] && host_is_on "$i" && ! grep -q '^@@UP ' <<<"$answer" || return 125
        sleep 0.02
    done
    answer=$(grep -av '^@@' <<<"$answer")
    [ -z "$answer" ] || echo "$answer"
    return "${code#* }"
}

# What the lab asks hosts, it asks machines too.
api() {
    local i=$1 path=$2 one words=; shift 2
    host_is_on "$i" || return 1
    if is_machine "$i"; then
        for one; do words+=" $(printf %q "$one")"; done
        machine_run "$i" "curl -sS --max-time 5 --unix-socket /run/ha/had.sock$words 'http://node$i/v1/$path' 2>&1"
    else
        curl -sS --max-time 5 --unix-socket "/proc/$(host_pid "$i")/root/run/ha/socket" "$@" \
            "http://node$i/v1/$path" 2>/dev/null
    fi
}
