/* What each move of cluster.pml needs and does. Constants and switched-off rules come from the
 * environment, so that one compiled search serves every property. Rule numbers are those of the
 * safety rules. `now` is the state as Spin keeps it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { k_nothing = 1, k_down, k_give, k_release, k_up };
enum { k_unknown = 99, k_log_max = 6 /* LOG_MAX of the model */ };

extern int readtrail; /* of the generated search: replaying a counter-example */

/* Bounds and shape of the world. */
static int w_nodes, w_terms, w_log, w_restarts, w_wait, w_lease;
static int w_delay, w_guard, w_two_step, w_bounce, w_release, w_daemon, w_reboot, w_lose;
static int w_old_up, w_up, w_dead, w_downs, w_goal;
static int w_witness, w_late, w_fetch;
/* Rules switched off (1 = off), and choices of rule. */
static int off_block, off_catch_up, off_lease, off_vote, off_release, off_record;
static int off_age, off_chain, off_up, off_up_order, off_adopt, off_late, off_durable_release;
static int off_leftover, off_orphan, off_send_time, off_lost_silent, off_own_ack;
static int off_note_commit, off_applied_release;
static int off_witness_below, off_witness_block, off_witness_order;
static int wait_mode, self_block;

static int setting(const char *name, int fallback)
{
    const char *text = getenv(name);
    return text ? atoi(text) : fallback;
}

static int off(const char *name)
{
    const char *text = getenv("OFF");
    return text && strcmp(text, name) == 0;
}

static void read_settings(void)
{
    w_nodes = setting("NODES", 3);
    w_terms = setting("TERMS", 2);
    w_log = setting("LOG", 4);
    w_restarts = setting("RESTARTS", 0);
    w_wait = setting("LEASE", 2);
    w_lease = w_wait + (off("drift") ? 1 : 0);
    w_delay = setting("DELAY", 0);
    w_guard = setting("GUARD", 0);
    w_two_step = setting("TWO_STEP", 0);
    w_bounce = setting("BOUNCE", 0);
    w_release = setting("RELEASE", 0);
    w_daemon = setting("DAEMON", 0);
    w_reboot = setting("REBOOT", 0);
    w_lose = setting("LOSE", 0);
    w_old_up = setting("OLD_UP", 0);
    w_up = setting("UP", w_restarts > 0);
    w_dead = setting("DEAD", k_unknown);
    w_downs = setting("DOWNS", 1);
    w_goal = setting("GOAL", 0);
    w_witness = setting("WITNESS", 0) ? 2 : k_unknown;
    w_late = setting("LATE", 0);
    w_fetch = setting("FETCH", 0);
    off_block = off("block");
    off_catch_up = off("catch_up");
    off_lease = off("lease");
    off_vote = off("vote");
    off_release = off("release");
    off_record = off("record");
    off_age = off("age");
    off_chain = off("chain");
    off_up = off("up");
    off_up_order = off("up_order");
    off_adopt = off("adopt");
    off_leftover = off("leftover");
    off_orphan = off("orphan");
    off_late = off("late");
    off_durable_release = off("durable_release");
    off_send_time = off("send_time");
    off_lost_silent = off("lost_silent");
    off_own_ack = off("own_ack");
    off_note_commit = off("note_commit");
    off_applied_release = off("applied_release");
    off_witness_below = off("witness_below");
    off_witness_block = off("witness_block");
    off_witness_order = off("witness_order");
    wait_mode = setting("WAIT", 0);
    self_block = setting("SELF_BLOCK", 0);
}

/* ---- entries and the registry that follows from them ------------------------------------- */

static int make_entry(int t, int kind, int node, int start, int boot)
{
    return t | kind << 2 | node << 5 | start << 7 | boot << 9;
}
static int entry_term(int e) { return e & 3; }
static int entry_kind(int e) { return e >> 2 & 7; }
static int entry_node(int e) { return e >> 5 & 3; }
static int entry_start(int e) { return e >> 7 & 3; }
static int entry_boot(int e) { return e >> 9 & 3; }

