"""The time of a small reply on a warm connection, with dataconnect_fdw and with curl."""

import contextlib
import statistics
import subprocess
import time
from typing import NamedTuple

from .contestants import DataConnect

RECORDS = 10
BLOCKS, REQUESTS = 5, 40


class Latency(NamedTuple):
    ours: float                 # seconds from the query to its rows, median
    curl: float                 # seconds from the request to the reply's end, median
    requests: int


def small_reply(bench):
    """Measures both in alternating blocks.  The first request of a block is left out,
    because it connects; the others must keep to that connection."""
    table = DataConnect("small", "", "logged")
    table.prepare(bench, RECORDS)
    ours, curl = [], []
    with contextlib.closing(bench.connect()) as connection:
        cursor = connection.cursor()
        for block in range(BLOCKS):
            ours += _queries(cursor, table.relation)[0 if block else 1:]
            curl += _requests(bench.service.url("logged", RECORDS))
    if [number for _, number in bench.service.connections()].count(1) != 1 + BLOCKS:
        raise SystemExit("a connection was not kept: the latencies mean nothing")
    return Latency(statistics.median(ours), statistics.median(curl), len(curl))


def _queries(cursor, relation):
    times = []
    for _ in range(REQUESTS):
        start = time.perf_counter()
        cursor.execute("SELECT * FROM " + relation)
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
