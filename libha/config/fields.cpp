// Fields: the one table of what may stand in a configuration.
#include "config/fields.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "ha/plugin/values.hpp"
#include "model/spec.hpp"

namespace ha::config {

namespace {

constexpr std::int64_t k_ms = 1'000'000;
constexpr std::int64_t k_s = 1000 * k_ms;
constexpr std::int64_t k_h = 3600 * k_s;
constexpr auto k_name_bytes = static_cast<std::int64_t>(k_limit_name_bytes);
constexpr const char* k_final_actions =
    "none|stop_group|failover|stop_node_service|reboot|poweroff";

constexpr Field k_document_fields[] = {
    {.name = "cluster", .type = FieldType::text, .is_required = true, .minimum = 1,
     .maximum = k_name_bytes,
     .help = "Name of the cluster: letters, digits, '-', '_' and '.'."},
    {.name = "quorum", .type = FieldType::choice, .default_value = "majority",
     .choices = "majority|two_node",
     .help = "Who decides. majority: more than half of the nodes; never two owners of a group. "
             "two_node: of two nodes the one that the tie breaker says."},
    {.name = "tie_breaker", .type = FieldType::choice, .default_value = "none",
     .choices = "none|fencing|ping|http",
     .help = "two_node, and needed there: what tells a node that lost the other that it may go on. "
             "fencing: it has made the other harmless with a device of \"fence\"; never two "
             "owners. "
             "ping: an address outside answers; at most one owner, unless the nodes lose each "
             "other while both reach it. http: the same with a web server. none: nothing; two "
             "owners are possible while the nodes do not hear each other."},
    {.name = "tie_breaker_targets", .type = FieldType::texts,
     .maximum = static_cast<std::int64_t>(k_limit_tie_breaker_targets),
     .help = "ping: IP addresses; http: `http://ADDRESS[:PORT]/PATH`, any answer below 500 counts. "
             "One that answers is enough. They are asked only while the other node is silent."},
    {.name = "fence_delay", .type = FieldType::duration, .minimum = 100 * k_ms, .maximum = k_h,
     .help = "two_node: of two nodes that lost each other the one that owns more (sum of the "
             "groups' priorities, then how many, then the lower rank) works the other's fence "
             "devices at once, and the other one after this, once. Longer than a device takes, or "
             "both may end. Default: 2s, and the longest that a shot at either was seen to take, "
             "or the timeout of a device."},
    {.name = "quorum_loss", .type = FieldType::choice, .default_value = "stop",
     .choices = "stop|freeze|ignore",
     .help = "majority: what a node without a quorum does with its groups. stop: it makes them "
             "harmless by the end of its lease, then stops them. freeze: it leaves them as they "
             "are. ignore: it goes on with them, restarts in place included. With the last two "
             "nobody takes over from a node that is lost."},
    {.name = "alone_at_start", .type = FieldType::choice, .default_value = "wait",
     .choices = "wait|allow",
     .help = "two_node: a node that starts and does not hear the other waits for it, because the "
             "other may have gone on alone before. allow (not with fencing): it goes on after "
             "startup_wait, when the "
             "tie breaker says so; from what may be an older state."},
    {.name = "partition_action", .type = FieldType::choice, .default_value = "stop_groups",
     .choices = "stop_groups|stop_node_service|reboot|poweroff",
     .help = "What a node does, besides stopping its groups, when a partition was decided against "
             "it: nothing, end its daemon, reboot, or power off."},
    {.name = "dual_activation", .type = FieldType::choice, .default_value = "keep_one",
     .choices = "keep_one|stop_both",
     .help = "A group that was active on both of two nodes when they met again, or was found on a "
             "node that does not own it. keep_one: the owner, by the history that is kept, keeps "
             "it, and the other stops it. stop_both: it stays stopped until an operator starts "
             "it."},
    {.name = "parallel_operations", .type = FieldType::integer, .default_value = "0",
     .minimum = 0, .maximum = 4096,
     .help = "Resources that one node starts or stops at the same time; 0: no limit."},
    {.name = "max_reboots", .type = FieldType::integer, .default_value = "3", .minimum = 0,
     .maximum = 99,
     .help = "Automatic reboots and power-offs of one node until somebody has to look at it; 0: no "
             "limit. A reset while the node held something that requires fencing counts as well; "
             "at the limit the node comes back isolated."},
    {.name = "reboots_reset_after", .type = FieldType::duration, .default_value = "1h",
     .minimum = 0, .maximum = 8760 * k_h,
     .help = "A node that has been well for so long begins to count its reboots anew; 0s: only "
             "'hactl node reboots NODE --reset' does that."},
    {.name = "timing", .type = FieldType::object, .help = "Times of the cluster."},
    {.name = "interconnects", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(k_limit_interconnects),
     .help = "Names of the heartbeat networks. Needed as soon as there are two nodes."},
    {.name = "nodes", .type = FieldType::object, .is_required = true,
     .help = "The nodes by name. The first one has rank 0 and leads when it can."},
    {.name = "groups", .type = FieldType::object,
     .help = "Failover groups by name; a group always runs on one node."},
    {.name = "monitors", .type = FieldType::object, .help = "Monitors by name."},
    {.name = "capacity", .type = FieldType::object,
     .help = "By node name: how much of each kind the node has, such as {\"memory_mib\": 64000}. "
             "The kinds are yours. A kind that is not given for a node has no limit there."},
    {.name = "revision", .type = FieldType::integer, .minimum = 1, .maximum = INT64_MAX,
     .help = "Number of the committed configuration that this text was made from; written by "
             "'config show'. A text made from an older one is refused. Leave it out when you "
             "write a configuration by hand."},
    {.name = "witness", .type = FieldType::object,
     .help = "A vote outside the nodes, so that of two nodes one can go on alone."},
    {.name = "ids", .type = FieldType::object,
     .help = "Numbers of names, written by 'config show' when they are not simply 1, 2, 3 in order "
             "of appearance. Leave it out when you write a configuration by hand."},
};

constexpr Field k_timing_fields[] = {
    {.name = "heartbeat_interval", .type = FieldType::duration, .default_value = "100ms",
     .minimum = 1 * k_ms, .maximum = 99 * k_s,
     .help = "Every node sends a heartbeat to every other this often; at most a third of "
             "heartbeat_timeout."},
    {.name = "heartbeat_timeout", .type = FieldType::duration, .default_value = "500ms",
     .minimum = 3 * k_ms, .maximum = 9999 * k_s,
     .help = "A node that is silent on all interconnects for this long is suspected."},
    {.name = "lease", .type = FieldType::duration, .minimum = 3 * k_ms, .maximum = 9999 * k_s,
     .help = "How long a node may run groups without hearing from a quorum; at most "
             "heartbeat_timeout. Default: heartbeat_timeout."},
    {.name = "sever_bound", .type = FieldType::duration, .default_value = "5ms", .minimum = 1,
     .maximum = 99 * k_s,
     .help = "A node begins to make its resources harmless this long before its lease ends; at "
             "most a quarter of the lease."},
    {.name = "engine_stall", .type = FieldType::duration, .minimum = 3 * k_ms,
     .maximum = 9999 * k_s,
     .help = "An engine that has not decided anything for this long is no sign of life. Default: "
             "heartbeat_timeout."},
    {.name = "startup_wait", .type = FieldType::duration, .default_value = "30s", .minimum = 0,
     .maximum = 99 * 60 * k_s,
     .help = "A cluster that starts waits this long for absent nodes before it places groups; 0s: "
             "it does not wait."},
    {.name = "leave_timeout", .type = FieldType::duration, .default_value = "60s",
     .minimum = 1 * k_s, .maximum = 24 * k_h,
     .help = "A node that leaves and is not rid of its groups after this long stops them."},
    {.name = "probe_interval", .type = FieldType::duration, .default_value = "60s", .minimum = 0,
     .maximum = 24 * k_h,
     .help = "When it joins and then this often, a node looks whether somebody has started by hand "
             "what it has no right to run: addresses, and what says so of itself, of groups whose "
             "policy names it. 0s: never. Another value than 60s needs a cluster of version 2."},
    {.name = "drift_ppm", .type = FieldType::integer, .default_value = "1000", .minimum = 1,
     .maximum = 100'000,
     .help = "How far the clocks of two nodes may drift apart, in microseconds per second."},
    {.name = "delay_warning_percent", .type = FieldType::integer, .default_value = "80",
     .minimum = 1, .maximum = 100,
     .help = "Warn when a heartbeat is late by this part of heartbeat_timeout; 100: never."},
};

constexpr Field k_node_fields[] = {
    {.name = "fence", .type = FieldType::objects,
     .maximum = static_cast<std::int64_t>(k_limit_fences),
     .help = "Devices that can make this node harmless, tried in this order. Needed by groups "
             "whose resources require fencing; without one such a group waits for 'hactl node "
             "confirm-off'."},
    {.name = "clock", .type = FieldType::choice, .default_value = "steady",
     .choices = "steady|may_stop",
     .help = "may_stop: a virtual machine whose hypervisor may pause, snapshot or migrate it, and "
             "with it its clock and its watchdog. Such a watchdog releases no group that requires "
             "fencing."},
};

constexpr Field k_fence_fields[] = {
    {.name = "type", .type = FieldType::text, .is_required = true, .minimum = 1, .maximum = 31,
     .help = "Type of the device, such as fence_agents or fence_exec."},
    {.name = "name", .type = FieldType::text, .minimum = 1, .maximum = k_name_bytes,
     .help = "Its name, unique among those of the node. Default: its type."},
    {.name = "action", .type = FieldType::choice, .default_value = "reboot",
     .choices = "off|reboot",
     .help = "reboot: switched on again when it is certain that it was off. off: it stays off."},
    {.name = "timeout", .type = FieldType::duration, .default_value = "60s", .minimum = 1 * k_ms,
     .maximum = 1 * k_h, .help = "One attempt to switch it off may take this long."},
    {.name = "retries", .type = FieldType::integer, .default_value = "1", .minimum = 0,
     .maximum = 99, .help = "Further attempts after the first, before the next device is asked."},
    {.name = "status_timeout", .type = FieldType::duration, .default_value = "20s",
     .minimum = 1 * k_ms, .maximum = 1 * k_h,
     .help = "After an attempt its status has to say 'off' within this time."},
    {.name = "parameters", .type = FieldType::object,
     .help = "Parameters of the type. Durations as \"5s\", lists as JSON lists."},
};

constexpr Field k_witness_fields[] = {
    {.name = "address", .type = FieldType::text, .minimum = 1, .maximum = 255,
     .help = "Where 'had --witness' listens, as address:port, [address]:port or name:port; without "
             "a port it is 29003. Either this or etcd."},
    {.name = "etcd", .type = FieldType::object,
     .help = "An etcd that holds the witness's record, instead of a 'had --witness'."},
    {.name = "round_trip", .type = FieldType::duration, .default_value = "20ms",
     .minimum = 1'000, .maximum = 999 * k_s,
     .help = "What a question and its answer take at most; heartbeat_interval and two of these fit "
             "into half a lease."},
};

constexpr Field k_etcd_fields[] = {
    {.name = "endpoints", .type = FieldType::texts, .is_required = true,
     .maximum = k_limit_etcd_endpoints,
     .help = "Its client addresses, such as [\"https://192.0.2.9:2379\"]; without a port it is "
             "2379. They are members of one etcd, and are tried in this order."},
    {.name = "ca_file", .type = FieldType::text, .minimum = 1, .maximum = k_limit_target_bytes,
     .help = "File with the certificates that sign those of the endpoints, in PEM; without it "
             "those that the machine trusts."},
    {.name = "cert_file", .type = FieldType::text, .minimum = 1, .maximum = k_limit_target_bytes,
     .help = "File with the certificate that a node shows, in PEM; with key_file. Each node has "
             "a file of its own under this name."},
    {.name = "key_file", .type = FieldType::text, .minimum = 1, .maximum = k_limit_target_bytes,
     .help = "File with the key of that certificate."},
    {.name = "user", .type = FieldType::text, .minimum = 1, .maximum = 255,
     .help = "User to log in as, where the etcd asks for one; with password_file."},
    {.name = "password_file", .type = FieldType::text, .minimum = 1,
     .maximum = k_limit_target_bytes, .help = "File with the password of that user."},
    {.name = "prefix", .type = FieldType::text, .minimum = 1, .maximum = 255,
     .help = "Of the keys of this cluster, beginning and ending with '/'; by default "
             "/libha/witness/CLUSTER/ with the cluster's name."},
};

constexpr Field k_group_fields[] = {
    {.name = "startup", .type = FieldType::choice, .default_value = "automatic",
     .choices = "automatic|manual", .help = "Whether the group starts with the cluster."},
    {.name = "failover", .type = FieldType::choice, .default_value = "automatic",
     .choices = "automatic|manual",
     .help = "Whether it moves to another node when its node is lost."},
    {.name = "failback", .type = FieldType::choice, .default_value = "manual",
     .choices = "manual|automatic",
     .help = "Whether it returns to its most preferred node when that is well again."},
    {.name = "failback_delay", .type = FieldType::duration, .default_value = "0s", .minimum = 0,
     .maximum = 168 * k_h,
     .help = "With automatic failback: it returns to a node that was in service for this long."},
    {.name = "ban_expiry", .type = FieldType::duration, .default_value = "10min", .minimum = 0,
     .maximum = 8760 * k_h,
     .help = "A node on which it failed may be given it again after this long, when it needs one; "
             "0s: when you clear its failures. Automatic failback does not go there before the "
             "node comes up anew or its failures are cleared."},
    {.name = "retry_delay", .type = FieldType::duration, .default_value = "1min", .minimum = 0,
     .maximum = 168 * k_h,
     .help = "When it has failed on every node that is there, all are tried again this long after "
             "the last failure; 0s: never."},
    {.name = "failover_limit", .type = FieldType::integer, .default_value = "0", .minimum = 0,
     .maximum = static_cast<std::int64_t>(model::k_limit_failovers),
     .help = "It fails over at most so often within an hour; then it waits for you, or for the "
             "hour to pass. 0: no limit."},
    {.name = "priority", .type = FieldType::integer, .default_value = "100", .minimum = 0,
     .maximum = 1'000'000,
     .help = "Where not all can run, a group of higher priority is placed first."},
    {.name = "preempts", .type = FieldType::boolean, .default_value = "false",
     .help = "Whether it takes the place of groups of lower priority when it runs nowhere, and "
             "only their exclusion or their use of capacity keeps it from a node."},
    {.name = "start_after", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(k_limit_groups),
     .help = "Groups that are online, on whichever node, before it is started; those that are "
             "stopped are not waited for."},
    {.name = "start_after_local", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(k_limit_groups),
     .help = "The same, but only waited for when they are on its own node."},
    {.name = "stop_before", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(k_limit_groups),
     .help = "Groups that give up a node that leaves or is drained only when this one is stopped, "
             "if it is to stop too."},
    {.name = "stop_before_local", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(k_limit_groups),
     .help = "The same, but only when they are on its own node."},
    {.name = "labels", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(model::k_limit_labels),
     .help = "What kind of group it is, for 'near' and 'apart' of others and of its own."},
    {.name = "near", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(model::k_limit_labels),
     .help = "It prefers a node where a group with one of these labels is."},
    {.name = "apart", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(model::k_limit_labels),
     .help = "It avoids a node where a group with one of these labels is, while another is free."},
    {.name = "uses", .type = FieldType::object,
     .help = "How much it uses of the capacity of its node, such as {\"memory_mib\": 8000}. It is "
             "not given to a node that has less left."},
    {.name = "exclusion", .type = FieldType::choice, .default_value = "off",
     .choices = "off|normal|full",
     .help = "normal: avoids a node with another such group while one without is free. full: never "
             "shares a node with another such group."},
    {.name = "policy", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(k_limit_nodes),
     .help = "Nodes that may run it, most preferred first. Default: all nodes in their order."},
    {.name = "resources", .type = FieldType::object,
     .help = "The resources by name; names are unique in the whole cluster."},
};

constexpr Field k_resource_fields[] = {
    {.name = "type", .type = FieldType::text, .is_required = true, .minimum = 1, .maximum = 31,
     .help = "Type of the resource, such as fip or exec."},
    {.name = "depends_on", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(k_limit_group_resources),
     .help = "Resources of the same group that are started before it and stopped after it. "
             "Default: by type, see below."},
    {.name = "requires", .type = FieldType::choice, .choices = "nothing|quorum|fencing",
     .help = "What must hold before it is started elsewhere when its node is lost. Default: that "
             "of its type; exec takes the strongest of what it depends on."},
    {.name = "start_timeout", .type = FieldType::duration, .minimum = 1 * k_ms,
     .maximum = 168 * k_h, .help = "Starting may take this long. Default: by type, see below."},
    {.name = "start_retries", .type = FieldType::integer, .minimum = 0, .maximum = 99,
     .help = "Further attempts on the same node after the first. Default: by type, see below."},
    {.name = "start_final_action", .type = FieldType::choice, .default_value = "failover",
     .choices = k_final_actions, .help = "What is done when all attempts to start it failed."},
    {.name = "stop_timeout", .type = FieldType::duration, .minimum = 1 * k_ms,
     .maximum = 168 * k_h, .help = "Stopping may take this long. Default: by type, see below."},
    {.name = "stop_retries", .type = FieldType::integer, .default_value = "0", .minimum = 0,
     .maximum = 99, .help = "Further attempts after the first."},
    {.name = "stop_final_action", .type = FieldType::choice, .default_value = "none",
     .choices = "none|stop_node_service|reboot|poweroff",
     .help = "What is done when all attempts to stop it failed. The node goes on counting as owner "
             "of the group."},
    {.name = "probe_timeout", .type = FieldType::duration, .minimum = 1 * k_ms,
     .maximum = 1 * k_h,
     .help = "Finding out whether it runs may take this long. Default: by type, see below."},
    {.name = "parameters", .type = FieldType::object,
     .help = "Parameters of the type. Durations as \"5s\", lists as JSON lists."},
    {.name = "node_parameters", .type = FieldType::object,
     .help = "By node name: parameters that win on that node."},
};

constexpr Field k_monitor_fields[] = {
    {.name = "type", .type = FieldType::text, .is_required = true, .minimum = 1, .maximum = 31,
     .help = "Type of the monitor, such as pidw or ipw."},
    {.name = "group", .type = FieldType::text,
     .help = "Group that it watches and recovers. Default: the one of 'resource'; without either "
             "it recovers nothing."},
    {.name = "resource", .type = FieldType::text,
     .help = "Resource that it watches and recovers. Default: none, the whole group."},
    {.name = "timing", .type = FieldType::choice, .choices = "always|while_active",
     .help = "while_active: only while its resource or group is online. Default: by type, see "
             "below."},
    {.name = "nodes", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(k_limit_nodes),
     .help = "Nodes that it runs on. Default: all."},
    {.name = "interval", .type = FieldType::duration, .minimum = 1 * k_ms, .maximum = 24 * k_h,
     .help = "From one look to the next. Default: by type, see below."},
    {.name = "timeout", .type = FieldType::duration, .minimum = 1 * k_ms, .maximum = 24 * k_h,
     .help = "A look that takes longer is a bad one. Default: by type, see below."},
    {.name = "start_delay", .type = FieldType::duration, .default_value = "0s", .minimum = 0,
     .maximum = 9999 * k_s, .help = "It waits this long before its first look."},
    {.name = "retries", .type = FieldType::integer, .minimum = 0, .maximum = 999,
     .help = "Further bad looks in a row before it counts. Default: by type, see below."},
    {.name = "delay_warning_percent", .type = FieldType::integer, .default_value = "80",
     .minimum = 1, .maximum = 100,
     .help = "Warn when a look takes this part of the timeout; 100: never."},
    {.name = "unknown_is_bad", .type = FieldType::boolean, .default_value = "false",
     .help = "Whether a look that cannot tell counts as a bad one."},
    {.name = "recovery", .type = FieldType::choice,
     .choices = "resource|group|none|all_groups|node",
     .help = "What is restarted and failed over. all_groups: each group that is online on the "
             "node; node: nothing, only the final action counts. Default: resource when 'resource' "
             "is given, group when only 'group' is, else none."},
    {.name = "restart_threshold", .type = FieldType::integer, .default_value = "3", .minimum = 0,
     .maximum = 99, .help = "Restarts before it fails over; 0: none."},
    {.name = "failover_threshold", .type = FieldType::integer, .default_value = "1",
     .minimum = 0, .maximum = 99, .help = "Failovers before the final action; 0: none."},
    {.name = "final_action", .type = FieldType::choice, .default_value = "none",
     .choices = k_final_actions, .help = "What is done when restarts and failovers did not help."},
    {.name = "reset_after", .type = FieldType::duration, .default_value = "1h", .minimum = 0,
     .maximum = 8760 * k_h,
     .help = "Restarts and failovers are forgotten after this long without trouble; 0s: never."},
    {.name = "nice", .type = FieldType::integer, .default_value = "0", .minimum = -20,
     .maximum = 19, .help = "Priority of what looks, as of nice(1); higher gives way to others."},
    {.name = "script", .type = FieldType::text,
     .help = "Program that is run before each restart, failover and final action; it finds what is "
             "about to happen in HA_STEP. What becomes of it changes nothing."},
    {.name = "script_timeout", .type = FieldType::duration, .default_value = "10s",
     .minimum = 1 * k_ms, .maximum = 1 * k_h,
     .help = "The script is killed after this long, and the step is taken."},
    {.name = "members", .type = FieldType::names,
     .maximum = static_cast<std::int64_t>(k_limit_monitors),
     .help = "Of type multi: the monitors that it is made of."},
    {.name = "error_threshold", .type = FieldType::integer, .default_value = "0", .minimum = 0,
     .maximum = static_cast<std::int64_t>(k_limit_monitors),
     .help = "Of type multi: so many bad members make it bad; 0: all of them."},
    {.name = "warning_threshold", .type = FieldType::integer, .default_value = "0", .minimum = 0,
     .maximum = static_cast<std::int64_t>(k_limit_monitors),
     .help = "Of type multi: so many bad members make it warn; 0: it never warns."},
    {.name = "parameters", .type = FieldType::object,
     .help = "Parameters of the type. Durations as \"5s\", lists as JSON lists."},
    {.name = "node_parameters", .type = FieldType::object,
     .help = "By node name: parameters that win on that node."},
};

constexpr Field k_ids_fields[] = {
    {.name = "interconnects", .type = FieldType::object, .help = "Numbers by name."},
    {.name = "nodes", .type = FieldType::object, .help = "Numbers by name."},
    {.name = "groups", .type = FieldType::object, .help = "Numbers by name."},
    {.name = "resources", .type = FieldType::object, .help = "Numbers by name."},
    {.name = "monitors", .type = FieldType::object, .help = "Numbers by name."},
};

constexpr const char* k_below_exec = "fip|disk|md|nas|raw";

constexpr ResourceDefaults k_resource_defaults[] = {
    {"exec", "5min", "5min", "30s", 0, "quorum", k_below_exec, true},
    {"fip", "60s", "30s", "10s", 5, "quorum", "", false},
    {"md", "5min", "5min", "30s", 0, "quorum", "", false},
    {"disk", "5min", "5min", "30s", 0, "fencing", "", false},
    {"nas", "3min", "3min", "30s", 0, "fencing", "fip", false},
    {"raw", "60s", "60s", "30s", 0, "fencing", "", false},
    {"*", "3min", "3min", "30s", 0, "quorum", "", false},
};

constexpr MonitorDefaults k_monitor_defaults[] = {
    {"diskw", "60s", "120s", 1, "always"},   {"raww", "60s", "120s", 1, "always"},
    {"ipw", "30s", "30s", 1, "always"},      {"fipw", "60s", "180s", 1, "while_active"},
    {"pidw", "5s", "60s", 0, "while_active"}, {"miiw", "10s", "60s", 3, "always"},
    {"multi", "30s", "30s", 0, "always"},    {"mdw", "10s", "60s", 0, "always"},
    {"mdnw", "60s", "120s", 0, "always"},    {"*", "30s", "30s", 1, "always"},
};

template <class Row>
const Row& row_of(std::span<const Row> rows, std::string_view type) {
    for (const auto& row : rows)
        if (row.type == type) return row;
    return rows.back();  // "*"
}

}  // namespace

const Section k_document_section{"document", "", "The whole document.", k_document_fields};
const Section k_timing_section{"timing", "timing", "Times of the cluster.", k_timing_fields};
const Section k_node_section{
    "node", "nodes.NAME",
    "One node: its address on each interconnect, by the interconnect's name, as address:port, "
    "[address]:port or name:port; without a port it is 29002. Beside them:",
    k_node_fields};
const Section k_fence_section{"fence", "nodes.NAME.fence[N]",
                              "One device that can make the node harmless. It is worked from "
                              "another node, and what it says is verified.",
                              k_fence_fields};
const Section k_group_section{"group", "groups.NAME", "One failover group.", k_group_fields};
const Section k_resource_section{"resource", "groups.NAME.resources.NAME", "One resource.",
                                 k_resource_fields};
const Section k_monitor_section{"monitor", "monitors.NAME", "One monitor.", k_monitor_fields};
const Section k_witness_section{"witness", "witness",
                                "A vote outside the nodes. It counts while an even number of nodes "
                                "votes, and is needed only while they are no majority without it.",
                                k_witness_fields};
const Section k_etcd_section{"etcd", "witness.etcd",
                             "An etcd with the v3 API (3.4 or newer). Each node asks it, and "
                             "writes the record by compare-and-swap, "
                             "sealed with the cluster's key.",
                             k_etcd_fields};
const Section k_ids_section{"ids", "ids", "Numbers of names.", k_ids_fields};

std::span<const Section* const> all_sections() {
    static constexpr const Section* k_all[] = {
        &k_document_section, &k_timing_section,   &k_node_section,    &k_fence_section,
        &k_group_section,    &k_resource_section, &k_monitor_section, &k_ids_section,
        &k_witness_section, &k_etcd_section,
    };
    return k_all;
}

const Field* find_field(const Section& section, std::string_view name) {
    for (const auto& field : section.fields)
        if (field.name == name) return &field;
    return nullptr;
}

std::vector<std::string> field_names(const Section& section) {
    std::vector<std::string> names;
    for (const auto& field : section.fields) names.emplace_back(field.name);
    return names;
}

std::vector<std::string> choices_of(const Field& field) { return split_choices(field.choices); }

std::vector<std::string> split_choices(const char* choices) {
    std::vector<std::string> all;
    if (choices == nullptr) return all;
    for (const auto one : plugin::split_list(choices, '|')) all.emplace_back(one);
    return all;
}

const ResourceDefaults& resource_defaults(std::string_view type) {
    return row_of(all_resource_defaults(), type);
}
std::span<const ResourceDefaults> all_resource_defaults() { return k_resource_defaults; }

const MonitorDefaults& monitor_defaults(std::string_view type) {
    return row_of(all_monitor_defaults(), type);
}
std::span<const MonitorDefaults> all_monitor_defaults() { return k_monitor_defaults; }

Duration table_duration(const char* text) {
    const auto duration = plugin::parse_duration(text);
    HA_ASSERT(duration.has_value());
    return *duration;
}

}  // namespace ha::config