static short *at(int n, int index) { return &now.entry[n * k_log_max + index - 1]; }

struct View {
    int owner, owned, epoch;
    int up[3], start[3], boot[3];
    int taken[3]; /* newest down(node) */
    int need[3];  /* down(node) that hit the owner and must be over before the next owner acts */
};

static void void_owner(struct View *r, int node, int need)
{
    r->owned = 0;
    if (off_chain)
        memset(r->need, 0, sizeof r->need);
    r->need[node] = need;
}

static void apply_up(struct View *r, int e)
{
    int m = entry_node(e);
    if (entry_start(e) < r->start[m] && !off_up_order)
        return;
    if (entry_boot(e) != r->boot[m]) {
        /* Release 6: another boot of the machine; what ran there before is gone. */
        if (r->owner == m && r->owned)
            void_owner(r, m, 0);
        r->need[m] = 0;
    }
    r->start[m] = entry_start(e);
    r->boot[m] = entry_boot(e);
    r->up[m] = 1;
}

static struct View registry(int n, int upto)
{
    struct View r = {0, 1, 1, {1, 1, 1}, {0}, {0}, {0}, {0}};
    for (int i = 1; i <= upto; i++) {
        int e = *at(n, i), m = entry_node(e);
        switch (entry_kind(e)) {
        case k_down:
            r.up[m] = 0;
            r.taken[m] = i;
            if (r.owner == m && r.owned)
                void_owner(&r, m, i);
            break;
        case k_give:
            r.owner = m;
            r.owned = 1;
            r.epoch++;
            break;
        case k_release:
            if (off_chain)
                memset(r.need, 0, sizeof r.need);
            r.owned = 0;
            break;
        case k_up:
            apply_up(&r, e);
            break;
        }
    }
    return r;
}

/* ---- properties ---------------------------------------------------------------------------- */

static int counts_as_running(int n)
{
    return now.running[n] && (w_guard || now.page_age[n] < w_lease);
}

static int goal_reached(void)
{
    struct View r;
    switch (w_goal) {
    case 1: /* taken over by time: the old owner still runs, unaware, or has been severed */
        return now.running[1] == 2 && now.applied[0] == 0;
    case 2: /* handed over by release */
        return now.running[1] == 2 && now.released[0] == 1;
    case 3: /* there and back again */
        return now.running[0] == 3 && now.start_number[0] == 0;
    case 4: /* a new process adopted what the old one left */
        return now.running[0] == 1 && now.start_number[0] == 1 && now.adopted[0];
    case 5: /* taken over twice */
        return now.running[1] == 3;
    case 6: /* any second epoch at all */
        return now.running[1] == 2 || now.running[2] == 2;
    case 7: /* a takeover by a leader that inherited the down from another's term */
        r = registry(1, now.applied[1]);
        return now.running[1] == 2 && r.taken[0] && entry_term(*at(1, r.taken[0])) < now.term[1]
            && now.leads[1] && now.applied[0] == 0;
    case 8: /* a second epoch after a reboot of the owner, with no down at all */
        r = registry(1, now.applied[1]);
        return now.running[1] == 2 && r.taken[0] == 0 && now.released[0] == 0;
    }
    return 0;
}

#include "show.c"

/* ---- shared pieces ------------------------------------------------------------------------- */

static int here(int n) { return n < w_nodes && n != w_dead; }
/* Nobody but node 0 can ever be downed in a world of one down and no other way to lose a group:
 * when the others were answered matters to nobody then. */
static int may_be_downed(int n)
{
    return n == 0 || w_downs > 1 || w_release || w_reboot || w_lose || off_release;
}

static int least(int a, int b) { return a < b ? a : b; }
static int age_max(void) { return w_lease; }

/* The guard is told of a start before it begins, so that it can end it (F8, F34). */
static void arm_guard(int n)
{
    now.adopted[n] = 1;
    now.page_age[n] = now.lease_age[n];
}

