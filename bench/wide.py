"""Replies with many columns: the time of a byte, beside that with few columns."""

import contextlib
import os
import random
import statistics
import time
from typing import NamedTuple

from .contestants import literal
from .inventory import ENDPOINT

COLUMNS = (26, 400, 1500)
REPETITIONS = 7
SEED = 20260302
VALUES = (lambda rng: '"AATTAP%06d"' % rng.randrange(10 ** 6),
          lambda rng: str(rng.randrange(1000)),
          lambda rng: "%d.%04d" % (rng.randrange(1000), rng.randrange(10 ** 4)),
          lambda rng: rng.choice(("true", "false")),
          lambda rng: rng.choice(("null", '""')))
TYPES = ("text", "integer", "numeric(19,4)", "boolean", "text")

# The measured queries. {0} is the table, {1} its last column of numbers.
QUERIES = {
    "count(*)": "SELECT count(*) FROM {0}",
    "sum of two columns": "SELECT sum(column_0002), sum({1}) FROM {0}",
    "COPY out": "COPY (SELECT * FROM {0}) TO '/dev/null'",
}


class Wide(NamedTuple):
    columns: int
    shuffled: bool              # each record has its keys in an order of its own
    query: str
    size: int                   # bytes of the reply
    wall: float                 # seconds, median

    @property
    def pace(self):
        """Seconds a byte."""
        return self.wall / self.size


def wide(bench, size):
    """[Wide]; the replies have about so many bytes."""
    os.makedirs(os.path.join(bench.home, "wide"), exist_ok=True)
    tables = [(columns, shuffled) for columns in COLUMNS for shuffled in (False, True)]
    sizes = {table: _create(bench, *table, size) for table in tables}
    times = {(table, query): [] for table in tables for query in QUERIES}
    with contextlib.closing(bench.connect()) as connection:
        cursor = connection.cursor()
        for number in range(1 + REPETITIONS):       # the first one warms up
            for (table, query), found in times.items():
                start = time.perf_counter()
                cursor.execute(QUERIES[query].format(
                    name(*table), column((table[0] - 2) // 5 * 5 + 1)))
                if number:
                    found.append(time.perf_counter() - start)
    return [Wide(*table, query, sizes[table], statistics.median(found))
            for (table, query), found in times.items()]


def name(columns, shuffled):
    return "wide_%d%s" % (columns, "_shuffled" if shuffled else "")


def column(number):
    return "column_%04d" % (number + 1)


def _create(bench, columns, shuffled, size):
    """Makes the reply and a foreign table for it; returns the reply's size."""
    table = name(columns, shuffled)
    path = os.path.join(bench.home, "wide", table + ".json")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(reply(columns, shuffled, size))
    bench.execute("CREATE SERVER %s FOREIGN DATA WRAPPER dataconnect_fdw"
                  " OPTIONS (url %s, compression 'false')"
                  % (table, literal(bench.service.base("wide", table))))
    bench.execute("CREATE USER MAPPING FOR CURRENT_USER SERVER %s"
                  " OPTIONS (token 'made-up')" % table)
    bench.execute("CREATE FOREIGN TABLE %s (%s) SERVER %s OPTIONS (endpoint %s)" % (
        table, ", ".join("%s %s OPTIONS (name 'Column%04d')" % (
            column(i), TYPES[i % len(TYPES)], i + 1) for i in range(columns)),
        table, literal(ENDPOINT)))
    return os.path.getsize(path)


def reply(columns, shuffled, size):
    """A JSON array of records, in pieces, with little more than size bytes."""
    rng = random.Random(SEED)
    keys = ['"Column%04d":' % (i + 1) for i in range(columns)]
    values = [[make(rng) for _ in range(997)] for make in VALUES]
    order = list(range(columns))
    done, start = 0, "["
    while done < size:
        if shuffled:
            rng.shuffle(order)
        begin = rng.randrange(997)
        record = "%s{%s}" % (start, ",".join(
            [keys[i] + values[i % len(VALUES)][(begin + i) % 997] for i in order]))
        yield record
        done += len(record)
        start = ","
    yield "]"
