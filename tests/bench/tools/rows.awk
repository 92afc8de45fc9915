# rows.awk: rows of measurements to a table and to JSON.
#
# A row: series, what, metric, unit, target ("-": none), value. With -v json=FILE the JSON goes
# there; the table goes to standard output. Values of "-" count as failed repetitions.
BEGIN { FS = "\t" }
/^#/ { next }
{
    key = $1 FS $2 FS $3 FS $4 FS $5
    if (!(key in count)) { order[++keys] = key; count[key] = 0; failed[key] = 0 }
    if ($6 == "-") { failed[key]++; next }
    value[key, ++count[key]] = $6 + 0
}
function sort_values(k, n,    i, j, x) {
    for (i = 2; i <= n; i++) {
        x = value[k, i]
        for (j = i - 1; j >= 1 && value[k, j] > x; j--) value[k, j + 1] = value[k, j]
        value[k, j + 1] = x
    }
}
function median(k, n) {
    if (n % 2) return value[k, (n + 1) / 2]
    return (value[k, n / 2] + value[k, n / 2 + 1]) / 2
}
function shown(x) { return sprintf(x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x) }
END {
    printf "%-18s %-22s %-16s %10s %10s %10s %4s  %s\n",
        "series", "what", "metric", "median", "min", "max", "n", "target"
    for (i = 1; i <= keys; i++) {
        k = order[i]; n = count[k]; split(k, f, FS)
        if (n) {
            sort_values(k, n); m = median(k, n)
            verdict = f[5] == "-" ? "" : (m <= f[5] + 0 ? "<= " f[5] " met" : "<= " f[5] " MISSED")
            printf "%-18s %-22s %-16s %10s %10s %10s %4d  %s", f[1], f[2], f[3] " " f[4],
                shown(m), shown(value[k, 1]), shown(value[k, n]), n, verdict
        } else
            printf "%-18s %-22s %-16s %10s %10s %10s %4d  ", f[1], f[2], f[3] " " f[4],
                "-", "-", "-", 0
        print failed[k] ? " (" failed[k] " failed)" : ""
        if (json == "") continue
        printf "%s{\"series\": \"%s\", \"what\": \"%s\", \"metric\": \"%s\", \"unit\": \"%s\", ",
            (i == 1 ? "[\n " : ",\n "), f[1], f[2], f[3], f[4] > json
        printf "\"target\": %s, \"failed\": %d, \"median\": %s, \"values\": [",
            (f[5] == "-" ? "null" : f[5]), failed[k], (n ? m : "null") > json
        for (j = 1; j <= n; j++) printf "%s%s", (j > 1 ? ", " : ""), value[k, j] > json
        printf "]}" > json
    }
    if (json != "") print (keys ? "\n]" : "[]") > json
}