static void begin_running(int n, int epoch)
{
    if (epoch < now.ghost_epoch || (epoch == now.ghost_epoch && n != now.ghost_node))
        if (!now.bad)
            now.bad = 3; /* epochs of successive activations must grow */
    now.ghost_epoch = epoch;
    now.ghost_node = n;
    now.running[n] = epoch;
}

static void sever(int n)
{
    now.running[n] = 0;
    now.starting[n] = 0;
    now.adopted[n] = 0;
    now.page_age[n] = age_max();
}

/* F1: a node that applies a down of itself severs before it says so; it also stops what the
 * registry no longer names it the owner of. */
static void apply_up_to(int n, int index)
{
    for (int i = now.applied[n] + 1; i <= index; i++)
        if (entry_kind(*at(n, i)) == k_down && entry_node(*at(n, i)) == n)
            if (now.adopted[n] || !(off_adopt || off_leftover))
                sever(n); /* what an earlier process of this node left, too */
    now.applied[n] = index;
    struct View r = registry(n, index);
    int lost = r.owner != n || !r.owned;
    /* A new process judges what it found running only when it asks for adoption. */
    if (now.adopted[n] && (lost || r.epoch != now.running[n]))
        sever(n);
    if (now.adopted[n] && now.starting[n] && (lost || r.epoch != now.starting[n]))
        now.starting[n] = 0;
}

static void step_down(int n)
{
    now.leads[n] = 0;
    for (int i = 0; i < 3; i++) {
        now.match[n * 3 + i] = 0;
        now.over_in[n * 3 + i] = 0;
    }
}

static void see_term(int n, int t)
{
    if (t > now.term[n]) {
        now.term[n] = t;
        now.vote[n] = 0;
    }
    step_down(n);
}

/* ---- time ---------------------------------------------------------------------------------- */

static void older(unsigned char *age)
{
    if (*age < age_max())
        ++*age;
}

/* F8: the guard severs at the lease's end, whatever the process does. It ends a start as well,
 * if it was told of it. */
static void guard_severs(int n)
{
    int kept = off_late || (off_orphan && !now.adopted[n]) ? now.starting[n] : 0;
    int adopted = now.adopted[n];
    sever(n);
    now.starting[n] = kept;
    now.adopted[n] = kept ? adopted : 0;
}

static int can_tick(int n) { return 1; }
static void do_tick(int n)
{
    for (int i = 0; i < w_nodes; i++) {
        older(&now.lease_age[i]);
        older(&now.page_age[i]);
        if (w_delay)
            older(&now.beat_age[i]);
        if (w_guard && (now.running[i] || now.starting[i]) && now.page_age[i] >= w_lease)
            guard_severs(i);
        for (int j = 0; j < w_nodes; j++) {
            older(&now.answer_age[i * 3 + j]);
            if (w_delay)
                older(&now.flight_age[i * 3 + j]);
            unsigned char *left = &now.over_in[i * 3 + j];
            if (*left && *left != k_unknown)
                --*left;
        }
    }
}

/* ---- elections ----------------------------------------------------------------------------- */

static int is_up_to_date(int n, int v)
{
    int mine = now.length[n] ? entry_term(*at(n, now.length[n])) : 0;
    int theirs = now.length[v] ? entry_term(*at(v, now.length[v])) : 0;
    return mine > theirs || (mine == theirs && now.length[n] >= now.length[v]);
}

static int may_elect(int n, int v, int t)
{
    if (!here(n) || !here(v) || t > w_terms || now.no_voter[n] || now.no_voter[v])
        return 0;
    if (n == w_witness || t < now.term[v]
        || (t == now.term[v] && now.vote[v] && now.vote[v] != n + 1))
        return 0;
    return is_up_to_date(n, v) || (off_witness_below && v == w_witness);
}

static void elect(int n, int v, int t)
{
    see_term(n, t);
    now.vote[n] = n + 1;
    see_term(v, t);
    now.vote[v] = n + 1;
    now.leads[n] = 1;
    for (int i = 0; i < w_nodes; i++)
        now.over_in[n * 3 + i] = i == n || !may_be_downed(i) ? 0 : k_unknown;
}

