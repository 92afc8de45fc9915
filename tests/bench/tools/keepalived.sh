# keepalived.sh: keepalived (VRRPv3) as a system to measure (sourced by bash).
#
# Two hosts; h1 has priority 150 and takes the address back when it returns, h2 has the usual 100.
# ADVERT is its advert_int; KA_GLOBAL are further lines for global_defs. With real-time priority it
# needs a longer vrrp_rlimit_rttime than its default of 10 ms, or the kernel ends it when the
# machine is busy.

KA_REALTIME='vrrp_rt_priority 50\n vrrp_rlimit_rttime 500000\n vrrp_no_swap'

ka_conf() {
    local i priority
    for i in 1 2; do
        priority=$([ "$i" = 1 ] && echo 150 || echo 100)
        mkdir -p "$W/h$i/etc-keepalived"
        {   printf 'global_defs {\n router_id h%s\n vrrp_version 3\n %b\n}\n' $i "${KA_GLOBAL:-}"
            printf 'vrrp_instance V1 {\n state BACKUP\n interface eth0\n virtual_router_id 51\n'
            printf ' priority %s\n advert_int %s\n' "$priority" "$ADVERT"
            printf ' virtual_ipaddress {\n  %s/24 dev eth0\n }\n}\n' $VIP
        } >"$W/h$i/etc-keepalived/keepalived.conf"
    done
}
KA_RC='setsid keepalived -n -l -D -f /etc/keepalived/keepalived.conf -p /run/keepalived.pid \
    -r /run/keepalived_vrrp.pid -c /run/keepalived_check.pid </dev/null \
    >/var/log/keepalived.log 2>&1 &'

ka_is_installed() { command -v keepalived >/dev/null; }
ka_up() {
    net_up 2; ka_conf
    boot 1 bash -c "$KA_RC"; boot 2 bash -c "$KA_RC"
    wait_for 30 is_served_by 1 || die "keepalived: no master: $(hx 1 cat /var/log/keepalived.log)"
    sleep 2
}
ka_is_back() {
    wait_for 30 is_served_by 1 ||
        die "keepalived: h1 did not take the address back: $(hx 1 tail -5 /var/log/keepalived.log)"
    sleep 1.5
}
ka_rejoin() {
    boot "$1" bash -c "$KA_RC"
    ka_is_back
}
# A graceful move of h1's address: keepalived is told to stop, and says so with priority 0.
ka_move() { mark; hx 1 sh -c 'kill -TERM $(cat /run/keepalived.pid)'; }
ka_is_gone() { ! pgrep --ns "$(hpid 1)" --nslist pid -x keepalived; }
ka_move_undo() {
    wait_for 15 is_served_by 2 || die "keepalived: h2 did not take over"
    wait_for 15 ka_is_gone || die "keepalived on h1 does not end"
    hx 1 bash -c "$KA_RC"
    ka_is_back
}
# Takeovers that nobody asked for, as logged so far.
ka_false_count() {
    { hx 1 cat /var/log/keepalived.log; hx 2 cat /var/log/keepalived.log; } |
        grep -c 'Entering MASTER'
}
