# pacemaker.sh: Pacemaker with Corosync as a system to measure (sourced by bash).
#
# Two hosts, the setting that favours it most: with three its tokens are longer. TOKEN is totem's
# token in ms or "default"; TOTEM are further lines. knet derives its ping timeout from the token
# and becomes unstable below about 500 ms, so the tuned series decouples them.

PM_KNET='interface {\n  linknumber: 0\n  knet_ping_interval: 400\n  knet_ping_timeout: 1200\n }'

pm_conf() {
    local i j
    for i in 1 2; do
        mkdir -p "$W/h$i/etc-corosync"
        {   printf 'totem {\n version: 2\n cluster_name: bench\n transport: knet\n'
            printf ' crypto_cipher: none\n crypto_hash: none\n'
            [ "$TOKEN" = default ] || printf ' token: %s\n' "$TOKEN"
            printf ' %b\n}\n' "${TOTEM:-}"
            printf 'logging {\n to_stderr: no\n to_syslog: no\n to_logfile: yes\n'
            printf ' logfile: /var/log/corosync/corosync.log\n timestamp: hires\n}\n'
            printf 'quorum {\n provider: corosync_votequorum\n two_node: 1\n wait_for_all: 0\n}\n'
            printf 'nodelist {\n'
            for j in 1 2; do
                printf ' node {\n  name: h%s\n  nodeid: %s\n  ring0_addr: 10.77.0.%s\n }\n' $j $j $j
            done
            printf '}\n'
        } >"$W/h$i/etc-corosync/corosync.conf"
    done
}
PM_RC='corosync || { echo corosync failed; exit 1; }
for k in $(seq 100); do corosync-cfgtool -s >/dev/null 2>&1 && break; sleep 0.1; done
PCMK_logfile=/var/log/pacemaker/pacemaker.log PCMK_logfacility=none \
    setsid pacemakerd </dev/null >>/var/log/pacemaker/console 2>&1 &'

pm_is_installed() { command -v pacemakerd >/dev/null && command -v corosync >/dev/null; }
pm_online()  { hq "$1" crm_mon -1 2>/dev/null | grep -Eq "Online:.*\bh$2\b"; }
pm_dc()      { hq "$1" crm_mon -1 2>/dev/null | sed -n 's/.*Current DC: \(h[0-9]*\).*/\1/p'; }
pm_is_idle() { hq "$1" crmadmin -S "$(pm_dc "$1")" 2>/dev/null | grep -q S_IDLE; }
pm_is_well() { pm_online "$1" 1 && pm_online "$1" 2 && pm_is_idle "$1"; }
pm_where() {
    hq "$1" crm_resource -r "$2" -W 2>/dev/null | sed -n 's/.*is running on: h\([0-9]*\).*/\1/p'
}
pm_runs_on() { [ "$(pm_where "$1" "$2")" = "$3" ]; }

pm_base() {       # the cluster without resources
    net_up 2; pm_conf
    boot 1 bash -c "$PM_RC"; boot 2 bash -c "$PM_RC"
    wait_for 90 pm_is_well 1 || die "pacemaker did not form a cluster: $(hq 1 crm_mon -1)"
    hx 1 crm_attribute -n stonith-enabled -v false
    hx 1 crm_attribute -n no-quorum-policy -v ignore
    hx 1 crm_attribute -t rsc_defaults -n resource-stickiness -v 1000
    hx 1 crm_attribute -t rsc_defaults -n migration-threshold -v 0
}
pm_primitive() {  # pm_primitive ID PROVIDER TYPE INTERVAL [NAME=VALUE...]
    local id=$1 provider=$2 type=$3 interval=$4 pair; shift 4
    echo "<primitive id=\"$id\" class=\"ocf\" provider=\"$provider\" type=\"$type\">"
    echo "<instance_attributes id=\"$id-ia\">"
    for pair in "$@"; do
        echo "<nvpair id=\"$id-${pair%%=*}\" name=\"${pair%%=*}\" value=\"${pair#*=}\"/>"
    done
    echo "</instance_attributes><operations>"
    echo "<op id=\"$id-m\" name=\"monitor\" interval=\"$interval\" timeout=\"20s\"/>"
    echo "</operations></primitive>"
}
pm_up() {
    pm_base
    { echo '<group id="g">'
      pm_primitive vip heartbeat IPaddr2 10s ip=$VIP cidr_netmask=24 nic=eth0
      pm_primitive d0 pacemaker Dummy 10s
      echo '</group>'; } >"$W/h1/etc-corosync/group.xml"
    hx 1 cibadmin -o resources -C -x /etc/corosync/group.xml || die "pacemaker: cibadmin"
    wait_for 30 is_served || die "pacemaker: the group did not start"
    wait_for 30 pm_is_idle 1; sleep 1
}
pm_rejoin() {
    local other=$((3 - $1))
    wait_for 20 pm_is_idle $other
    boot "$1" bash -c "$PM_RC"
    wait_for 90 pm_is_well $other || die "pacemaker: h$1 did not return"
    sleep 1
}
pm_move() {       # by standby: the quicker of its two ways
    mark; hx "$1" crm_attribute -t nodes -N "h$1" -n standby -v on >/dev/null 2>&1
}
pm_move_undo() {
    wait_for 20 pm_runs_on "$1" d0 $((3 - $1))
    hx "$1" crm_attribute -t nodes -N "h$1" -n standby -v off >/dev/null 2>&1
    wait_for 20 pm_is_idle "$1"; sleep 1
}
# For the crash of a process: a primitive that runs the prober's server, looked at every second.
pm_service_up() {
    mkdir -p "$W/ocf/bench"
    sed "s|@PROBE@|$BIN/bench-probe|" "$HERE_TOOLS/ocf-echo" >"$W/ocf/bench/echo"
    chmod 755 "$W/ocf/bench/echo"
    pm_base
    pm_primitive svc bench echo 1s >"$W/h1/etc-corosync/svc.xml"
    hx 1 cibadmin -o resources -C -x /etc/corosync/svc.xml || die "pacemaker: cibadmin"
    wait_for 30 pm_service_runs || die "pacemaker: the service did not start"
    wait_for 20 pm_is_idle 1; sleep 2
}
pm_service_runs() { [ -n "$(pm_service)" ]; }
pm_service() {
    local i p
    for i in 1 2; do
        p=$(pgrep --ns "$(hpid $i)" --nslist pid -f 'bench-probe echo -p 7008' | head -1)
        [ -z "$p" ] || { echo "$i $p"; return; }
    done
}
pm_service_is_back() { wait_for 20 pm_is_idle 1; sleep 1.5; }