static int can_elect(int n, int v) { return may_elect(n, v, now.term[n] + 1); }
static void do_elect(int n, int v) { elect(n, v, now.term[n] + 1); }
static int can_elect_ahead(int n, int v)
{
    return now.term[v] > now.term[n] && may_elect(n, v, now.term[v] + 1);
}
static void do_elect_ahead(int n, int v) { elect(n, v, now.term[v] + 1); }

/* ---- replication --------------------------------------------------------------------------- */

static void bring_log(int n, int v)
{
    int same = 0;
    while (same < now.length[n] && same < now.length[v] && *at(n, same + 1) == *at(v, same + 1))
        same++;
    if (same < now.length[n] && same < now.applied[v])
        now.bad = 2; /* something committed would be cut off */
    if (same < now.length[n]) {
        for (int i = same + 1; i <= w_log; i++)
            *at(v, i) = i <= now.length[n] ? *at(n, i) : 0;
        now.length[v] = now.length[n];
    }
}

#include "witness.c"

/* The acknowledgement carries the rest of the longest lease that v may have given to m; the
 * leader counts it from reception. Takes the new rests if `taking`; says whether one is new. */
static int take_rests(int n, int v, int taking)
{
    struct View r = registry(n, now.length[n]);
    int news = 0;
    for (int m = 0; m < w_nodes; m++) {
        if (m == n || !r.taken[m] || wait_mode == 1 || (v == m && !off_own_ack))
            continue;
        int rest = wait_mode == 2 || v == m ? w_wait : w_wait - now.answer_age[v * 3 + m];
        if (rest < 0)
            rest = 0;
        if (rest >= now.over_in[n * 3 + m])
            continue;
        news = 1;
        if (taking)
            now.over_in[n * 3 + m] = rest;
    }
    return news;
}

/* A move that changes nothing is only a cost to the search. */
static int is_append_idle(int n, int v)
{
    if (now.term[v] < now.term[n] || now.leads[v]
        || (now.applied[v] < now.applied[n] && v != w_witness))
        return 0;
    if (!now.no_voter[v] && (now.match[n * 3 + v] != now.length[n] || take_rests(n, v, 0)))
        return 0;
    for (int i = 1; i <= now.length[n]; i++)
        if (*at(n, i) != *at(v, i))
            return 0;
    return 1;
}

static int can_append(int n, int v)
{
    return here(n) && here(v) && now.leads[n] && now.term[n] >= now.term[v]
        && !is_append_idle(n, v);
}
static void do_append(int n, int v)
{
    see_term(v, now.term[n]);
    if (v == w_witness)
        tell_witness(n, now.length[n]);
    else
        bring_log(n, v);
    if (!now.no_voter[v] && (v != w_witness || is_witness_with(n))) {
        now.match[n * 3 + v] = v == w_witness ? now.length[v] : now.length[n];
        take_rests(n, v, 1);
    }
    if (now.applied[v] < now.applied[n] && v != w_witness)
        apply_up_to(v, now.applied[n]);
}

static int quorum_index(int n)
{
    for (int i = now.length[n]; i > now.applied[n]; i--) {
        int count = now.no_voter[n] ? 0 : 1;
        for (int v = 0; v < w_nodes; v++)
            count += v != n && now.match[n * 3 + v] >= i;
        if (count >= 2 && entry_term(*at(n, i)) == now.term[n])
            return i;
    }
    return 0;
}

static int can_commit(int n) { return here(n) && now.leads[n] && quorum_index(n); }
static void do_commit(int n)
{
    int index = quorum_index(n);
    for (int i = 1; i <= index; i++) {
        if (i > now.ghost_length) {
            now.ghost_entry[i - 1] = *at(n, i);
            now.ghost_length = i;
        } else if (now.ghost_entry[i - 1] != *at(n, i))
            now.bad = 2; /* committed twice, differently */
    }
    if (wait_mode == 1) {
        struct View r = registry(n, index);
        for (int m = 0; m < w_nodes; m++)
            if (m != n && r.taken[m] > now.applied[n])
                now.over_in[n * 3 + m] = w_wait;
    }
    apply_up_to(n, index);
}

