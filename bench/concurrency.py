"""Many sessions at once: small look-ups beside wrk, and large replies."""

import contextlib
import glob
import itertools
import os
import re
import statistics
import subprocess
import threading
import time
from typing import NamedTuple

from .contestants import HEAP, MAIN, QUERIES, REFERENCE, DataConnect
from .processes import children, cpu_seconds, peak_bytes

SESSIONS = (1, 8, 32)
SCANS = 8                       # sessions that read a large reply each
RECORDS = 10                    # of a look-up
SCAN_REPETITIONS = 2            # at the most; they hardly differ
PROTOCOLS = ("prepared", "simple")
NO_LIMIT = {"max_concurrency": "32"}    # the extension's own limit does not count

LOOKUP = "\\set id random(1, 1000)\n" \
    "SELECT product_name, serial_number, quantity FROM {0} WHERE store_id = :id;\n"


class LookUps(NamedTuple):
    """Medians of some runs."""

    sessions: int
    how: str                    # "wrk", or a protocol
    local: bool                 # in a local table, without any request
    rate: float                 # replies a second
    median: float               # seconds
    p99: float
    cpu: float                  # processor seconds of the server for each reply


class Scans(NamedTuple):
    contestant: object
    query: str
    sessions: int
    wall: float                 # seconds until the last one has finished
    cpu: float                  # seconds of all backends
    growth: int                 # bytes, the sum over the backends
    largest: int                # that of the backend that has grown most


class Concurrency(NamedTuple):
    lookups: list
    scans: list
    records: int                # of each scan

    def lookup(self, sessions, how, local=False):
        return next(one for one in self.lookups if one[:3] == (sessions, how, local))

    def floor(self, sessions, protocol):
        """The replies a second of sessions that look up in a local table, and then do a
        request as wrk does.  Both keep all processors busy, so their times add up."""
        local = self.lookup(sessions, protocol, True).rate
        return 1 / (1 / local + 1 / self.lookup(sessions, "wrk").rate)


def concurrency(bench, records, options):
    """Measures both, with the library preloaded."""
    with bench.preloaded():
        lookups = _look_up(bench, options)
        scans = _scan(bench, records, options)
    return Concurrency(lookups, scans, records)


# --- Look-ups ----------------------------------------------------------------

def _look_up(bench, options):
    _prepare(bench)
    url = bench.service.url("json", RECORDS) + "?StoreID=1"
    found = []
    for sessions in SESSIONS:
        runs = {which: [] for which in (("wrk", False), *itertools.product(
            PROTOCOLS, (False, True)))}
        for _ in range(options.repetitions):
            for (how, local), results in runs.items():
                results.append(_wrk(bench, url, sessions, options.duration) if how == "wrk"
                               else _pgbench(bench, how, local, sessions, options.duration))
        for which, results in runs.items():
            found.append(LookUps(sessions, *which, *map(statistics.median, zip(*results))))
    return found


def _prepare(bench):
    DataConnect("lookup", "", "json", **NO_LIMIT).prepare(bench, RECORDS)
    bench.execute("ALTER FOREIGN TABLE bench_lookup"
                  " ADD COLUMN store_id integer OPTIONS (param 'StoreID')")
    bench.execute("CREATE UNLOGGED TABLE bench_lookup_local AS"
                  " SELECT * FROM bench_lookup WHERE store_id IN (1, 2)")
    bench.execute("ANALYZE bench_lookup_local")
    for local, relation in ((False, "bench_lookup"), (True, "bench_lookup_local")):
        with open(_script(bench, local), "w", encoding="utf-8") as file:
            file.write(LOOKUP.format(relation))


def _script(bench, local):
    return os.path.join(bench.home, "lookup_%s.sql" % ("local" if local else "foreign"))


