"""The parts beside the queries: what their programs print, wide replies, processors."""

import json
import os
import threading
import time
import unittest

from bench.concurrency import log_times, percentiles, pgbench_rate, wrk_figures
from bench.contestants import ALL, MAIN, REFERENCE
from bench.parts import EXTRA, PARTS, selection
from bench.pinning import Pinning
from bench.processes import TICK, pin, thread_seconds
from bench.wide import COLUMNS, QUERIES, TYPES, column, reply

WRK = """Running 5s test @ http://127.0.0.1:1/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   310.50us  640.11us  12.98ms   95.01%
  Latency Distribution
     50%  219.00us
     75%  270.00us
     90%  350.00us
     99%    1.25ms
  79512 requests in 5.00s, 160.00MB read
Requests/sec:  15903.25
Transfer/sec:     32.00MB
"""
PGBENCH = """transaction type: lookup.sql
number of transactions actually processed: 100
number of failed transactions: 0 (0.000%)
latency average = 2.0 ms
tps = 2354.250000 (without initial connection time)
"""


class Programs(unittest.TestCase):
    def test_wrk(self):
        rate, median, p99 = wrk_figures(WRK)
        self.assertEqual(rate, 15903.25)
        self.assertAlmostEqual(median, 0.000219)
        self.assertAlmostEqual(p99, 0.00125)

    def test_wrk_fails(self):
        for line in ("  Socket errors: connect 0, read 1, write 0, timeout 0",
                     "  Non-2xx or 3xx responses: 5"):
            with self.assertRaises(SystemExit):
                wrk_figures(WRK + line)

    def test_pgbench(self):
        self.assertEqual(pgbench_rate(PGBENCH), 2354.25)
        with self.assertRaises(SystemExit):
            pgbench_rate(PGBENCH.replace("transactions: 0 (0", "transactions: 3 (3"))

    def test_log(self):
        self.assertEqual(log_times(["0 1 2000 0 1700000000 5", "1 1 500 0 1700000000 9"]),
                         [0.002, 0.0005])

    def test_percentiles(self):
        self.assertEqual(percentiles(range(1000, 0, -1)), (500.5, 991))
        self.assertEqual(percentiles([3]), (3, 3))


class WideReplies(unittest.TestCase):
    def records(self, *arguments):
        return json.loads("".join(reply(*arguments)))

    def test_keys_are_in_order(self):
        for columns in COLUMNS:
            for record in self.records(columns, False, 50_000):
                self.assertEqual(list(record), ["Column%04d" % (i + 1) for i in range(columns)])

    def test_shuffled_has_the_same_keys(self):
        records = self.records(400, True, 50_000)
        self.assertEqual({tuple(sorted(record)) for record in records},
                         {tuple("Column%04d" % (i + 1) for i in range(400))})
        self.assertEqual(len({tuple(record) for record in records}), len(records))

    def test_size(self):
        for columns in COLUMNS:
            size = sum(map(len, reply(columns, False, 200_000)))
            self.assertTrue(200_000 <= size < 250_000, size)

    def test_types(self):
        for record in self.records(26, False, 10_000):
            for number, value in enumerate(record.values()):
                self.assertIsInstance(value, {"text": (str, type(None)), "integer": int,
                                              "numeric(19,4)": float,
                                              "boolean": bool}[TYPES[number % len(TYPES)]])

    def test_queries_name_columns(self):
        self.assertIn("sum(column_0002), sum(column_1500)",
                      QUERIES["sum of two columns"].format("t", column(1499)))


class Selection(unittest.TestCase):
    def test_all(self):
        self.assertEqual(selection(""), ([part for part in PARTS if part not in EXTRA],
                                         [c for c in ALL if not c.extra]))
        self.assertIn(MAIN, selection("")[1])

    def test_an_extra_one_must_be_named(self):
        for only, names in (("", []), ("queries", []),
                            ("dc_csv_no_thread", ["dc_csv_no_thread"])):
            self.assertEqual([c.name for c in selection(only)[1] if c.extra], names)

    def test_a_part(self):
        self.assertEqual(selection("concurrency")[0], ["concurrency"])

    def test_an_extra_part_must_be_named(self):
        for part in EXTRA:
            self.assertEqual(selection(part)[0], [part])

    def test_contestants_come_with_the_reference(self):
        self.assertEqual(selection(MAIN.name), (["queries"], [MAIN, REFERENCE]))

    def test_both(self):
        self.assertEqual(selection("wide," + MAIN.name), (["queries", "wide"], [MAIN, REFERENCE]))


class Processors(unittest.TestCase):
    def test_pinned_and_released(self):
        calls = []
        pinning = Pinning(lambda: 7, 8, lambda pid, cpus: calls.append((pid, list(cpus))))
        pinning.processors = [0, 1, 3]
        with self.assertRaises(KeyError), pinning.one_processor():
            self.assertEqual(calls, [(7, [0]), (8, [3])])
            raise KeyError
        self.assertEqual(calls[2:], [(7, [0, 1, 3]), (8, [0, 1, 3])])

    def test_one_is_not_enough(self):
        pinning = Pinning(lambda: 7, 8)
        pinning.processors = [0]
        self.assertFalse(pinning.is_possible())

    def test_every_thread_is_pinned(self):
        usual, done = os.sched_getaffinity(0), threading.Event()
        thread = threading.Thread(target=done.wait)
        thread.start()
        try:
            pin(os.getpid(), {min(usual)})
            self.assertEqual(os.sched_getaffinity(thread.native_id), {min(usual)})
        finally:
            pin(os.getpid(), usual)
            done.set()
            thread.join()

    def test_time_in_threads(self):
        def work(until):
            while time.thread_time() < until:
                pass
        before = thread_seconds(os.getpid())
        thread = threading.Thread(target=work, args=(0.1,))
        thread.start()
        thread.join()
        after = thread_seconds(os.getpid())
        self.assertGreaterEqual(after - before, 0.1 - 2 / TICK)
        work(time.thread_time() + 0.1)      # of the first thread
        self.assertLessEqual(thread_seconds(os.getpid()) - after, 2 / TICK)


if __name__ == "__main__":
    unittest.main()
