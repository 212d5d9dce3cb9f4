"""Results as a page, as raw values, and as a chart."""

import csv
import os

from . import chart, dashboard_chart
from .concurrency import NO_LIMIT
from .contestants import HEAP, QUERIES, TRANSFER, DataConnect, Inflate
from .dashboard import AT_ONCE, LABELS, SEQUENTIAL, TILES, URLS
from .goals import other_goals, query_goals
from .mirror import LABELS as LOADS
from .readme import speed
from .results import TITLES

MB = 2 ** 20
VERDICTS = {True: "PASS", False: "FAIL", None: "NOT JUDGED"}
ON_ONE = " – on one processor"
DASHBOARD = "dashboard.svg"


def write(results, directory, name):
    """Prints the page and writes it, the raw values, the chart, and what README.md says of
    them into a directory."""
    os.makedirs(directory, exist_ok=True)
    page, raw, picture = (os.path.join(directory, "%s.%s" % (name, kind))
                          for kind in ("md", "csv", "svg"))
    text = "\n".join(_page(results, os.path.basename(picture)))
    print(text, end="")
    with open(page, "w", encoding="utf-8") as file:
        file.write(text)
    if results.sizes():
        with open(raw, "w", encoding="utf-8", newline="") as file:
            _write_raw(results, csv.writer(file, lineterminator="\n"))
        chart.draw(results, picture)
        with open(os.path.join(directory, "%s.speed.md" % name), "w", encoding="utf-8") as file:
            file.write("\n".join(speed(results)) + "\n")
    if results.dashboard:
        dashboard_chart.draw(results.dashboard, os.path.join(directory, DASHBOARD))


def _page(results, picture):
    yield "# Results of the benchmark"
    yield ""
    yield "Made by the benchmark; what is measured and how stands in [README.md](../README.md)."
    yield ""
    for what, which in results.facts:
        yield "- %s: %s" % (what, which)
    for contestant, records, reason in results.skipped:
        yield "- skipped at %s records: %s: %s" % (f"{records:,}", contestant.label, reason)
    yield ""
    yield from _goals(results)
    if results.sizes():
        yield "![Ratios to file_fdw on the local CSV](%s)" % picture
        yield ""
    for records in reversed(results.sizes()):
        yield "## %s records" % f"{records:,}"
        yield ""
        yield "Medians of %d rounds after a warm-up; of as many as n says, where it stands; the" \
            " warm-up itself where n is 0." % results.rounds(records)
        yield ""
        yield from _tables(results, records)
        yield from _floors(results, records)
    yield from _latency(results)
    yield from _planning(results)
    yield from _wide(results)
    yield from _concurrency(results)
    yield from _dashboard(results)
    yield from _mirror(results)


def _goals(results):
    yield "## Goals"
    yield ""
    goals = query_goals(results)
    if goals:
        yield "Each cell has the measured ratio and in brackets the goal."
        yield ""
        yield "| | %s |" % " | ".join(TITLES[query] for query in QUERIES)
        yield "|---" * (len(QUERIES) + 1) + "|"
        for what in dict.fromkeys(goal.what for goal in goals):
            cells = {goal.query: "%.2f (%.2f) %s" % (
                goal.value, goal.limit, VERDICTS[goal.reached])
                     for goal in goals if goal.what == what}
            yield "| %s | %s |" % (what, " | ".join(cells.get(query, "") for query in QUERIES))
        yield ""
    for goal in other_goals(results):
        yield "- %s: %s" % (VERDICTS[goal.reached], goal.text)
    yield ""


def _floors(results, records):
    """What no extension can do without, and our times as ratios to it."""
    contestants = results.contestants(records)
    isal = {c.kind: results.summary(records, c, TRANSFER)
            for c in contestants if isinstance(c, Inflate)}
    heap = {query: results.summary(records, HEAP, query) for query in ("copy", "ctas")}
    if not isal and not any(heap.values()):
        return
    yield "Floors, as seconds, and our times as ratios to them: ISA-L decompresses the same bytes" \
        " in memory; COPY and CREATE TABLE AS of the same rows from a local table."
    yield ""
    yield "| | ISA-L | count(*) to ISA-L | COPY out to that of a local table |" \
        " CREATE TABLE AS to that of a local table |"
    yield "|---|---|---|---|---|"
    yield "| a local table (heap) | | | %s | %s |" % tuple(
        "%.3f s" % one.wall if one else "" for one in heap.values())
    for contestant in contestants:
        if isinstance(contestant, DataConnect):
            floor = isal.get(contestant.kind) if "compression" not in contestant.options else None
            own = [results.summary(records, contestant, q) for q in ("count", "copy", "ctas")]
            yield "| %s | %s | %s |" % (
                _cell(contestant), "%.3f s" % floor.wall if floor else "",
                " | ".join("%.2f" % (one.wall / other.wall) if one and other else ""
                           for one, other in zip(own, (floor, *heap.values()))))
    yield ""


