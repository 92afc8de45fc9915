/* Two nodes (safety.md F7): views, going on alone, cold start, return, and histories that fork.
 *
 * One step is one of the moves below, any of them at any time. What is made smaller here than it
 * is: an election and the appends that follow it are one move each; heartbeats and their answers
 * are `contact`, with leases as ages in ticks (cluster.pml has them apart). What is modelled in
 * full is the log: two logs with terms, uncommitted tails, power cuts that keep what is durable.
 *
 * -DFENCING, -DPING or -DNONE; -DNO_X switches the rule X off, and a counter-example must follow.
 * TERMS, CUTS and POWER bound what happens: with the bounds that two_node gives, all of it is
 * searched in a few minutes; with twice as much it is not, in the memory of a small machine.
 */
#define N 2
#define L 6           /* entries of a log */
#ifndef TERMS
#define TERMS 4
#endif
#ifndef CUTS
#define CUTS 2        /* how often the link is cut */
#endif
#ifndef POWER
#define POWER 2       /* how often power is lost, fencing not counted */
#endif
#define LEASE 2       /* ticks */

#if defined(NONE) || defined(PING)
#define WEAK          /* two histories are possible */
#endif

/* An entry: kind + 8 * term. */
#define GIVE0 1       /* the group goes to node 0 */
#define GIVE1 2
#define VIEW0 3       /* node 0 goes on alone */
#define VIEW1 4
#define BOTH 5        /* both are voters (again) */
#define KIND(e) ((e) % 8)
#define TERM(e) ((e) / 8)
#define OTHER(n) (1 - (n))
#define AT(n, i) log[(n) * L + (i)]
#define LAST_TERM(n) TERM(AT(n, size[n] - 1))

byte log[N * L];
byte size[N];
byte term[N];         /* durable */
bool leads[N];
byte com[N];          /* known committed, and applied; volatile */
bool on[N];
bool current[N];      /* its view was the other's too since this process started */
byte lease[N];        /* ticks left of what the other has answered */
byte granted[N];      /* what n's answers may be worth to the other yet */
byte answered[N];     /* ticks left of the newest answer of a target */
bool lost[N];         /* decided against */
bool runs[N];          /* the group really runs there */
bool anew[N];         /* the store of one that gave its history up is in no view yet; durable */
bool gave[N];         /* ghost: it has not been in view again since it gave its history up */
byte released[N];     /* what n was given in entries before this one it has let go of; durable */
bool link = true;
bool target[N];       /* reaches the target */
bool saw[N];          /* has reached it since both were in view of each other */
byte cuts_left = CUTS, power_left = POWER;

byte ghost[L];        /* all that was ever committed */
byte ghost_len;

byte i, j, k;         /* scratch */
bool b1, b2;          /* scratch */

#ifdef NO_UNCOMMITTED_VIEW
#define COUNTS(n) com[n]
#else
#define COUNTS(n) size[n]
#endif
#ifdef NO_NEW_STORE
#define IN_VIEW(n) true
#else
#define IN_VIEW(n) (!anew[n])
#endif
/* k = the newest view entry of n's log (its kind); committed or not (F7). */
inline newest_view(n) {
    k = BOTH;
    for (i : 0 .. L - 1) {
        if
        :: i < COUNTS(n) && KIND(AT(n, i)) >= VIEW0 -> k = KIND(AT(n, i))
        :: else
        fi
    }
}
/* j = length of what both logs share */
inline common() {
    j = 0;
    do
    :: j < size[0] && j < size[1] && AT(0, j) == AT(1, j) -> j++
    :: else -> break
    od
}
/* b1: the histories have forked. A log is contradicted by the other when that has a lone view where
 * this one has committed something else, or when both have lone views that the other lacks. */