/* ---- proposals ----------------------------------------------------------------------------- */

static int may_propose(int n) { return here(n) && now.leads[n] && now.length[n] < w_log; }

static void propose(int n, int kind, int node, int start, int boot)
{
    *at(n, ++now.length[n]) = make_entry(now.term[n], kind, node, start, boot);
}

static int count_downs(int n)
{
    int count = 0;
    for (int i = 1; i <= now.length[n]; i++)
        count += entry_kind(*at(n, i)) == k_down;
    return count;
}

/* Suspicion may be wrong at any time; only a down that takes something is of interest. */
static int can_propose_down(int n, int v)
{
    if (!may_propose(n) || v >= w_nodes || count_downs(n) >= w_downs)
        return 0;
    struct View r = registry(n, now.length[n]);
    return r.owner == v && r.owned;
}
static void do_propose_down(int n, int v)
{
    propose(n, k_down, v, 0, 0);
    now.over_in[n * 3 + v] = k_unknown;
}

/* F32: the give may share a batch with the down; the heir waits for the note. */
static int can_propose_give(int n, int v)
{
    if (!may_propose(n) || v >= w_nodes || v == w_dead || v == w_witness)
        return 0;
    struct View r = registry(n, now.length[n]);
    return !r.owned && r.up[v];
}
static void do_propose_give(int n, int v) { propose(n, k_give, v, 0, 0); }

static int can_propose_up(int n, int v)
{
    if (!w_up || !may_propose(n) || !here(v))
        return 0;
    struct View r = registry(n, now.length[n]);
    return r.start[v] != now.start_number[v] || !r.up[v];
}
static void do_propose_up(int n, int v)
{
    propose(n, k_up, v, now.start_number[v], now.boot[v]);
}

/* Each start of this world's late greetings was a boot of its own. */
static int can_propose_old_up(int n, int v)
{
    return w_old_up && may_propose(n) && here(v) && now.start_number[v] > 1;
}
static void do_propose_old_up(int n, int v)
{
    propose(n, k_up, v, now.start_number[v] - 1, now.boot[v] - 1);
}

static int can_propose_release(int n, int v)
{
    if (!may_propose(n) || !here(v))
        return 0;
    struct View r = registry(n, now.length[n]);
    if (r.owner != v || !r.owned)
        return 0;
    return off_release ? now.running[v] == 0 && r.epoch == 1 : now.told_released[v] == r.epoch;
}
static void do_propose_release(int n, int v) { propose(n, k_release, v, 0, 0); }

static int can_propose_nothing(int n)
{
    return may_propose(n) && now.length[n] > now.applied[n]
        && entry_term(*at(n, now.length[n])) < now.term[n];
}
static void do_propose_nothing(int n) { propose(n, k_nothing, 0, 0, 0); }

/* ---- lease over ---------------------------------------------------------------------------- */

static int can_note(int n, int v)
{
    if (!here(n) || !now.leads[n] || v >= w_nodes)
        return 0;
    struct View r = registry(n, off_note_commit ? now.length[n] : now.applied[n]);
    int index = r.taken[v];
    if (!index || now.over_index[v] >= index)
        return 0;
    /* Who has applied its down has severed and has said so in its heartbeat. */
    if (!off_applied_release && v != w_dead && now.applied[v] >= index)
        return 1;
    if (n == v || now.over_in[n * 3 + v] != 0)
        return 0;
    /* A down proposed since is not what the ages were told for. */
    if (registry(n, now.length[n]).taken[v] != index)
        return 0;
    return wait_mode == 1 || now.answer_age[n * 3 + v] >= w_wait;
}
static void do_note(int n, int v)
{
    now.over_index[v] = registry(n, off_note_commit ? now.length[n] : now.applied[n]).taken[v];
}

