"""The project's goals, and whether a run has reached them."""

from typing import NamedTuple, Optional

from .concurrency import PROTOCOLS
from .contestants import HEAP, MAIN, NO_THREAD, QUERIES, REFERENCE, DataConnect
from .dashboard import URLS

RATIO_RECORDS = 1_000_000       # with fewer, the fixed cost of a query outweighs them

# Parts of the time that the reference takes for the same query.
RATIOS = {
    "dc_gzip": {"count": 0.21, "group": 0.33, "copy": 0.40, "ctas": 0.42},
    "dc_plain": {"count": 0.20, "group": 0.36, "copy": 0.45, "ctas": 0.50},
    "dc_csv": {"count": 0.22, "group": 0.38, "copy": 0.45, "ctas": 0.48},
}
PINNED_RATIOS = {"count": 0.36, "group": 0.58, "copy": 0.70, "ctas": 0.62}
HEAP_RATIOS = {"copy": 1.15, "ctas": 1.3}
XML_RATIO = 4                   # to gzipped JSON
NO_THREAD_RATIO = 1.05          # pinned, to the same without a thread
# The same of processor time, as it was, and how much more it may become.
CPU_RATIOS = {
    "dc_gzip": {"count": 0.424, "group": 0.631, "copy": 0.839, "ctas": 0.837},
    "dc_plain": {"count": 0.290, "group": 0.793, "copy": 0.836, "ctas": 1.078},
    "dc_csv": {"count": 0.467, "group": 0.743, "copy": 0.833, "ctas": 0.795},
}
CPU_RISE = 1.1

GROWTH = 32 * 2 ** 20
LATENCY = 0.0001
LINEAR = 1.25                   # the time of a record among many to that among few
PLANNING = 2                    # the ratio to postgres_fdw's time
WIDE = 1.5                      # the time of a byte to that of the fewest columns
SHUFFLED = 3
LOOKUPS = 0.5                   # the ratio to wrk's requests a second
P99 = 5                         # the ratio to the median
SHARED = 1.2                    # the tiles of one reply, at once, to one of them alone
COPY = 1.0                      # count(*) from a copy to that from nginx
LOADED = 1.3                    # a mirror's first load to INSERT … SELECT
GROUPED = 1.05                  # a query over a mirror to that over a plain table: as fast
COPY_GROWTH = 2 ** 20           # bytes more than without cache


class Goal(NamedTuple):
    what: str
    query: Optional[str]        # None: the goal is not for one query
    value: float
    limit: float
    reached: Optional[bool]     # None: not judged
    text: str                   # of a goal that is not for one query


def query_goals(results):
    """[Goal] for each query at the largest size."""
    if not results.sizes():
        return []
    records = results.sizes()[-1]
    judged = records >= RATIO_RECORDS
    by_name = {c.name: c for c in results.contestants(records)}
    found = []

    def add(what, query, own, other, limit, figure="wall"):
        if own and other and getattr(other, figure):
            value = getattr(own, figure) / getattr(other, figure)
            found.append(Goal(what, query, value, limit, value <= limit if judged else None, ""))

    def of(contestant, query, pinned=False):
        return results.summary(records, contestant, query, pinned)

    def each(name, limits):
        for query, limit in limits.items():
            if name in by_name:
                yield query, limit, by_name[name].label.partition(", ")[2]

    for name, limits in RATIOS.items():
        for query, limit, label in each(name, limits):
            add(label + " to file_fdw", query, of(by_name[name], query), of(REFERENCE, query),
                limit)
    for query, limit, label in each("dc_xml", dict.fromkeys(QUERIES, XML_RATIO)):
        add(label + " to JSON gzipped", query, of(by_name["dc_xml"], query), of(MAIN, query),
            limit)
    for query, limit, label in each(MAIN.name, PINNED_RATIOS):
        add(label + " to file_fdw, on one processor", query, of(MAIN, query, True),
            of(REFERENCE, query, True), limit)
    for query, limit, label in each(NO_THREAD.name, dict.fromkeys(QUERIES, NO_THREAD_RATIO)):
        add("JSON gzipped to the same without a thread, on one processor", query,
            of(MAIN, query, True), of(NO_THREAD, query, True), limit)
    for query, limit, label in each(MAIN.name, HEAP_RATIOS):
        add(label + " to a local table", query, of(MAIN, query), of(HEAP, query), limit)
    for name, limits in CPU_RATIOS.items():
        for query, limit, label in each(name, limits):
            add("processor time, %s to file_fdw" % label, query, of(by_name[name], query),
                of(REFERENCE, query), limit * CPU_RISE, "cpu")
    return found


def other_goals(results):
    """[Goal] of everything else that was measured."""
    return [goal for find in (_growth, _latency, _linear, _planning, _wide, _concurrency,
                         _dashboard, _mirror)
            for goal in find(results)]


def _goal(value, limit, text, judged=True):
    return Goal("", None, value, limit, (value <= limit) if judged else None, text)


def _growth(results):
    grown = [(summary.growth, contestant.label, query)
             for records in results.sizes() for contestant in results.contestants(records)
             if isinstance(contestant, DataConnect) for query in QUERIES
             for summary in [results.summary(records, contestant, query)]
             if summary and summary.growth is not None]
    if grown:
        growth, label, query = max(grown)
        yield _goal(growth, GROWTH, "the backend's memory grows by at most %.1f MB, in %s of %s"
                    " (goal: at most %d MB)" % (
                        growth / 2 ** 20, results.title(query), label, GROWTH / 2 ** 20))