inline forked() {
    common();
    b1 = false; b2 = false; k = 0;
    for (i : 0 .. L - 1) {
        if
        :: i >= j && i < size[0] && (KIND(AT(0, i)) == VIEW0 || KIND(AT(0, i)) == VIEW1) ->
            b2 = true;
            if :: i < com[1] -> b1 = true :: else fi
        :: else
        fi;
        if
        :: i >= j && i < size[1] && (KIND(AT(1, i)) == VIEW0 || KIND(AT(1, i)) == VIEW1) ->
            k = 1;
            if :: i < com[0] -> b1 = true :: else fi
        :: else
        fi
    }
    b1 = b1 || (b2 && k == 1)
}
inline commit_to(n, upto) {
    com[n] = upto;
#ifndef WEAK
    for (i : 0 .. L - 1) {
        if
        :: i < upto && i < ghost_len -> assert(ghost[i] == AT(n, i))
        :: i < upto && i >= ghost_len -> ghost[i] = AT(n, i); ghost_len = i + 1
        :: else
        fi
    }
#endif
}
/* k = the owner of the group in what n has applied: 0, 1; 2 nobody. What n itself has released is
 * not its own any more, though nobody has told it yet who has it now. */
inline owner(n) {
    k = 2;
    for (i : 0 .. L - 1) {
        if
        :: i < com[n] && KIND(AT(n, i)) == GIVE0 -> k = (n == 0 && i < released[0] -> 2 : 0)
        :: i < com[n] && KIND(AT(n, i)) == GIVE1 -> k = (n == 1 && i < released[1] -> 2 : 1)
        :: else
        fi
    }
}
/* b2: n may run what is its own now */
inline right(n) {
    newest_view(n);
    b2 = (k == VIEW0 + n && IN_VIEW(n)) || lease[n] > 0;
#ifdef PING
    b2 = b2 || (k == BOTH && current[n] && answered[n] > 0);
#else
    b2 = b2 || (k == BOTH && current[n]);   /* fencing and none: all it runs */
#endif
    b2 = b2 && on[n]
}
/* n's history is given up for l's. It gets a document of l's, and here it is the oldest that there
 * can be; what follows that comes entry by entry. */
inline give_up(n, l) {
    runs[n] = false; current[n] = false; leads[n] = false; lease[n] = 0; released[n] = 0;
    for (i : 0 .. L - 1) { AT(n, i) = (i < 2 -> AT(l, i) : 0) }
    size[n] = 2; com[n] = 2;
    anew[n] = true; gave[n] = true;
    if
    :: term[n] > term[l] -> term[l] = term[n]; leads[l] = false
    :: else -> term[n] = term[l]
    fi
}
inline append(n, kind) {
    AT(n, size[n]) = kind + 8 * term[n];
    size[n]++
}
/* The other has all of l's log: tails that l does not have are dropped. */
inline copy_log(l) {
    for (i : 0 .. L - 1) { AT(OTHER(l), i) = AT(l, i) }
    size[OTHER(l)] = size[l];
    term[OTHER(l)] = term[l];
    leads[OTHER(l)] = false
}
inline check() {
#if defined(FENCING)
    assert(!(runs[0] && runs[1]));
#elif defined(PING)
    assert(!(runs[0] && runs[1]) || (saw[0] && saw[1]));
#endif
    skip
}
inline stop_what_has_no_right(n) {
    right(n);
    if
    :: !b2 -> runs[n] = false; if :: answered[n] == 0 && lease[n] == 0 && on[n] && !link
                                   -> lost[n] = true :: else fi
    :: else
    fi
}

#define IS_CONTACT (link && on[0] && on[1])

