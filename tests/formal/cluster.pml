/* Lease, view, vote and release, as one transition system: every step of the cluster is one of
 * the moves below. What a move needs and does is written in rules.c; here stand the state and
 * the choice. Names of moves are those of rules.c.
 *
 * Nothing here is fair: a node that is not chosen is paused, a packet that is not chosen is lost
 * or late. Times are ages in ticks that stop counting when they no longer matter, so the search
 * needs no horizon in time.
 */
#define NODES_MAX 3
#define LOG_MAX 6

/* Raft, durable unless said otherwise. */
byte term[NODES_MAX];
byte vote[NODES_MAX];                      /* 0 nobody, else node + 1 */
byte leads[NODES_MAX];                     /* volatile: believes that it leads in its term */
byte length[NODES_MAX];
short entry[NODES_MAX * LOG_MAX];          /* node * LOG_MAX + index - 1 */
byte applied[NODES_MAX];                   /* volatile: known to be committed, and applied */
byte match[NODES_MAX * NODES_MAX];         /* leader * NODES_MAX + voter */
byte no_voter[NODES_MAX];                  /* lost a durable record: no voter any more */

/* Leases: ages since the send time on which each rests. */
byte lease_age[NODES_MAX];                 /* newest heartbeat that a quorum has answered */
byte page_age[NODES_MAX];                  /* the same, as the guard of the running group has it */
byte answer_age[NODES_MAX * NODES_MAX];    /* voter * NODES_MAX + node: last answer sent */
byte over_in[NODES_MAX * NODES_MAX];       /* leader * NODES_MAX + node: ticks to lease over */
byte over_index[NODES_MAX];                /* note `lease over` for down(node) at this index */

/* Heartbeats and answers under way (only with DELAY). */
byte beat_age[NODES_MAX];
byte beat_applied[NODES_MAX];
byte flight_age[NODES_MAX * NODES_MAX];    /* voter * NODES_MAX + node */

/* The group. */
byte running[NODES_MAX];                   /* epoch that really runs there, 0 none */
byte adopted[NODES_MAX];                   /* the present process answers for what runs */
byte starting[NODES_MAX];                  /* epoch a worker has been told to start */
byte released[NODES_MAX];                  /* durable: epochs up to this never run here again */
byte told_released[NODES_MAX];             /* what it has sent of that */
byte start_number[NODES_MAX];
byte boot[NODES_MAX];

byte restarts_left;

/* Ghosts: what the properties are about. */
byte ghost_length;
short ghost_entry[LOG_MAX];                /* everything that was ever committed */
byte ghost_epoch;                          /* highest epoch that ever ran, and where */
byte ghost_node;
byte bad;                                  /* 0, or which property broke */

c_code {
\#include "rules.c"
};

#define MOVE1(name, n) \
    :: d_step { c_expr { (can_##name(n)) }; c_code { do_##name(n); check(#name, n, 9); }; \
                assert(bad == 0) }
#define MOVE2(name, n, v) \
    :: d_step { c_expr { (can_##name(n, v)) }; c_code { do_##name(n, v); check(#name, n, v); }; \
                assert(bad == 0) }
#define EACH(name) MOVE1(name, 0) MOVE1(name, 1) MOVE1(name, 2)
#define PAIRS(name) MOVE2(name, 0, 1) MOVE2(name, 0, 2) MOVE2(name, 1, 0) MOVE2(name, 1, 2) \
    MOVE2(name, 2, 0) MOVE2(name, 2, 1)
#define ALL(name) PAIRS(name) MOVE2(name, 0, 0) MOVE2(name, 1, 1) MOVE2(name, 2, 2)

active proctype cluster()
{
    d_step { c_code { birth(); } };
    do
    MOVE1(tick, 0)
    PAIRS(elect)             /* n leads in its next term by the vote of v */
    PAIRS(elect_ahead)       /* n leads in the term after v's by the vote of v */
    PAIRS(append)            /* leader n brings v up to its own log; v acknowledges */
    EACH(append_late)        /* the witness is told what leader n had told before */
    EACH(fetch)              /* n takes the log that the witness acknowledged */
    EACH(commit)             /* leader n counts acknowledgements */
    PAIRS(propose_down)      /* leader n takes everything from v */
    ALL(propose_give)        /* leader n gives the group to v, next epoch */
    ALL(propose_up)          /* leader n registers the present start of v */
    ALL(propose_old_up)      /* leader n got a late greeting of an earlier start of v */
    ALL(propose_release)     /* leader n registers what v released */
    EACH(propose_nothing)    /* leader n appends a no-op to commit what it inherited */
    ALL(note)                /* leader n notes: lease over for the newest down(v) */
    PAIRS(renew)             /* n's heartbeat and v's answer, at once */
    EACH(beat)               /* the same in three moves, each as late as it likes */
    PAIRS(answer)
    PAIRS(receive)
    EACH(decide)             /* n tells a worker to start the group */
    EACH(start)              /* the worker does */
    EACH(adopt)              /* a new process takes over what the old one left running */
    EACH(bounce)             /* n stops the group to start it again in place */
    EACH(release)            /* n gives its epoch up for ever */
    EACH(restart_daemon)     /* the process dies, the group runs on under the guard */
    EACH(reboot)             /* everything on n dies */
    EACH(lose_record)        /* a reboot in which the newest log record is lost */
    od
}
