"""The time to plan a query over many foreign tables, beside postgres_fdw.

Nothing is asked of any service: what a plan needs is in the catalogs.
"""

import contextlib
import re
import statistics
from typing import NamedTuple

from .inventory import COLUMNS, ENDPOINT

COUNTS = (1, 100, 400, 1600)    # partitions
PASSES = 1600                   # plans with one partition; with more, fewer
LEAST_PASSES = 7
CHUNK = 200                     # tables created in one transaction
KEY = next(column for column in COLUMNS if column.type == "timestamp")

# The planned queries. {0} is the partitioned table.
QUERIES = {
    "all columns": "SELECT * FROM {0}",
    "clauses": "SELECT sum(quantity) FROM {0} WHERE store_id = 7 AND quantity > 0",
}


class Planning(NamedTuple):
    partitions: int
    query: str
    ours: float                 # seconds of processor time, median
    postgres: float


class Contestant(NamedTuple):
    name: str                   # of the server and of the partitioned table
    wrapper: str
    server: str                 # options
    table: str
    column: object              # a function of a column: its options, or ""


def _sent_column(column):
    window = ", param_from 'StartDate', param_to 'StopDate'" if column is KEY else ""
    return " OPTIONS (name '%s'%s)" % (column.key, window)


OURS = Contestant("planned_dataconnect", "dataconnect_fdw", "url 'http://127.0.0.1:1'",
                  "endpoint '%s'" % ENDPOINT, _sent_column)
POSTGRES = Contestant("planned_postgres", "postgres_fdw", "dbname 'postgres'",
                      "table_name 'reports'", lambda column: "")


def planning(bench):
    """[Planning], for each number of partitions and each query."""
    for contestant in (OURS, POSTGRES):
        _create(bench, contestant)
    found, attached = [], 0
    for count in COUNTS:
        for contestant in (OURS, POSTGRES):
            _attach(bench, contestant, attached, count)
        attached = count
        with contextlib.closing(bench.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute("SET log_planner_stats = on")
            cursor.execute("SET client_min_messages = log")
            for name, query in QUERIES.items():
                found.append(Planning(count, name, *_measure(connection, cursor, query, count)))
    return found


def _create(bench, contestant):
    bench.execute("CREATE SERVER %s FOREIGN DATA WRAPPER %s OPTIONS (%s)"
                  % (contestant.name, contestant.wrapper, contestant.server))
    columns = ", ".join("%s %s" % (c.name, c.type) for c in COLUMNS)
    bench.execute("CREATE TABLE %s (%s, store_id integer) PARTITION BY RANGE (%s)"
                  % (contestant.name, columns, KEY.name))
    columns = ", ".join("%s %s%s" % (c.name, c.type, contestant.column(c)) for c in COLUMNS)
    store = " OPTIONS (param 'StoreID')" if contestant is OURS else ""
    _for_each(bench, 0, max(COUNTS), "CREATE FOREIGN TABLE %s_%%1$s (%s, store_id integer%s)"
              " SERVER %s OPTIONS (%s)" % (contestant.name, columns, store, contestant.name,
                                           contestant.table))


def _attach(bench, contestant, first, last):
    _for_each(bench, first, last, "ALTER TABLE %s ATTACH PARTITION %s_%%1$s"
              " FOR VALUES FROM (%%2$L) TO (%%3$L)" % (contestant.name, contestant.name))


def _for_each(bench, first, last, statement):
    """Executes a statement once for each day, formatted with the day's number, its date
    and the next date; in several transactions, which each lock few tables."""
    for start in range(first, last, CHUNK):
        bench.execute("DO $do$BEGIN FOR i IN %d..%d LOOP EXECUTE format($sql$%s$sql$, i,"
                      " date '2020-01-01' + i, date '2020-01-01' + i + 1);"
                      " END LOOP; END$do$" % (start, min(start + CHUNK, last) - 1, statement))


def _measure(connection, cursor, query, count):
    """Seconds of both wrappers, which plan by turns, without the first plans, which
    read the catalogs."""
    times = {OURS: [], POSTGRES: []}
    for number in range(2 + max(PASSES // count // 16, LEAST_PASSES)):
        for contestant in times:
            del connection.notices[:]
            cursor.execute("EXPLAIN (COSTS off) " + query.format(contestant.name))
            if number >= 2:
                times[contestant].append(planner_seconds(connection.notices))
    return [statistics.median(times[contestant]) for contestant in (OURS, POSTGRES)]


def planner_seconds(messages):
    """The planner's processor time, from log_planner_stats, which does not contain the
    time of other processes."""
    for message in messages:
        if "PLANNER STATISTICS" in message:
            user, system = re.search(r"([0-9.]+) s user, ([0-9.]+) s system", message).groups()
            return float(user) + float(system)
    raise SystemExit("PostgreSQL does not say how long it planned")
