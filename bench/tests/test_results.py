"""Figures calculated from samples: medians, loading times, ratios."""

import unittest

from bench.contestants import ALL, LOAD, MAIN, REFERENCE
from bench.measure import Sample
from bench.results import Results

MB = 2 ** 20
LOADER = next(c for c in ALL if LOAD in c.queries)


def sample(wall, growth=0):
    return Sample(wall, wall, 10 * MB + growth, growth, 0, None)


class Summaries(unittest.TestCase):
    def test_median_and_extremes(self):
        results = Results()
        for number, wall in enumerate((5, 1, 2), 1):
            results.add(10, MAIN, "count", number, sample(wall, wall * MB))
        summary = results.summary(10, MAIN, "count")
        self.assertEqual((summary.wall, summary.fastest, summary.slowest), (2, 1, 5))
        self.assertEqual((summary.growth, summary.times), (5 * MB, 3))

    def test_not_asked(self):
        self.assertIsNone(Results().summary(10, MAIN, "count"))

    def test_a_loader_loads_first(self):
        results = Results()
        results.add(10, LOADER, LOAD, 1, sample(7))
        results.add(10, LOADER, "count", 1, sample(2))
        self.assertEqual(results.summary(10, LOADER, "count").wall, 9)
        self.assertEqual(results.summary(10, LOADER, "ctas").wall, 7)

    def test_a_warm_up_that_counts(self):
        results = Results()
        results.add(10, LOADER, LOAD, 0, sample(7))
        self.assertEqual(results.summary(10, LOADER, "ctas").times, 0)


class OnOneProcessor(unittest.TestCase):
    def test_it_counts_apart(self):
        results = Results()
        for pinned, ours, reference in ((False, 1, 2), (True, 3, 4)):
            results.add(10, MAIN, "count", 1, sample(ours), pinned)
            results.add(10, REFERENCE, "count", 1, sample(reference), pinned)
        self.assertEqual(results.summary(10, MAIN, "count").wall, 1)
        self.assertEqual(results.ratio(10, MAIN, "count"), 0.5)
        self.assertEqual(results.summary(10, MAIN, "count", True).wall, 3)
        self.assertEqual(results.ratio(10, MAIN, "count", True), 0.75)

    def test_not_measured(self):
        results = Results()
        results.add(10, MAIN, "count", 1, sample(1))
        self.assertIsNone(results.summary(10, MAIN, "count", True))


class Threads(unittest.TestCase):
    def test_median(self):
        results = Results()
        for number, seconds in enumerate((0.0, 0.5, 0.0)):
            results.add(10, MAIN, "count", number + 1, sample(1)._replace(threads=seconds))
        self.assertEqual(results.summary(10, MAIN, "count").threads, 0.0)

    def test_no_backend(self):
        results = Results()
        results.add(10, MAIN, "count", 1, sample(1))
        self.assertIsNone(results.summary(10, MAIN, "count").threads)


if __name__ == "__main__":
    unittest.main()