/* ---- leases -------------------------------------------------------------------------------- */

static int is_blocked(int v, int n, int applied)
{
    int taken = registry(v, now.length[v]).taken[n];
    if (off_block || taken <= applied || (off_witness_block && v == w_witness))
        return 0;
    return !(off_catch_up && now.over_index[n] >= taken);
}

static int may_answer(int v, int n, int applied)
{
    if (now.no_voter[v] && !off_lost_silent)
        return 0;
    return !is_blocked(v, n, applied) && !(self_block && is_blocked(n, n, applied));
}

static void gain_lease(int n, int age)
{
    now.lease_age[n] = least(now.lease_age[n], age);
    if ((now.running[n] || now.starting[n]) && now.adopted[n])
        now.page_age[n] = now.lease_age[n];
}

/* A lease of a node that no log names as owner can be told from a later one by nothing: it is
 * not drawn before some log names the node. */
static int is_named(int n)
{
    if (n == 0)
        return 1;
    for (int i = 0; i < w_nodes; i++)
        for (int j = 1; j <= now.length[i]; j++)
            if (entry_kind(*at(i, j)) == k_give && entry_node(*at(i, j)) == n)
                return 1;
    return 0;
}

static int can_renew(int n, int v)
{
    if (w_delay || !here(n) || !here(v))
        return 0;
    int idle = !now.lease_age[n] && (!may_be_downed(n) || !now.answer_age[v * 3 + n])
        && !(now.page_age[n] && now.adopted[n]);
    return !idle && is_named(n) && may_answer(v, n, now.applied[n]);
}
static void do_renew(int n, int v)
{
    now.answer_age[v * 3 + n] = may_be_downed(n) ? 0 : age_max();
    gain_lease(n, 0);
}

static int can_beat(int n) { return w_delay && here(n) && is_named(n); }
static void do_beat(int n)
{
    now.beat_age[n] = 0;
    now.beat_applied[n] = now.applied[n];
}

static int can_answer(int n, int v) /* v answers n */
{
    return w_delay && here(n) && here(v) && now.beat_age[n] < age_max()
        && may_answer(v, n, now.beat_applied[n]);
}
static void do_answer(int n, int v)
{
    now.answer_age[v * 3 + n] = may_be_downed(n) ? 0 : age_max();
    now.flight_age[v * 3 + n] = now.beat_age[n];
}

static int can_receive(int n, int v)
{
    return w_delay && here(n) && here(v)
        && (now.flight_age[v * 3 + n] < age_max() || off_send_time);
}
static void do_receive(int n, int v)
{
    if (off_send_time && now.flight_age[v * 3 + n] == k_unknown)
        return;
    gain_lease(n, off_send_time ? 0 : now.flight_age[v * 3 + n]);
    now.flight_age[v * 3 + n] = off_send_time ? k_unknown : age_max();
}

/* ---- the group ----------------------------------------------------------------------------- */

static int is_settled(const struct View *r, int n)
{
    for (int m = 0; m < w_nodes; m++)
        if (m != n && r->need[m] && now.over_index[m] < r->need[m] && !off_lease)
            return 0;
    return 1;
}

static int is_owner(const struct View *r, int n)
{
    return r->owner == n && r->owned && now.released[n] < r->epoch
        && (off_up || (r->up[n] && r->start[n] == now.start_number[n]));
}

static int can_decide(int n)
{
    if (!here(n) || now.running[n] || now.starting[n] || now.lease_age[n] >= w_lease)
        return 0;
    struct View r = registry(n, now.applied[n]);
    return is_owner(&r, n) && is_settled(&r, n);
}
static void do_decide(int n)
{
    int epoch = registry(n, now.applied[n]).epoch;
    arm_guard(n);
    if (w_two_step)
        now.starting[n] = epoch;
    else
        begin_running(n, epoch);
}

