"""The time of a small reply on a warm connection, with dataconnect_fdw and with curl,
and what it is made of."""

import contextlib
import statistics
import subprocess
import time
from typing import NamedTuple

from .contestants import DataConnect

RECORDS = 10
BLOCKS, REQUESTS = 5, 40
LOCAL = "bench_small_local"

# What else is measured in the same session, to tell what the time is made of.
SAME_ROWS = "the same rows from a local table"
PARTS = {
    "the same, prepared": "EXECUTE small",
    SAME_ROWS: "SELECT * FROM " + LOCAL,
}
PLANNING, EXECUTION = "Planning Time", "Execution Time"


class Latency(NamedTuple):
    ours: float                 # seconds from the query to its rows, median
    curl: float                 # seconds from the request to the reply's end, median
    requests: int
    parts: dict = {}            # seconds, medians

    def more(self):
        """Seconds more than curl takes."""
        return self.ours - self.curl

    def own(self):
        """What is left of them for the extension, without the rows' way through PostgreSQL
        and the client; None if that was not measured."""
        return self.more() - self.parts[SAME_ROWS] if SAME_ROWS in self.parts else None


def small_reply(bench):
    """Measures all in alternating blocks.  The first request of a session or a process is
    left out, because it connects; the others must keep to that connection."""
    table = DataConnect("small", "", "logged")
    table.prepare(bench, RECORDS)
    ours, curl, parts = [], [], {what: [] for what in (*PARTS, PLANNING, EXECUTION)}
    with contextlib.closing(bench.connect()) as connection:
        cursor = connection.cursor()
        query = "SELECT * FROM " + table.relation
        cursor.execute("CREATE TEMPORARY TABLE %s AS %s" % (LOCAL, query))
        cursor.execute("PREPARE small AS " + query)
        for _ in range(BLOCKS):
            ours += _queries(cursor, query)
            curl += _requests(bench.service.url("logged", RECORDS))
            for what, statement in PARTS.items():
                parts[what] += _queries(cursor, statement)
            for _ in range(REQUESTS):
                cursor.execute("EXPLAIN (ANALYZE, TIMING off, FORMAT json) " + query)
                (explained,), = cursor.fetchone()
                for what in (PLANNING, EXECUTION):
                    parts[what].append(explained[what] / 1000)
    if [number for _, number in bench.service.connections()].count(1) != 1 + BLOCKS:
        raise SystemExit("a connection was not kept: the latencies mean nothing")
    return Latency(statistics.median(ours), statistics.median(curl), len(curl),
                   {what: statistics.median(times) for what, times in parts.items()})


def _queries(cursor, statement):
    times = []
    for _ in range(REQUESTS):
        start = time.perf_counter()
        cursor.execute(statement)
        records = cursor.fetchall()
        times.append(time.perf_counter() - start)
        assert len(records) == RECORDS
    return times


def _requests(url):
    """The times of one process, without the first request, which connects."""
    output = subprocess.run(
        ["curl", "-fsS", "--compressed", "-w", "%{stderr}%{time_total}\n",
         "%s?[1-%d]" % (url, REQUESTS + 1)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return [float(line) for line in output.stderr.split()][1:]
