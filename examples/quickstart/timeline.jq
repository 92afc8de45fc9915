# From the events of all nodes to "ms|who|what" lines that a person follows.
def words:
    {node_suspected: "no longer hears", node_down: "the cluster counts as down:",
     node_left: "the cluster counts as left:", node_leaving: "is leaving:", node_up: "is up:",
     leader_elected: "leads now:", quorum_lost: "has lost the quorum", lease_lost: "has lost its lease",
     lease_held: "holds a lease again", group_given: "is to run elsewhere:",
     group_starting: "starts", group_online: "is online:", group_stopping: "stops",
     group_offline: "is offline:", group_released: "is given back:", group_failed: "has failed:",
     group_adopted: "goes on with", group_evicted: "gives up", resource_severed: "makes harmless",
     recovery_started: "recovers", monitor_state: "monitor tells:", operation_failed: "failed:",
     operation_timed_out: "timed out:", lease_over: "the lease is over of", node_started: "starts anew"};
def ms($us): (($us - $mark) / 1000);
[ .[] | select(.wall_us >= $mark - 2000 and words[.name])
      | {us: .wall_us, who: .node,
         what: (words[.name] + " " + .object +
                ([.parameters | to_entries[] | select(.value != "") | "\(.key) \(.value)"] | join(", ")
                 | if . == "" then "" else "  (" + . + ")" end))} ]
+ (if $gap >= 3000 then
     [{us: $began, who: "client", what: ("the last answer, from " + $from)}] +
     (if $ended > 0 then [{us: $ended, who: "client", what: ("answers again, from " + $to)}] else [] end)
   else [] end)
+ [{us: $mark, who: "-----", what: "now"}]
| sort_by(.us) | .[] | "\(ms(.us))|\(.who)|\(.what)"
