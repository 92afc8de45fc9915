/* The witness of two nodes (F10, D6): what becomes of its record. Included by rules.c. */

/* F10: what the witness has is where the newest log ended that it acknowledged, and the downs in
 * it: its "log" here is that log, which it does not store. `length` of n's entries are told. */
static void tell_witness(int n, int length)
{
    int ours = length ? entry_term(*at(n, length)) : 0;
    int theirs = now.length[w_witness] ? entry_term(*at(w_witness, now.length[w_witness])) : 0;
    int is_above = ours > theirs || (ours == theirs && length >= now.length[w_witness]);
    if (!is_above && !off_witness_order)
        return;
    for (int i = 1; i <= w_log; i++)
        *at(w_witness, i) = i <= length ? *at(n, i) : 0;
    now.length[w_witness] = length;
}

/* Its word counts when the log that it acknowledged is a part of n's. */
static int is_witness_with(int n)
{
    for (int i = 1; i <= now.length[w_witness]; i++)
        if (i > now.length[n] || *at(w_witness, i) != *at(n, i))
            return 0;
    return 1;
}

/* What the leader told the witness earlier, of the same term, comes late. */
static int can_append_late(int n)
{
    return w_late && here(n) && now.leads[n] && now.length[n] > 0
        && now.term[n] == now.term[w_witness] && now.match[n * 3 + w_witness] == now.length[n];
}
static void do_append_late(int n) { tell_witness(n, now.length[n] - 1); }

/* D6: a node that is behind takes the log that the witness acknowledged, whatever its own term. */
static int can_fetch(int n)
{
    return w_fetch && here(n) && n != w_witness && !now.leads[n] && !now.no_voter[n]
        && !is_up_to_date(n, w_witness);
}
static void do_fetch(int n)
{
    int t = entry_term(*at(w_witness, now.length[w_witness]));
    see_term(n, t > now.term[n] ? t : now.term[n]);
    bring_log(w_witness, n);
}
