/* One line for each move of a trace, and what a move has broken. Included by rules.c. */

static void show(const char *move, int n, int v)
{
    static int step;
    printf("%3d %-16s %d", ++step, move, n);
    if (v != 9)
        printf(" %d", v);
    else
        printf("  ");
    for (int i = 0; i < w_nodes; i++) {
        printf(" | %d%s t%d a%d [", i, now.leads[i] ? "*" : " ", now.term[i], now.applied[i]);
        for (int j = 1; j <= now.length[i]; j++) {
            int e = *at(i, j);
            printf("%s%c%d.%d", j > 1 ? " " : "", "?ndgru"[entry_kind(e)], entry_node(e),
                   entry_term(e));
        }
        printf("]");
        if (now.lease_age[i] < w_lease)
            printf(" lease %d", w_lease - now.lease_age[i]);
        if (now.running[i])
            printf(" RUNS %d", now.running[i]);
    }
    printf("\n");
}

static void check(const char *move, int n, int v)
{
    int count = 0;
    for (int i = 0; i < w_nodes; i++)
        count += counts_as_running(i);
    if (!w_goal && count > 1 && !now.bad)
        now.bad = 1;
    if (w_goal)
        now.bad = goal_reached() ? 9 : 0;
    if (readtrail) {
        static const char *broken[] = {
            [1] = "the group runs at two nodes", [2] = "a committed entry is lost or changed",
            [3] = "an epoch does not grow", [9] = "reached"};
        show(move, n, v);
        if (now.bad)
            printf("    -> %s\n", broken[now.bad]);
    }
}
