"""Figures calculated from samples: medians, loading times, goals."""

import unittest

from bench.contestants import ALL, LOAD, MAIN, QUERIES, REFERENCE
from bench.latency import Latency
from bench.measure import Sample
from bench.planning import Planning
from bench.results import Results

MB = 2 ** 20
LOADER = next(c for c in ALL if LOAD in c.queries)


def sample(wall, growth=0):
    return Sample(wall, wall, 10 * MB + growth, growth, 0, None)


def run(ours=0.2, sizes=(10_000, 100_000, 1_000_000), growth=0, latency=0.0005, **other):
    """Results in which the reference takes 1 s for 10^6 records, and ours less."""
    results = Results()
    for records in sizes:
        for query in QUERIES:
            for number in (1, 2, 3):
                results.add(records, REFERENCE, query, number, sample(records / 1e6))
                wall = other.get(query, ours) * records / 1e6
                results.add(records, MAIN, query, number, sample(wall, growth))
    results.latency = Latency(0.001 + latency, 0.001, 200)
    return results


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


class Goals(unittest.TestCase):
    def reached(self, **how):
        return [reached for reached, _ in run(**how).goals()]

    def test_all(self):
        self.assertEqual(self.reached(), [True] * 7)

    def test_each_ratio_fails_alone(self):
        for index, (query, ratio) in enumerate(
                dict(count=0.31, group=0.43, copy=0.51, ctas=0.56).items()):
            wanted = [True] * 7
            wanted[index] = False
            self.assertEqual(self.reached(**{query: ratio}), wanted, query)

    def test_the_ratio_is_that_of_the_largest(self):
        results = run(sizes=(1_000_000,))
        for query in QUERIES:
            results.add(10, REFERENCE, query, 1, sample(1))
            results.add(10, MAIN, query, 1, sample(5))
        self.assertIn(": 0.20 (", results.goals()[0][1])

    def test_ratios_of_few_records_are_not_judged(self):
        self.assertEqual(self.reached(ours=0.9, sizes=(999_999,))[:4], [None] * 4)

    def test_growth(self):
        self.assertEqual(self.reached(growth=32 * MB)[4], True)
        self.assertEqual(self.reached(growth=33 * MB)[4], False)

    def test_latency(self):
        self.assertEqual(self.reached(latency=0.0011)[5], False)

    def test_linear(self):
        results = run()
        results.samples = [s for s in results.samples if s[:3] != (1_000_000, MAIN, "copy")]
        results.add(1_000_000, MAIN, "copy", 1, sample(0.3))
        reached, text = results.goals()[6]
        self.assertFalse(reached)
        self.assertIn("1.56", text)     # (0.3 - 0.02) / 900000 to 0.018 / 90000

    def test_planning(self):
        results = run()
        results.planning = [Planning(1, "one", 0.002, 0.001), Planning(400, "two", 0.01, 0.01)]
        self.assertEqual(results.goals()[7][0], True)
        results.planning.append(Planning(100, "three", 0.021, 0.01))
        reached, text = results.goals()[7]
        self.assertFalse(reached)
        self.assertIn("2.10 times as long as with postgres_fdw, three of 100 partitions", text)

    def test_linear_needs_three_sizes(self):
        self.assertIsNone(self.reached(sizes=(10_000, 100_000))[6])


if __name__ == "__main__":
    unittest.main()