def _latency(results):
    if results.latency:
        more, own = results.latency.more(), results.latency.own()
        yield _goal(more, LATENCY, "a small reply takes %.2f ms more than with curl%s"
                    " (goal: at most %.1f ms)" % (
                        more * 1000, "" if own is None else
                        ", of which %.2f ms are the extension's own" % (own * 1000),
                        LATENCY * 1000))


def _linear(results):
    if len(results.sizes()) < 1 or MAIN not in results.contestants(results.sizes()[-1]):
        return
    linear = [(results.linearity(query), query) for query in QUERIES]
    if linear[0][0] is None:
        yield _goal(0, 0, "time is linear in the records: needs three sizes", False)
        return
    worst, query = max(linear)
    yield _goal(worst, LINEAR, "time is linear in the records: a record among many takes %.2f"
                " times as long, in %s (goal: at most %.2f)" % (
                    worst, results.title(query), LINEAR))


def _planning(results):
    if results.planning:
        worst, partitions, query = max((p.ours / p.postgres, p.partitions, p.query)
                                       for p in results.planning)
        yield _goal(worst, PLANNING, "planning takes at most %.2f times as long as with"
                    " postgres_fdw, %s of %d partition%s (goal: at most %d)" % (
                        worst, query, partitions, "" if partitions == 1 else "s", PLANNING))


def _wide(results):
    for shuffled, limit in ((False, WIDE), (True, SHUFFLED)):
        paces = [(results.wide_ratio(one), one.columns, one.query)
                 for one in results.wide if one.shuffled == shuffled]
        if paces:
            worst, columns, query = max(paces)
            yield _goal(worst, limit, "a byte of a wide reply%s takes at most %.2f times as long"
                        " as with few columns: %s of %s columns (goal: at most %.1f)" % (
                            ", keys in any order," if shuffled else "", worst, query,
                            f"{columns:,}", limit))


def _concurrency(results):
    if not results.concurrency:
        return
    measured = results.concurrency
    sessions = max(one.sessions for one in measured.lookups)
    for how in PROTOCOLS:
        one, wrk = measured.lookup(sessions, how), measured.lookup(sessions, "wrk")
        part, floor = one.rate / wrk.rate, measured.floor(sessions, how) / wrk.rate
        yield Goal("", None, part, LOOKUPS, part >= LOOKUPS,
                   "%d sessions do %.2f of the requests a second of wrk, %s; PostgreSQL and a"
                   " request of wrk alone would do %.2f (goal: at least %.1f)" % (
                       sessions, part, how, floor, LOOKUPS))
        yield _goal(one.p99 / one.median, P99, "the 99th percentile of %d sessions is %.1f times"
                    " the median, %s (goal: at most %d)" % (
                        sessions, one.p99 / one.median, how, P99))


def _dashboard(results):
    if not results.dashboard:
        return
    refreshes, sharing, counts = results.dashboard
    for way, goal in (("cold", URLS), ("warm", 0)):
        most = max(one.requests for one in refreshes if one.way == way)
        yield _goal(most, goal, "a refresh of the dashboard, %s, sends %d requests (goal: %d)" % (
            way, most, goal))
    for one in sharing:
        ratio = one.together / one.alone
        yield _goal(ratio, SHARED, "tiles that share a reply of %s records take %.2f times as"
                    " long as the slowest alone (goal: at most %.1f)" % (
                        f"{one.records:,}", ratio, SHARED))
    for one in counts:
        ratio = one.copy / one.nginx
        yield _goal(ratio, COPY, "count(*) of a copy of %s records takes %.2f times as long as"
                    " from nginx (goal: at most %.1f)" % (f"{one.records:,}", ratio, COPY))
    for records in dict.fromkeys(one.records for one in refreshes):
        grown = {one.way: max(o.growth for o in refreshes if (o.records, o.way) == (
            records, one.way)) for one in refreshes if one.records == records}
        more = max(grown["cold"], grown["warm"]) - grown["none"]
        yield _goal(more, COPY_GROWTH, "a tile of %s records takes %.1f MB more with cache than"
                    " without (goal: at most %.0f)" % (
                        f"{records:,}", more / 2 ** 20, COPY_GROWTH / 2 ** 20))


def _mirror(results):
    one = results.mirror
    if not one:
        return
    yield _goal(one.ratio("key"), LOADED, "the first load of a mirror of %s records takes %.2f times as"
                " long as INSERT … SELECT of the same periods (goal: at most %.1f)" % (
                    f"{one.records:,}", one.ratio("key"), LOADED))
    yield _goal(one.requests, one.late, "a refresh that finds nothing new sends %d requests (goal: at"
                " most one for each of %d late days)" % (one.requests, one.late))
    ratio = one.grouped / one.plain
    yield _goal(ratio, GROUPED, "GROUP BY of a year over the mirror takes %.2f times as long as over a"
                " plain partitioned table (goal: 1.0, within %.0f %%)" % (ratio, GROUPED * 100 - 100))