def _wide(results):
    if not results.wide:
        return
    yield "## Wide tables"
    yield ""
    yield "Nanoseconds a byte of plain JSON, and in brackets the ratio to %d columns in order:" \
        % min(one.columns for one in results.wide)
    yield ""
    queries = list(dict.fromkeys(one.query for one in results.wide))
    yield "| Columns | MB | %s |" % " | ".join(queries)
    yield "|---" * (len(queries) + 2) + "|"
    for key in dict.fromkeys((one.columns, one.shuffled) for one in results.wide):
        row = [one for one in results.wide if (one.columns, one.shuffled) == key]
        yield "| %s%s | %.0f | %s |" % (
            f"{key[0]:,}", ", keys in any order" if key[1] else "", row[0].size / 1e6,
            " | ".join("%.2f (%.2f)" % (one.pace * 1e9, results.wide_ratio(one)) for one in row))
    yield ""


def _concurrency(results):
    if not results.concurrency:
        return
    yield "## Many sessions at once"
    yield ""
    yield "The library is preloaded, and max_concurrency is %s, so that it limits nothing. Small" \
        " look-ups by pgbench, one request each, and wrk with as many connections to the same" \
        " nginx; in brackets the ratio to wrk's requests a second. The floor is a look-up in a" \
        " local table and then a request by wrk. Processor time is that of the backends, and of" \
        " nginx for wrk:" % NO_LIMIT["max_concurrency"]
    yield ""
    yield "| Sessions | | requests a second | median ms | 99th percentile ms | to the median |" \
        " processor ms a request |"
    yield "|---|---|---|---|---|---|---|"
    for one in results.concurrency.lookups:
        wrk = results.concurrency.lookup(one.sessions, "wrk").rate
        yield "| %d | %s | %.0f (%.2f) | %.3f | %.3f | %.1f | %.3f |" % (
            one.sessions, _who(one), one.rate, one.rate / wrk,
            one.median * 1000, one.p99 * 1000, one.p99 / one.median, one.cpu * 1000)
        if one.local:
            floor = results.concurrency.floor(one.sessions, one.how)
            yield "| %d | the floor, %s | %.0f (%.2f) | | | | |" % (
                one.sessions, one.how, floor, floor / wrk)
    yield ""
    yield "Sessions that read %s records each; in brackets the ratio to one session's time, and" \
        " MB by which all backends together and the largest one have grown:" \
        % f"{results.concurrency.records:,}"
    yield ""
    yield "| | Query | Sessions | seconds | of processor time | MB | of the largest |"
    yield "|---|---|---|---|---|---|---|"
    alone = {(one.contestant, one.query): one.wall
             for one in results.concurrency.scans if one.sessions == 1}
    for one in results.concurrency.scans:
        yield "| %s | %s | %d | %.3f (%.2f) | %.2f | %.0f | %.0f |" % (
            _cell(one.contestant), TITLES[one.query], one.sessions, one.wall,
            one.wall / alone[one.contestant, one.query], one.cpu, one.growth / MB,
            one.largest / MB)
    yield ""


def _who(one):
    if one.how == "wrk":
        return "wrk"
    return "%s, %s" % ("a local table" if one.local else "dataconnect_fdw", one.how)


def _dashboard(results):
    if not results.dashboard:
        return
    refreshes, sharing, counts = results.dashboard
    yield "## A dashboard"
    yield ""
    yield "%d tiles ask for %d replies. Seconds of a refresh, one tile after another and all at" \
        " once, in brackets the processor time of the backends; requests for a refresh; and MB" \
        " by which the largest backend has grown:" % (URLS * len(TILES), URLS)
    yield ""
    yield "![Seconds of a refresh](%s)" % DASHBOARD
    yield ""
    yield "| Records | | one after another | at once | requests | MB |"
    yield "|---|---|---|---|---|---|"
    found = {(one.records, one.way, one.how): one for one in refreshes}
    for records, way in dict.fromkeys((one.records, one.way) for one in refreshes):
        both = [found[records, way, how] for how in (SEQUENTIAL, AT_ONCE)]
        yield "| %s | %s | %s | %s | %.0f |" % (
            f"{records:,}", LABELS[way],
            " | ".join("%.2f (%.2f)" % (one.wall, one.cpu) for one in both),
            " / ".join(map(str, dict.fromkeys(one.requests for one in both))),
            max(one.growth for one in both) / MB)
    yield ""
    yield "The tiles of one reply, nothing cached before; and count(*) of one reply:"
    yield ""
    yield "| Records | slowest tile, alone | all %d at once | count(*) from a copy |" \
        " from nginx, without delay |" % len(TILES)
    yield "|---|---|---|---|---|"
    for shared, count in zip(sharing, counts):
        yield "| %s | %.3f | %.3f (%.2f) | %.3f (%.2f) | %.3f |" % (
            f"{shared.records:,}", shared.alone, shared.together,
            shared.together / shared.alone, count.copy, count.copy / count.nginx, count.nginx)
    yield ""


