# From the events of all nodes to "ms|who|what" lines that a person follows.
def words:
    {node_suspected: "no longer hears", node_down: "counted as down by the cluster:",
     node_left: "has left the cluster:", node_leaving: "is leaving:", node_up: "is up:",
     leader_elected: "leads now:", quorum_lost: "has lost the quorum:",
     lease_lost: "has lost its lease:", lease_over: "the lease is over of",
     group_given: "is given", group_starting: "starts", group_online: "is online:",
     group_stopping: "stops", group_offline: "is offline:", group_failed: "has failed:",
     group_adopted: "goes on with", group_evicted: "is to give up", group_blocked: "cannot place",
     resource_severed: "makes harmless", recovery_started: "recovers", monitor_state: "is told by",
     operation_failed: "failed:", operation_timed_out: "timed out:", node_started: "had starts"};
# What all nodes tell, each as it hears of the decision: told once.
def is_decision: .name | IN("node_down", "node_left", "node_leaving", "node_up", "leader_elected",
                            "lease_over", "group_given", "group_evicted", "group_blocked");
def is_wanted: words[.name] and (.name != "monitor_state" or .parameters.to == "bad");
# A daemon that starts reads again what was decided before.
def is_history($starts):
    is_decision and ($starts[.node] // 0) > 0 and .wall_us >= $starts[.node]
    and .wall_us < $starts[.node] + 1000000;
def ms($us): (($us - $mark) / 1000);
def what:
    .parameters as $p
    | words[.name] + " " + (.object | sub("^node "; ""))
    + (if $p.node and .name == "group_given" then " to " + $p.node else "" end)
    + ([$p.reason, $p.text] | map(select(. != null and . != "")) | join("; ")
       | if . == "" then "" else " (" + . + ")" end);

(map(select(.name == "node_started") | {(.node): .wall_us}) | add // {}) as $starts
| [ .[] | select(.wall_us >= $mark - 2000 and is_wanted) | select(is_history($starts) | not) ]
| sort_by(.wall_us)
| reduce .[] as $e ({seen: {}, out: []};
    ($e | if is_decision then "\(.name) \(.object) \(.parameters)" else "" end) as $key
    | if $key != "" and .seen[$key] then .
      else (if $key != "" then .seen[$key] = true else . end)
           | .out += [$e | {us: .wall_us, who: (if is_decision then "cluster" else .node end),
                            what: what}] end)
| .out
+ (if $gap >= 3000 then
     [{us: $began, who: "client", what: ("the last answer, from " + $from)}] +
     (if $ended > 0 then [{us: $ended, who: "client", what: ("answers again, from " + $to)}] else [] end)
   else [] end)
| sort_by(.us) | .[] | "\(ms(.us))|\(.who)|\(.what)"
