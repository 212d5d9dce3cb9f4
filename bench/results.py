"""All samples of a run, and the figures calculated from them."""

from statistics import median
from typing import NamedTuple, Optional

from .contestants import ALL, LOAD, MAIN, REFERENCE

TITLES = {"count": "count(*)", "group": "sums, GROUP BY", "copy": "COPY out",
          "ctas": "CREATE TABLE AS"}


class Row(NamedTuple):
    records: int
    contestant: object
    query: str
    round: int                  # 0: the warm-up
    sample: object
    pinned: bool                # the cluster had one processor


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
    threads: Optional[float]    # seconds of cpu in the backend's threads; None: not seen


class Results:
    def __init__(self):
        self.samples = []       # [Row]
        self.skipped = []       # (contestant, records, reason)
        self.facts, self.latency, self.planning = [], None, []
        self.wide, self.concurrency, self.dashboard, self.mirror = [], None, None, None

    def add(self, records, contestant, query, number, sample, pinned=False):
        self.samples.append(Row(records, contestant, query, number, sample, pinned))

    @staticmethod
    def title(query):
        return TITLES[query]

    def skip(self, contestant, records, reason):
        self.skipped.append((contestant, records, reason))

    def rounds(self, records):
        return max(s[3] for s in self.samples if s[0] == records)

    def sizes(self):
        return sorted({sample[0] for sample in self.samples})

    def contestants(self, records):
        took_part = {s[1] for s in self.samples if s[0] == records}
        return [contestant for contestant in ALL if contestant in took_part]

    def summary(self, records, contestant, query, pinned=False):
        """None if it did not answer.  A loader's figures include the loading; its CREATE
        TABLE AS is the loading alone."""
        def of(query):
            return {row.round: row.sample for row in self.samples
                    if row[:3] == (records, contestant, query) and row.pinned == pinned}
        loads = of(LOAD)
        found = loads if loads and query == "ctas" else of(query)
        if not found:
            return None
        samples = list(found.values())
        if loads and query != "ctas":
            samples = [_together(loads[number], sample) for number, sample in found.items()]
        walls = [s.wall for s in samples]
        threads = [s.threads for s in samples if s.threads is not None]
        return Summary(
            median(walls), min(walls), max(walls), median(s.cpu for s in samples),
            _highest(s.peak for s in samples), _highest(s.growth for s in samples),
            max(s.helper_peak for s in samples), 0 if 0 in found else len(found),
            median(threads) if threads else None)

    def ratio(self, records, contestant, query, pinned=False):
        """The ratio to the reference's time; None if either is missing."""
        own = self.summary(records, contestant, query, pinned)
        reference = self.summary(records, REFERENCE, query, pinned)
        return own.wall / reference.wall if own and reference else None

    def wide_ratio(self, one):
        """The ratio of a byte's time to that with the fewest columns, in order."""
        fewest = min(other.columns for other in self.wide)
        return one.pace / next(other.pace for other in self.wide if not other.shuffled
                               and (other.columns, other.query) == (fewest, one.query))

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


def _together(load, query):
    return query._replace(
        wall=load.wall + query.wall, cpu=load.cpu + query.cpu,
        peak=_highest((load.peak, query.peak)), growth=load.growth,
        helper_peak=max(load.helper_peak, query.helper_peak))


def _highest(values):
    return max((value for value in values if value is not None), default=None)
