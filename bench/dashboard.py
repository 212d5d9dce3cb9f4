"""A dashboard: tiles that ask the same few requests, with and without copies of replies."""

import contextlib
import statistics
import threading
import time
from typing import NamedTuple

from .contestants import DataConnect, literal
from .inventory import COLUMNS, ENDPOINT
from .processes import cpu_seconds, peak_bytes
from .slow_service import SlowService

DELAY = 1.5                     # seconds until the service answers
URLS = 5
# The tiles of each URL. {0} is the relation.
TILES = (
    "SELECT count(*) FROM {0}",
    "SELECT store_name, sum(quantity), sum(total_cost) FROM {0} GROUP BY store_name ORDER BY 1",
    "SELECT category_path, count(*) FROM {0} WHERE quantity > 0 GROUP BY category_path ORDER BY 1",
    "SELECT product_name, serial_number, total_cost FROM {0}"
    " ORDER BY total_cost DESC NULLS LAST, serial_number, product_name LIMIT 10",
)
TABLE, VIEW, HEAP, NGINX = "bench_dashboard", "bench_dashboard_view_%d", "bench_base", "nginx"
COPIES = {"dataconnect_fdw.max_age": "1h"}
SEQUENTIAL, AT_ONCE = "one after another", "at once"
LABELS = {
    "none": "no cache", "cold": "cache, cold", "warm": "cache, warm",
    "views_cold": "materialized views, refreshed first", "views_warm": "materialized views",
    "heap": "a local table",
}


class Refresh(NamedTuple):
    """Medians of some runs of all tiles."""

    records: int
    way: str                    # of LABELS
    how: str                    # SEQUENTIAL or AT_ONCE
    wall: float                 # seconds
    cpu: float                  # seconds of all backends
    requests: int               # the most
    growth: int                 # bytes, of the backend that has grown most


class Sharing(NamedTuple):
    """The tiles of one URL, cold."""

    records: int
    alone: float                # seconds of the slowest one, alone
    together: float             # seconds until all have finished, at once
    requests: int               # for all of them, the most


class Count(NamedTuple):
    """count(*) of one request."""

    records: int
    copy: float                 # seconds, from the copy
    nginx: float                # seconds, without cache, from nginx without delay
    requests: int               # sent for the copy


class Dashboard(NamedTuple):
    refreshes: list
    sharing: list
    counts: list


def dashboard(bench, sizes, options):
    """Measures all sizes, with the library preloaded."""
    found = Dashboard([], [], [])
    with bench.preloaded():
        for records in sorted(sizes):
            with SlowService(bench.file("json.gz", records), options.delay) as service:
                _measure(_Setting(bench, service, records), options.repetitions, found)
    return found


def _measure(setting, repetitions, found):
    records = setting.records
    runs = {(way, how): [] for how in (SEQUENTIAL, AT_ONCE) for way in LABELS}
    for _ in range(repetitions):
        for (way, how), results in runs.items():
            results.append(setting.refresh(way, how))
    for (way, how), results in runs.items():
        wall, cpu, requests, growth = zip(*results)
        found.refreshes.append(Refresh(records, way, how, statistics.median(wall),
                                       statistics.median(cpu), max(requests), max(growth)))
    alone, together, requests = zip(*[setting.share() for _ in range(repetitions)])
    found.sharing.append(Sharing(records, statistics.median(alone),
                                 statistics.median(together), max(requests)))
    found.counts.append(Count(records, *setting.count()))


class Tile(NamedTuple):
    sql: str
    settings: dict              # of its session


