"""A mirror: its first load beside plain INSERT … SELECT, a refresh that finds nothing new,
and a query over it beside the same over a plain partitioned table."""

import contextlib
import datetime
import statistics
import time
from typing import NamedTuple

from .contestants import literal
from .period_service import COLUMNS, PeriodService
from .processes import cpu_seconds

LIVE = 7                        # days at least that the service answers
LATE = 3
SOURCE, MIRROR, PLAIN = "bench_asked", "bench_mirror", "bench_plain"
NAMES = ", ".join(name for _, name, _ in COLUMNS)
GROUPS = ("SELECT date_trunc('month', date_created), store_id, count(*), sum(total_sales), sum(quantity)"
          " FROM {0} WHERE date_created >= '{1}' AND date_created < '{2}' GROUP BY 1, 2 ORDER BY 1, 2")
LABELS = {"mirror": "dataconnect_refresh()", "key": "INSERT … SELECT, with the key's index",
          "bare": "INSERT … SELECT, without an index"}
REPETITIONS = 9                 # of the query


class Load(NamedTuple):
    """Medians of some first loads."""

    way: str                    # of LABELS
    wall: float                 # seconds
    cpu: float                  # of the backend
    requests: int


class Mirror(NamedTuple):
    months: int                 # that were loaded
    rows: int                   # of a day
    records: int                # that were loaded
    loads: list
    refresh: float              # seconds, of one that finds nothing new
    requests: int               # for it
    late: int                   # days
    grouped: float              # seconds of the query over the mirror
    plain: float                # over the plain table

    def ratio(self, way):
        wall = {load.way: load.wall for load in self.loads}
        return wall["mirror"] / wall[way]


def months_before(day, count):
    """The first day of the month, so many months before a day's."""
    number = day.year * 12 + day.month - 1 - count
    return datetime.date(number // 12, number % 12 + 1, 1)


def horizon(today):
    """The first day of a month, LIVE days ago or more: then all periods are whole."""
    return months_before(today - datetime.timedelta(days=LIVE), 0)


def mirror(bench, options):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    last, months = horizon(today), 12 * options.mirror_years
    first = months_before(last, months)
    bounds = [months_before(last, months - n) for n in range(months + 1)]
    days = (today - first).days + 1
    with bench.preloaded(), PeriodService(first, days, options.mirror_rows) as service:
        setting = _Setting(bench, service, bounds, (today - last).days)
        loads = {way: [] for way in LABELS}
        for _ in range(options.repetitions):
            for way in loads:
                loads[way].append(setting.load(way))
        records = setting.compare()
        refresh, requests = setting.refresh()
        grouped, plain = setting.group()
    return Mirror(months, options.mirror_rows, records, [
        Load(way, *map(statistics.median, zip(*runs))) for way, runs in loads.items()],
        refresh, requests, LATE, grouped, plain)


class _Setting:
    def __init__(self, bench, service, bounds, live):
        self.bench, self.service, self.bounds, self.live = bench, service, bounds, live
        bench.execute("DROP SERVER IF EXISTS %s CASCADE" % SOURCE)
        bench.execute("CREATE SERVER %s FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (url %s)"
                      % (SOURCE, literal(service.url)))
        bench.execute("CREATE USER MAPPING FOR CURRENT_USER SERVER %s OPTIONS (token 'made-up')"
                      % SOURCE)
        bench.execute("CREATE FOREIGN TABLE %s (%s) SERVER %s OPTIONS (endpoint '/sales')" % (
            SOURCE, ", ".join("%s %s OPTIONS (name %s%s)" % (
                name, type, literal(key), ", param_from 'StartDate', param_to 'StopDate', required 'true'"
                if name == "date_created" else "") for key, name, type in COLUMNS), SOURCE))

    def load(self, way):
        """(seconds, processor seconds, requests) of a first load of all periods."""
        statements = self._mirror() if way == "mirror" else self._plain(way == "key")
        before = self.service.requests
        with contextlib.closing(self.bench.connect()) as connection:
            cursor, pid = connection.cursor(), connection.info.backend_pid
            cursor.execute("CHECKPOINT")
            used, start = cpu_seconds(pid), time.perf_counter()
            for statement in statements:
                cursor.execute(statement)
            wall = time.perf_counter() - start
            return wall, cpu_seconds(pid) - used, self.service.requests - before

    def _mirror(self):
        self.bench.execute("DROP TABLE IF EXISTS %s" % MIRROR)
        self.bench.execute(
            "SELECT dataconnect_mirror(%s, target => %s, by => 'date_created', since => %s,"
            " step => '1 month', live => '%d days', late => '%d days', key => '{sale_invoice_id}')" % (
                literal(SOURCE), literal(MIRROR), literal(str(self.bounds[0])), self.live, LATE))
        return ["CALL dataconnect_refresh(%s)" % literal(MIRROR)]

    def _plain(self, has_key):
        """Each period is a transaction and a partition."""
        self.bench.execute("DROP TABLE IF EXISTS %s" % PLAIN)
        self.bench.execute("CREATE TABLE %s (%s) PARTITION BY RANGE (date_created)" % (
            PLAIN, ", ".join("%s %s" % (name, type) for _, name, type in COLUMNS)))
        statements = []
        for start, stop in zip(self.bounds, self.bounds[1:]):
            name = "%s_%s" % (PLAIN, start.strftime("%Y%m%d"))
            self.bench.execute("CREATE TABLE %s PARTITION OF %s FOR VALUES FROM ('%s') TO ('%s')"
                               % (name, PLAIN, start, stop))
            if has_key:
                self.bench.execute("CREATE UNIQUE INDEX ON %s (sale_invoice_id)" % name)
            statements.append("INSERT INTO %s SELECT %s FROM %s WHERE date_created >= '%s'"
                              " AND date_created < '%s'" % (name, NAMES, SOURCE, start, stop))
        return statements

    def compare(self):
        """The number of rows in both tables, which must have the same ones."""
        found = []
        for relation in (MIRROR, PLAIN):
            self.bench.execute("VACUUM ANALYZE " + relation)
            found.append(self.bench.query(
                "SELECT count(*), sum(hashtextextended(x::text, 0)) FROM (SELECT %s FROM %s"
                " WHERE date_created < '%s') x" % (NAMES, relation, self.bounds[-1]))[0])
        if found[0] != found[1]:
            raise SystemExit("the mirror has other rows than the plain table")
        return found[0][0]

    def refresh(self):
        """(seconds, requests) of a refresh that finds nothing new."""
        before, start = self.service.requests, time.perf_counter()
        self.bench.execute("CALL dataconnect_refresh(%s)" % literal(MIRROR))
        return time.perf_counter() - start, self.service.requests - before

    def group(self):
        """Median seconds of the last whole year: the mirror, the plain table."""
        times, answers = {MIRROR: [], PLAIN: []}, {}
        with contextlib.closing(self.bench.connect()) as connection:
            cursor = connection.cursor()
            for number in range(REPETITIONS + 1):
                for relation in times:
                    start = time.perf_counter()
                    cursor.execute(GROUPS.format(relation, self.bounds[-13], self.bounds[-1]))
                    answers[relation] = cursor.fetchall()
                    if number:          # the first one warms up
                        times[relation].append(time.perf_counter() - start)
        if answers[MIRROR] != answers[PLAIN]:
            raise SystemExit("the mirror's groups are not those of the plain table")
        return tuple(statistics.median(found) for found in times.values())
