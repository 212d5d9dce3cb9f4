"""The dashboard: its service, its tiles, what is made of its figures."""

import gzip
import tempfile
import threading
import time
import unittest
import urllib.request

from bench.dashboard import (AT_ONCE, LABELS, SEQUENTIAL, TILES, URLS, Count, Dashboard,
                             Refresh, Sharing, Tile, _at_once, _in_turn, _Setting)
from bench.dashboard_chart import label, script
from bench.goals import other_goals
from bench.report import _page
from bench.results import Results
from bench.slow_service import SlowService

MB = 2 ** 20


def refresh(way, how=SEQUENTIAL, records=10, wall=2.0, requests=0, growth=0):
    return Refresh(records, way, how, wall, 0.5, requests, growth)


def results(cold=URLS, warm=0, together=2.4, copy=0.1, growth=0):
    found = Results()
    found.dashboard = Dashboard(
        [refresh("none", how, requests=20, growth=MB) for how in (SEQUENTIAL, AT_ONCE)]
        + [refresh("cold", SEQUENTIAL), refresh("cold", AT_ONCE, wall=1, requests=cold)]
        + [refresh("warm", how, requests=warm, growth=growth) for how in (SEQUENTIAL, AT_ONCE)],
        [Sharing(10, 2, together, 1)], [Count(10, copy, 0.1, 0)])
    return found


class Service(unittest.TestCase):
    def setUp(self):
        self.file = tempfile.NamedTemporaryFile()
        self.addCleanup(self.file.close)
        self.file.write(gzip.compress(b"[1, 2]"))
        self.file.flush()

    def test_gives_the_file_and_counts(self):
        with SlowService(self.file.name, 0) as service:
            for path in ("/a?StoreID=1", "/b"):
                with urllib.request.urlopen(service.url + path) as reply:
                    self.assertEqual(reply.headers["Content-Encoding"], "gzip")
                    self.assertEqual(gzip.decompress(reply.read()), b"[1, 2]")
            self.assertEqual(service.requests, 2)

    def test_requests_do_not_wait_for_each_other(self):
        def ask():
            with urllib.request.urlopen(service.url) as reply:
                reply.read()
        with SlowService(self.file.name, 0.5) as service:
            threads = [threading.Thread(target=ask) for _ in range(20)]
            start = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            took = time.perf_counter() - start
            self.assertEqual(service.requests, 20)
        self.assertGreaterEqual(took, 0.5)
        self.assertLess(took, 5)


class Session:
    def __init__(self, number, barrier=None):
        self.number, self.barrier = number, barrier

    def run(self):
        if self.barrier:
            self.barrier.wait(10)
        return self.number


class Tiles(unittest.TestCase):
    def tiles(self, way):
        setting = _Setting.__new__(_Setting)
        return list(setting.tiles(way))

    def test_as_many_for_each_way(self):
        for way in LABELS:
            self.assertEqual(len(self.tiles(way)), URLS * len(TILES))

    def test_neighbours_have_other_urls(self):
        tiles = self.tiles("cold")
        self.assertEqual(len({tile.sql for tile in tiles[:URLS]}), URLS)
        self.assertIn("store_id = 1", tiles[0].sql)
        self.assertIn("store_id = 2", tiles[1].sql)

    def test_only_the_cache_sets_max_age(self):
        for way in LABELS:
            self.assertEqual({bool(tile.settings) for tile in self.tiles(way)},
                             {way in ("cold", "warm")})

    def test_at_once(self):
        barrier = threading.Barrier(3)
        self.assertEqual(_at_once([Session(n, barrier) for n in range(3)]), [0, 1, 2])
        self.assertEqual(_in_turn([Session(n) for n in range(3)]), [0, 1, 2])

    def test_an_error_ends_the_run(self):
        with self.assertRaises(AttributeError):
            _at_once([Session(1), Tile("", {})])

    def test_other_answers_end_the_run(self):
        setting = _Setting.__new__(_Setting)
        setting._answers = {}
        setting.compare("none", [[(1,)]])
        setting.compare("warm", [[(1,)]])
        with self.assertRaises(SystemExit):
            setting.compare("heap", [[(2,)]])


class Goals(unittest.TestCase):
    def reached(self, **figures):
        return [goal.reached for goal in other_goals(results(**figures))]

    def test_all_reached(self):
        self.assertEqual(self.reached(), [True] * 5)

    def test_each_may_be_missed(self):
        for number, figures in enumerate((
                {"cold": URLS + 1}, {"warm": 1}, {"together": 2.41}, {"copy": 0.101},
                {"growth": 2 * MB + 1})):
            self.assertEqual([number for number, reached in enumerate(self.reached(**figures))
                              if not reached], [number])


class Shown(unittest.TestCase):
    def test_page(self):
        text = "\n".join(_page(results(), "picture"))
        self.assertIn("![Seconds of a refresh](dashboard.svg)", text)
        self.assertIn("| 10 | cache, cold | 2.00 (0.50) | 1.00 (0.50) | 0 / 5 | 0 |", text)
        self.assertIn("| 10 | no cache | 2.00 (0.50) | 2.00 (0.50) | 20 | 1 |", text)
        self.assertIn("| 10 | 2.000 | 2.400 (1.20) | 0.100 (1.00) | 0.100 |", text)

    def test_chart(self):
        text = "\n".join(script(results().dashboard.refreshes, "it's.svg"))
        self.assertIn("set output 'it''s.svg'", text)
        self.assertIn('2 0 "2.00 s, 20 requests" %d\n2 -1 "2.00 s" %d' % (0xB4B4B4, 0x1F6FB4),
                      text)
        self.assertEqual(text.count("plot $bars"), 2)

    def test_label(self):
        self.assertEqual(label(refresh("cold", wall=12.34, requests=1)), "12 s, 1 request")


if __name__ == "__main__":
    unittest.main()