class _Setting:
    """The tables of one size, and what is done with them."""

    def __init__(self, bench, service, records):
        self.bench, self.service, self.records = bench, service, records
        self._answers, self._generation = {}, 0
        DataConnect(NGINX, "", "json").prepare(bench, records)
        _create(bench, service.url, records)
        bench.fill_base(records)
        for url in range(1, URLS + 1):
            bench.execute("CREATE MATERIALIZED VIEW %s AS SELECT * FROM %s WITH NO DATA"
                          % (VIEW % url, _requested(url)))

    def tiles(self, way, urls=range(1, URLS + 1)):
        """The tiles of the same URL do not follow each other."""
        for text in TILES:
            for url in urls:
                relation = HEAP if way == "heap" else \
                    VIEW % url if way.startswith("views") else _requested(url)
                yield Tile(text.format(relation), COPIES if way in ("cold", "warm") else {})

    def refresh(self, way, how):
        """(seconds, processor seconds, requests, bytes grown) of all tiles."""
        before, refreshing = self.service.requests, []
        if way == "cold":
            self.forget()
        if way == "views_cold":
            refreshing = [Tile("REFRESH MATERIALIZED VIEW " + VIEW % url, {})
                          for url in range(1, URLS + 1)]
        refreshed, results = self._run(refreshing, how)
        wall, answers = self._run(self.tiles(way), how)
        self.compare(way, [result.answer for result in answers])
        results += answers
        return (refreshed + wall, sum(result.cpu for result in results),
                self.service.requests - before, max(result.growth for result in results))

    def share(self):
        """(seconds of the slowest tile alone, of all at once, requests for them)"""
        tiles = list(self.tiles("cold", [1]))
        alone = 0
        for tile in tiles:
            self.forget()
            alone = max(alone, self._run([tile])[0])
        self.forget()
        before = self.service.requests
        return alone, self._run(tiles)[0], self.service.requests - before

    def count(self, repetitions=7):
        """(median from the copy, median from nginx, requests sent for the copy)"""
        tiles = (Tile(TILES[0].format(_requested(1)), COPIES),
                 Tile(TILES[0].format("bench_" + NGINX), {}))
        for tile in tiles:      # warms up; from now on there is a copy
            self._run([tile])
        before = self.service.requests
        times = [[self._run([tile])[0] for tile in tiles] for _ in range(repetitions)]
        return (*map(statistics.median, zip(*times)), self.service.requests - before)

    def _run(self, tiles, how=AT_ONCE):
        """(seconds, results) of the tiles, each in a fresh session; connecting does not
        count."""
        with contextlib.ExitStack() as stack:
            sessions = [stack.enter_context(contextlib.closing(_Session(self.bench, tile)))
                        for tile in tiles]
            start = time.perf_counter()
            results = (_in_turn if how == SEQUENTIAL else _at_once)(sessions)
            return time.perf_counter() - start, results

    def forget(self):
        """Lets all requests be new ones, of which there is no copy; the service ignores the
        parameter."""
        self._generation += 1
        self.bench.execute("ALTER SERVER %s OPTIONS (SET params 'Generation=%d')"
                           % (TABLE, self._generation))

    def compare(self, way, answers):
        """All ways must have the same answers."""
        first = self._answers.setdefault("first", (way, answers))
        if first[1] != answers:
            raise SystemExit("the answers of %s and %s differ" % (first[0], way))


def _create(bench, url, records):
    bench.execute("DROP SERVER IF EXISTS %s CASCADE" % TABLE)
    bench.execute("CREATE SERVER %s FOREIGN DATA WRAPPER dataconnect_fdw"
                  " OPTIONS (url %s, params 'Generation=0')" % (TABLE, literal(url)))
    bench.execute("CREATE USER MAPPING FOR CURRENT_USER SERVER %s OPTIONS (token 'made-up')"
                  % TABLE)
    bench.execute("CREATE FOREIGN TABLE %s (store_id integer OPTIONS (param 'StoreID'), %s)"
                  " SERVER %s OPTIONS (endpoint %s, rows '%d')" % (
                      TABLE, ", ".join("%s %s OPTIONS (name %s)" % (
                          c.name, c.type, literal(c.key)) for c in COLUMNS),
                      TABLE, literal(ENDPOINT), records))


def _requested(url):
    """The rows of a URL, as an item of FROM."""
    return "(SELECT * FROM %s WHERE store_id = %d) t" % (TABLE, url)


class _Result(NamedTuple):
    answer: list
    cpu: float
    growth: int


class _Session:
    def __init__(self, bench, tile):
        self.sql = tile.sql
        self.connection = bench.connect(**tile.settings)
        self.pid = self.connection.info.backend_pid
        self.idle = cpu_seconds(self.pid), peak_bytes(self.pid)

    def close(self):
        self.connection.close()

    def run(self):
        cursor = self.connection.cursor()
        cursor.execute(self.sql)
        answer = cursor.fetchall() if cursor.description else None
        return _Result(answer, cpu_seconds(self.pid) - self.idle[0],
                       peak_bytes(self.pid) - self.idle[1])


def _in_turn(sessions):
    return [session.run() for session in sessions]


def _at_once(sessions):
    results, errors = {}, []

    def work(session):
        try:
            results[session] = session.run()
        except Exception as error:          # shown by the main thread
            errors.append(error)
    threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[session] for session in sessions]