inline moves(n) {
    if
    /* ---- together ---- */
    :: d_step { IS_CONTACT && !leads[n] && term[0] < TERMS && term[1] < TERMS;
        forked();
        newest_view(n); b2 = (k == BOTH && IN_VIEW(0) && IN_VIEW(1));
        newest_view(OTHER(n));
        /* whoever stands has a log at least as new, and the view that it needs votes of */
        if
        :: !b1 && b2 && k == BOTH && (LAST_TERM(n) > LAST_TERM(OTHER(n)) ||
             (LAST_TERM(n) == LAST_TERM(OTHER(n)) && size[n] >= size[OTHER(n)])) ->
            term[n] = (term[0] > term[1] -> term[0] : term[1]) + 1;
            term[OTHER(n)] = term[n];
            leads[n] = true; leads[OTHER(n)] = false
        :: else
        fi }
    :: d_step { IS_CONTACT && leads[n] && term[n] >= term[OTHER(n)];   /* replicate, commit */
        forked();
        if
        :: !b1 ->
            common();
            assert(j >= com[OTHER(n)]);
            copy_log(n);
            newest_view(n);
            if
            :: k == BOTH -> anew[OTHER(n)] = false; gave[OTHER(n)] = false
            :: else
            fi;
            if
            :: TERM(AT(n, size[n] - 1)) == term[n] ->
                commit_to(n, size[n]); com[OTHER(n)] = size[n]
            :: else
            fi
        :: else
        fi }
    :: d_step { IS_CONTACT && leads[n] && anew[OTHER(n)] && size[OTHER(n)] < size[n];
        common();                            /* one more entry for who begins anew */
        if
        :: j == size[OTHER(n)] ->
            AT(OTHER(n), j) = AT(n, j); size[OTHER(n)]++; com[OTHER(n)] = j + 1
        :: else
        fi }
    :: d_step { IS_CONTACT && IN_VIEW(0) && IN_VIEW(1);
        forked();                            /* heartbeats, answered; who is in view knows it */
        newest_view(0); i = k; newest_view(1);
        common();
        if
        :: !b1 && i == k && k == BOTH ->
            /* both name the same newest view, by its place in the log */
            current[0] = true; current[1] = true; lost[0] = false; lost[1] = false;
            lease[0] = LEASE; lease[1] = LEASE; granted[0] = LEASE; granted[1] = LEASE;
            saw[0] = false; saw[1] = false
        :: else
        fi }
    :: d_step { IS_CONTACT;                  /* a view that has gone on without n is heard */
        forked();
        newest_view(OTHER(n));
        if :: !b1 && k == VIEW0 + OTHER(n) -> current[n] = false; runs[n] = false :: else fi }
    :: d_step { IS_CONTACT && leads[n] && size[n] < L;      /* the other is a voter again */
        newest_view(n); b2 = (k == VIEW0 + n);
        forked(); common();
        if
        :: b2 && !b1 && j == size[n] && size[OTHER(n)] == size[n] -> append(n, BOTH)
        :: else
        fi }
    /* ---- the group ---- */
    :: d_step { leads[n] && on[n] && size[n] < L;           /* given to n itself */
        owner(n); b2 = (k != n);
        newest_view(n);
        if
        :: b2 && k == VIEW0 + n && granted[n] == 0 -> append(n, GIVE0 + n)
        :: b2 && k == BOTH && IS_CONTACT ->      /* the other stops it, and says so */
            runs[OTHER(n)] = false; released[OTHER(n)] = com[OTHER(n)]; append(n, GIVE0 + n)
        :: else
        fi }
    :: d_step { on[n] && !runs[n];
        owner(n); b1 = (k == n);
        right(n);
        if :: b1 && b2 -> runs[n] = true; assert(!gave[n]) :: else fi;
        check() }
    /* ---- alone ---- */
    :: d_step { on[n] && leads[n] && !IS_CONTACT;          /* no quorum: leads no more */
        newest_view(n);
        if :: k == BOTH -> leads[n] = false :: else -> commit_to(n, size[n]) fi }
    :: d_step { on[n] && !leads[n] && term[n] < TERMS;     /* elected by itself */
        newest_view(n);
        if
        :: k == VIEW0 + n && IN_VIEW(n) -> term[n]++; leads[n] = true; assert(!gave[n])
        :: else
        fi }
#ifdef PING
    :: d_step { on[n] && target[n] && !link; answered[n] = LEASE; saw[n] = true }
#endif
    :: d_step { on[n] && !IS_CONTACT && size[n] < L && term[n] < TERMS;
        newest_view(n);
        b2 = (k == BOTH && IN_VIEW(n));
#ifndef NO_CURRENT
        b2 = b2 && current[n];
#endif
#ifndef NO_LEASE_WAIT
        b2 = b2 && granted[n] == 0;
#else
        granted[n] = 0;
#endif
#ifdef PING
#ifndef NO_EVIDENCE
        b2 = b2 && answered[n] > 0;
#endif
#ifndef NO_DECISION
        b2 = b2 && !lost[n];
#endif
#endif
#ifdef FENCING
        /* switched off for certain: the device said so */
#ifndef NO_EVIDENCE
        if :: b2 -> on[OTHER(n)] = false; runs[OTHER(n)] = false; leads[OTHER(n)] = false;
                    current[OTHER(n)] = false; lease[OTHER(n)] = 0
           :: else fi;
#endif
#endif
        if
        :: b2 -> term[n]++; leads[n] = true; append(n, VIEW0 + n); commit_to(n, size[n])
        :: else
        fi }
    /* ---- histories that meet ---- */
    :: d_step { IS_CONTACT && n == 0;
        forked();
        if
        :: b1 ->
            /* the base: the higher term of the newest lone view, then the lower rank */
            j = 0;
            for (i : 0 .. L - 1) {
                if :: i < size[0] && (KIND(AT(0, i)) == VIEW0 || KIND(AT(0, i)) == VIEW1)
                      -> j = TERM(AT(0, i)) :: else fi
            }
            k = 0;
            for (i : 0 .. L - 1) {
                if :: i < size[1] && (KIND(AT(1, i)) == VIEW0 || KIND(AT(1, i)) == VIEW1)
                      -> k = TERM(AT(1, i)) :: else fi
            }
#ifndef FORK_KEPT
            if
            :: j >= k -> give_up(1, 0)
            :: else -> give_up(0, 1)
            fi;
            forked();
#endif
            assert(!b1);
            assert(!(runs[0] && runs[1]))
        :: else
        fi }
    /* ---- what happens ---- */
    :: d_step { on[n] && power_left > 0; power_left--; on[n] = false; runs[n] = false;
        leads[n] = false; com[n] = 0; current[n] = false; lease[n] = 0; answered[n] = 0;
        lost[n] = false; granted[n] = 0;
#ifdef NO_DURABLE_STORE
        anew[n] = false
#else
        skip
#endif
        }
    :: d_step { !on[n]; on[n] = true; com[n] = 0; current[n] = false; lost[n] = false;
        leads[n] = false;
        granted[n] = LEASE }    /* it has forgotten what it answered before */
    :: d_step { target[n] = !target[n] }
    fi
}

