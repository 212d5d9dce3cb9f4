"""All samples of a run, and the figures calculated from them."""

from statistics import median
from typing import NamedTuple

from .contestants import ALL, LOAD, MAIN, QUERIES, REFERENCE

# For gzipped JSON, as a part of the reference's time.  With few records, the fixed
# cost of a query outweighs them.
RATIO_RECORDS = 1_000_000
RATIO_GOALS = {"count": 0.30, "group": 0.42, "copy": 0.50, "ctas": 0.55}
GROWTH_GOAL = 32 * 2 ** 20
LATENCY_GOAL = 0.001
LINEAR_GOAL = 1.25              # the time of a record among many to that among few
PLANNING_GOAL = 2               # the ratio to postgres_fdw's time
TITLES = {"count": "count(*)", "group": "sums, GROUP BY", "copy": "COPY out",
          "ctas": "CREATE TABLE AS"}


class Summary(NamedTuple):
    """Medians and extremes of one contestant's answers to one query."""

    wall: float
    fastest: float
    slowest: float
    cpu: float
    peak: int                   # bytes, the maximum; None without a backend
    growth: int                 # the same; None if it could not be seen
    helper_peak: int
    times: int                  # number of measurements; 0: the warm-up


class Results:
    def __init__(self):
        self.samples = []       # (records, contestant, query, round, Sample)
        self.skipped = []       # (contestant, records, reason)
        self.facts, self.latency, self.planning = [], None, []

    def add(self, records, contestant, query, number, sample):
        self.samples.append((records, contestant, query, number, sample))

    def skip(self, contestant, records, reason):
        self.skipped.append((contestant, records, reason))

    def rounds(self, records):
        return max(s[3] for s in self.samples if s[0] == records)

    def sizes(self):
        return sorted({sample[0] for sample in self.samples})

    def contestants(self, records):
        took_part = {s[1] for s in self.samples if s[0] == records}
        return [contestant for contestant in ALL if contestant in took_part]

    def summary(self, records, contestant, query):
        """None if it did not answer.  A loader's figures include the loading; its CREATE
        TABLE AS is the loading alone."""
        def of(query):
            return {s[3]: s[4] for s in self.samples if s[:3] == (records, contestant, query)}
        loads = of(LOAD)
        found = loads if loads and query == "ctas" else of(query)
        if not found:
            return None
        samples = list(found.values())
        if loads and query != "ctas":
            samples = [_together(loads[number], sample) for number, sample in found.items()]
        walls = [s.wall for s in samples]
        return Summary(
            median(walls), min(walls), max(walls), median(s.cpu for s in samples),
            _highest(s.peak for s in samples), _highest(s.growth for s in samples),
            max(s.helper_peak for s in samples), 0 if 0 in found else len(found))

    def ratio(self, records, contestant, query):
        """The ratio to the reference's time; None if either is missing."""
        own = self.summary(records, contestant, query)
        reference = self.summary(records, REFERENCE, query)
        return own.wall / reference.wall if own and reference else None

    def linearity(self, query):
        """The ratio of a record's time among many records to that among few, both without
        the fixed cost of a query; None with fewer than three sizes."""
        sizes = self.sizes()
        if len(sizes) < 3:
            return None
        few, some, many = sizes[0], sizes[-2], sizes[-1]
        wall = {n: self.summary(n, MAIN, query).wall for n in (few, some, many)}
        return ((wall[many] - wall[some]) / (many - some)
                / ((wall[some] - wall[few]) / (some - few)))

    def goals(self):
        """[(whether reached, or None if not measured; text)]"""
        if MAIN not in self.contestants(self.sizes()[-1]):
            return []
        lines = []
        records = self.sizes()[-1]
        for query, goal in RATIO_GOALS.items():
            ratio = self.ratio(records, MAIN, query)
            judged = records >= RATIO_RECORDS
            lines.append((ratio <= goal if judged else None,
                          "%s, gzipped JSON to file_fdw on the local CSV: %.2f"
                          " (goal: at most %.2f%s)" % (
                              TITLES[query], ratio, goal,
                              "" if judged else ", of a million records or more")))
        growth, query = max((self.summary(n, MAIN, q).growth, q)
                            for n in self.sizes() for q in QUERIES)
        lines.append((growth <= GROWTH_GOAL, "the backend's memory grows by at most %.1f MB, in %s"
                      " (goal: at most %d MB)" % (
                          growth / 2 ** 20, TITLES[query], GROWTH_GOAL / 2 ** 20)))
        if self.latency:
            more = self.latency.ours - self.latency.curl
            lines.append((more <= LATENCY_GOAL, "a small reply takes %.2f ms more than with curl"
                          " (goal: at most %.0f ms)" % (more * 1000, LATENCY_GOAL * 1000)))
        linear = [(self.linearity(q), q) for q in QUERIES]
        if linear[0][0] is None:
            lines.append((None, "time is linear in the records: needs three sizes"))
        else:
            worst, query = max(linear)
            lines.append((worst <= LINEAR_GOAL, "time is linear in the records: a record among many"
                          " takes %.2f times as long, in %s (goal: at most %.2f)" % (
                              worst, TITLES[query], LINEAR_GOAL)))
        if self.planning:
            worst, partitions, query = max((p.ours / p.postgres, p.partitions, p.query)
                                           for p in self.planning)
            lines.append((worst <= PLANNING_GOAL, "planning takes at most %.2f times as long as"
                          " with postgres_fdw, %s of %d partition%s (goal: at most %d)" % (
                              worst, query, partitions, "" if partitions == 1 else "s",
                              PLANNING_GOAL)))
        return lines


def _together(load, query):
    return query._replace(
        wall=load.wall + query.wall, cpu=load.cpu + query.cpu,
        peak=_highest((load.peak, query.peak)), growth=load.growth,
        helper_peak=max(load.helper_peak, query.helper_peak))


def _highest(values):
    return max((value for value in values if value is not None), default=None)