def _pgbench(bench, protocol, local, sessions, duration):
    """(look-ups a second, median latency, 99th percentile, processor time of the backends
    for each)"""
    prefix = os.path.join(bench.home, "lookups")
    postmaster = bench.postmaster()
    before, processes = cpu_seconds(postmaster), len(children(postmaster))
    output = _run(["pgbench", "-n", "-f", _script(bench, local), "-M", protocol,
                   "-c", str(sessions), "-j", "1", "-T", str(duration),
                   "-l", "--log-prefix", prefix])
    times = []
    for name in glob.glob(prefix + ".*"):
        with open(name, encoding="ascii") as file:
            times += log_times(file)
        os.unlink(name)
    while len(children(postmaster)) > processes:
        time.sleep(0.01)        # the time of a backend is known once it has ended
    return (pgbench_rate(output), *percentiles(times),
            (cpu_seconds(postmaster) - before) / len(times))


def _wrk(bench, url, connections, duration):
    """The same with wrk, which asks for the same bytes; the processor time is nginx's."""
    def used():
        return sum(map(cpu_seconds, children(bench.service.process.pid)))
    before = used()
    rate, median, p99 = wrk_figures(_run(
        ["wrk", "-t", "1", "-c", str(connections), "-d", "%ds" % duration,
         "-H", "Accept-Encoding: gzip", "--latency", url]))
    return rate, median, p99, (used() - before) / (rate * duration)


def _run(command):
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def pgbench_rate(output):
    if re.search(r"^number of failed transactions: (?!0 )", output, re.M):
        raise SystemExit("a look-up failed:\n" + output)
    return float(re.search(r"^tps = ([0-9.]+)", output, re.M).group(1))


def log_times(lines):
    """Seconds of each transaction in pgbench's log."""
    return [int(line.split()[2]) / 1e6 for line in lines]


def percentiles(times):
    """(median, 99th percentile)"""
    times = sorted(times)
    return statistics.median(times), times[min(len(times) - 1, len(times) * 99 // 100)]


def wrk_figures(output):
    """(requests a second, median, 99th percentile) from what wrk prints."""
    if "Socket errors" in output or "Non-2xx" in output:
        raise SystemExit("a request of wrk failed:\n" + output)
    units = {"us": 1e-6, "ms": 1e-3, "s": 1}
    figures = {}
    for percent in ("50", "99"):
        number, unit = re.search(r"^ +%s%% +([0-9.]+)(us|ms|s)$" % percent, output,
                                 re.M).groups()
        figures[percent] = float(number) * units[unit]
    return (float(re.search(r"^Requests/sec: +([0-9.]+)", output, re.M).group(1)),
            figures["50"], figures["99"])


# --- Large replies -----------------------------------------------------------

def _scan(bench, records, options):
    """One session and SCANS sessions of each contestant, each reading all records."""
    found = []
    for contestant in (DataConnect("at_once", MAIN.label.rpartition(", ")[2], MAIN.kind,
                                   **NO_LIMIT), REFERENCE, HEAP):
        contestant.prepare(bench, records)
        for query in ("count", "copy"):
            sql = QUERIES[query].format(contestant.relation)
            for sessions in (1, SCANS):
                runs = [_at_once(bench, sql, sessions)
                        for _ in range(min(options.repetitions, SCAN_REPETITIONS))]
                wall, cpu = (statistics.median(run[i] for run in runs) for i in (0, 1))
                growth, largest = (max(run[i] for run in runs) for i in (2, 3))
                found.append(Scans(contestant, query, sessions, wall, cpu, growth, largest))
    return found


def _at_once(bench, sql, sessions):
    """(seconds, processor seconds, bytes grown, those of the largest) of as many fresh
    sessions."""
    errors = []
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(contextlib.closing(bench.connect()))
                       for _ in range(sessions)]
        backends = [connection.info.backend_pid for connection in connections]
        idle = [(cpu_seconds(pid), peak_bytes(pid)) for pid in backends]

        def work(connection):
            try:
                connection.cursor().execute(sql)
            except Exception as error:          # shown by the main thread
                errors.append(error)
        threads = [threading.Thread(target=work, args=(c,)) for c in connections]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall = time.perf_counter() - start
        if errors:
            raise errors[0]
        used = [cpu_seconds(pid) - before for pid, (before, _) in zip(backends, idle)]
        grown = [peak_bytes(pid) - before for pid, (_, before) in zip(backends, idle)]
        return wall, sum(used), sum(grown), max(grown)