active proctype two_nodes() {
    d_step {
        AT(0, 0) = BOTH + 8; AT(0, 1) = GIVE0 + 8;
        AT(1, 0) = BOTH + 8; AT(1, 1) = GIVE0 + 8;
        size[0] = 2; size[1] = 2; term[0] = 1; term[1] = 1; com[0] = 2; com[1] = 2;
        ghost[0] = AT(0, 0); ghost[1] = AT(0, 1); ghost_len = 2;
        on[0] = true; on[1] = true; current[0] = true; current[1] = true;
        leads[0] = true; runs[0] = true;
        lease[0] = LEASE; lease[1] = LEASE; granted[0] = LEASE; granted[1] = LEASE
    }
    do
    :: moves(0)
    :: moves(1)
    :: d_step { link && cuts_left > 0; cuts_left--; link = false }
    :: d_step { !link; link = true }
    :: d_step { lease[0] + lease[1] + granted[0] + granted[1] + answered[0] + answered[1] > 0;
        for (j : 0 .. 1) {
            if :: lease[j] > 0 -> lease[j]-- :: else fi;
            if :: granted[j] > 0 -> granted[j]-- :: else fi;
            if :: answered[j] > 0 -> answered[j]-- :: else fi
        }
        stop_what_has_no_right(0);
        stop_what_has_no_right(1);
        check() }
    od
}