/* A worker whose daemon died goes on; only the guard can still stop it. */
static int can_start(int n)
{
    if (!here(n) || !now.starting[n] || now.running[n])
        return 0;
    if (now.adopted[n])
        return off_late || now.lease_age[n] < w_lease;
    return off_orphan || now.page_age[n] < w_lease;
}
static void do_start(int n)
{
    int epoch = now.starting[n];
    now.starting[n] = 0;
    begin_running(n, epoch);
    if (now.adopted[n])
        now.page_age[n] = now.lease_age[n];
}

static int can_adopt(int n)
{
    if (!here(n) || !now.running[n] || now.adopted[n])
        return 0;
    if (now.page_age[n] >= w_lease || now.lease_age[n] >= w_lease)
        return 0;
    struct View r = registry(n, now.applied[n]);
    return off_adopt || (is_owner(&r, n) && r.epoch == now.running[n]);
}
static void do_adopt(int n)
{
    now.adopted[n] = 1;
    now.page_age[n] = now.lease_age[n];
}

static int can_bounce(int n) { return w_bounce && here(n) && now.running[n] && now.adopted[n]; }
static void do_bounce(int n) { sever(n); }

static int can_release(int n)
{
    if (!w_release || !here(n))
        return 0;
    struct View r = registry(n, now.applied[n]);
    return is_owner(&r, n);
}
static void do_release(int n)
{
    int epoch = registry(n, now.applied[n]).epoch;
    sever(n);
    now.released[n] = now.told_released[n] = epoch;
}

/* ---- the end of a process ------------------------------------------------------------------ */

static void forget(int n)
{
    step_down(n);
    now.applied[n] = 0;
    now.lease_age[n] = age_max();
    now.adopted[n] = 0;
    now.start_number[n]++;
    now.restarts_left--;
    now.beat_age[n] = w_delay ? age_max() : 0;
    for (int i = 0; i < w_nodes; i++) {
        /* Forgotten answers count as given at the start (F1: at most its own age). */
        now.answer_age[n * 3 + i] = off_age || !may_be_downed(i) ? age_max() : 0;
        now.flight_age[i * 3 + n] = w_delay ? age_max() : 0;
    }
    if (off_vote)
        now.vote[n] = 0;
    if (off_durable_release)
        now.released[n] = 0;
}

static int can_restart_daemon(int n) { return (w_daemon >> n & 1) && here(n) && now.restarts_left; }
static void do_restart_daemon(int n) { forget(n); }

static int can_reboot(int n) { return (w_reboot >> n & 1) && here(n) && now.restarts_left; }
static void do_reboot(int n)
{
    forget(n);
    sever(n);
    now.boot[n]++;
}

static int can_lose_record(int n)
{
    return (w_lose >> n & 1) && here(n) && now.restarts_left && now.length[n];
}
static void do_lose_record(int n)
{
    do_reboot(n);
    *at(n, now.length[n]--) = 0;
    if (!off_record)
        now.no_voter[n] = 1; /* F9 */
}

/* ---- birth: the group runs on node 0 at epoch 1, node 1 leads in term 1 -------------------- */

static void birth(void)
{
    read_settings();
    if (w_log > k_log_max || w_terms > 3 || w_restarts > 3 || w_nodes > 3) {
        fprintf(stderr, "LOG is at most 6, TERMS, RESTARTS and NODES at most 3\n");
        exit(2);
    }
    for (int n = 0; n < w_nodes; n++) {
        now.term[n] = 1;
        now.vote[n] = 2;
        now.lease_age[n] = now.page_age[n] = n ? age_max() : 0;
        now.beat_age[n] = w_delay ? age_max() : 0;
        for (int m = 0; m < w_nodes; m++) {
            now.answer_age[n * 3 + m] = n && !m ? 0 : age_max();
            now.flight_age[n * 3 + m] = w_delay ? age_max() : 0;
        }
    }
    now.leads[1] = 1;
    now.over_in[1 * 3 + 0] = k_unknown;
    now.over_in[1 * 3 + 2] = may_be_downed(2) ? k_unknown : 0;
    now.running[0] = now.adopted[0] = now.ghost_epoch = 1;
    now.restarts_left = w_restarts;
}