def _mirror(results):
    one = results.mirror
    if not one:
        return
    yield "## A mirror"
    yield ""
    yield "The first load of %s records of %d months, %s a day; each month is a partition, a transaction" \
        " and a request. Medians, in brackets the ratio to INSERT … SELECT with the key's index:" % (
            f"{one.records:,}", one.months, f"{one.rows:,}")
    yield ""
    yield "| | seconds | of processor time of the backend | requests | records a second |"
    yield "|---|---|---|---|---|"
    wall = {load.way: load.wall for load in one.loads}
    for load in one.loads:
        yield "| %s | %.2f (%.2f) | %.2f | %d | %s |" % (
            LOADS[load.way], load.wall, load.wall / wall["key"], load.cpu, load.requests,
            f"{one.records / load.wall:,.0f}")
    yield ""
    yield "A refresh that finds nothing new: %.3f s, %d requests." % (one.refresh, one.requests)
    yield ""
    yield "GROUP BY of the last 12 months, medians: %.3f s over the mirror, %.3f s over the plain" \
        " partitioned table (%.2f)." % (one.grouped, one.plain, one.grouped / one.plain)
    yield ""


def _latency(results):
    if not results.latency:
        return
    yield "## A small reply on a warm connection"
    yield ""
    yield "Milliseconds, medians of %d. Planning and execution time are those of EXPLAIN; the" \
        " execution time includes the request." % results.latency.requests
    yield ""
    yield "| | ms |"
    yield "|---|---|"
    for what, seconds in (("dataconnect_fdw, from the query to its rows", results.latency.ours),
                          *results.latency.parts.items(), ("curl", results.latency.curl),
                          ("the extension's own part: the first line without curl and the local"
                           " table", results.latency.own())):
        if seconds is not None:
            yield "| %s | %.3f |" % (what, seconds * 1000)
    yield ""


def _planning(results):
    if not results.planning:
        return
    yield "## Planning a query over foreign tables"
    yield ""
    yield "Milliseconds of processor time, medians, in brackets the ratio to postgres_fdw:"
    yield ""
    yield "| Partitions | Query | dataconnect_fdw | postgres_fdw |"
    yield "|---|---|---|---|"
    for one in results.planning:
        yield "| %s | %s | %.3f (%.2f) | %.3f |" % (
            f"{one.partitions:,}", one.query, one.ours * 1000, one.ours / one.postgres,
            one.postgres * 1000)
    yield ""


def _tables(results, records):
    yield from _table(results, records, "Seconds, and in brackets the ratio to file_fdw on the"
                      " local CSV, with as many processors", lambda s, ratio: "%.3f (%.2f)%s" % (
                          s.wall, ratio,
                          " n=%d" % s.times if s.times < results.rounds(records) else ""))
    yield from _table(results, records, "Seconds of processor time, of all processes but the web"
                      " server; in brackets the part of the backend's threads",
                      lambda s, ratio: "%.2f" % s.cpu
                      + (" (%.2f)" % s.threads if s.threads else ""))
    yield from _table(results, records, "Memory in MB: the backend's peak, in brackets its growth"
                      " over an idle one; + that of the largest other process",
                      lambda s, ratio: _memory(s), placements=(False,))
    transfers = [(c, results.summary(records, c, TRANSFER)) for c in results.contestants(records)]
    if any(summary for _, summary in transfers):
        yield "| Only fetching | seconds | of processor time |"
        yield "|---|---|---|"
        for contestant, summary in transfers:
            if summary:
                yield "| %s | %.3f | %.2f |" % (_cell(contestant), summary.wall, summary.cpu)
        yield ""


def _table(results, records, title, cell, placements=(False, True)):
    yield "%s:" % title
    yield ""
    yield "| | %s |" % " | ".join(TITLES[query] for query in QUERIES)
    yield "|---" * (len(QUERIES) + 1) + "|"
    for contestant in results.contestants(records):
        for pinned in placements:
            found = [(results.summary(records, contestant, query, pinned),
                      results.ratio(records, contestant, query, pinned)) for query in QUERIES]
            if any(summary for summary, _ in found):
                yield "| %s%s | %s |" % (
                    _cell(contestant), ON_ONE if pinned else "", " | ".join(
                        cell(*pair) if pair[0] else "" for pair in found))
    yield ""


def _cell(contestant):
    return contestant.label.replace("|", "\\|")


def _memory(summary):
    text = "" if summary.peak is None else "%.0f" % (summary.peak / MB)
    if summary.growth is not None:
        text += " (%.0f)" % (summary.growth / MB)
    if summary.helper_peak:
        text += " + %.0f" % (summary.helper_peak / MB)
    return text.strip()


def _write_raw(results, writer):
    writer.writerow(["records", "contestant", "query", "round", "wall_seconds", "cpu_seconds",
                     "backend_peak_bytes", "backend_growth_bytes", "helper_peak_bytes",
                     "thread_cpu_seconds", "processors"])
    for records, contestant, query, number, sample, pinned in results.samples:
        writer.writerow([records, contestant.name, query, number, "%.6f" % sample.wall,
                         "%.2f" % sample.cpu, sample.peak, sample.growth, sample.helper_peak,
                         "" if sample.threads is None else "%.2f" % sample.threads,
                         "one" if pinned else "all"])
