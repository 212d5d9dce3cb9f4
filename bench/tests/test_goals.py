"""Goals: each is judged by its own figure."""

import unittest

from bench.concurrency import Concurrency, LookUps, Scans
from bench.contestants import ALL, HEAP, MAIN, NO_THREAD, QUERIES, REFERENCE
from bench.goals import CPU_RATIOS, RATIOS, other_goals, query_goals
from bench.latency import SAME_ROWS, Latency
from bench.measure import Sample
from bench.planning import Planning
from bench.report import _page
from bench.results import Results
from bench.wide import Wide

MB = 2 ** 20
BY_NAME = {contestant.name: contestant for contestant in ALL}
OURS = [BY_NAME[name] for name in (*RATIOS, "dc_xml")] + [NO_THREAD]
SIZES = (10_000, 100_000, 1_000_000)


def sample(wall, growth=0, cpu=None):
    return Sample(wall, wall if cpu is None else cpu, 10 * MB + growth, growth, 0, None)


def run(sizes=SIZES, growth=0, slow=(), **by):
    """Results in which the reference takes 1 s for 10^6 records, and ours 0.2 s.
    slow: (contestant's name, query, pinned) of the one that takes by wall and cpu."""
    results = Results()
    for records in sizes:
        for query in QUERIES:
            for pinned in (False, True):
                for contestant, wall in ((REFERENCE, 1), (HEAP, 0.2), *((c, 0.2) for c in OURS)):
                    one = sample(wall, growth if contestant is MAIN else 0)
                    if (contestant.name, query, pinned) == slow:
                        one = one._replace(**by)
                    results.add(records, contestant, query, 1, one._replace(
                        wall=one.wall * records / 1e6, cpu=one.cpu * records / 1e6), pinned)
    return results


def failed(results):
    return [(goal.what, goal.query) for goal in query_goals(results) if not goal.reached]


class ForQueries(unittest.TestCase):
    def test_all_reached(self):
        self.assertEqual(failed(run()), [])
        self.assertEqual(len(query_goals(run())), 12 + 4 + 4 + 4 + 2 + 12)

    def test_each_ratio_fails_alone(self):
        for name, limits in RATIOS.items():
            for query, limit in limits.items():
                if name == MAIN.name:
                    continue        # also in the goals below
                label = BY_NAME[name].label.partition(", ")[2]
                self.assertEqual(failed(run(slow=(name, query, False), wall=limit + 0.01)),
                                 [(label + " to file_fdw", query)])

    def test_main_is_also_judged_by_a_local_table(self):
        self.assertEqual(failed(run(slow=(MAIN.name, "copy", False), wall=0.41)),
                         [("JSON gzipped to file_fdw", "copy"),
                          ("JSON gzipped to a local table", "copy")])
        self.assertEqual(failed(run(slow=(MAIN.name, "ctas", False), wall=0.27)),
                         [("JSON gzipped to a local table", "ctas")])

    def test_xml(self):
        self.assertEqual(failed(run(slow=("dc_xml", "count", False), wall=0.81)),
                         [("XML gzipped to JSON gzipped", "count")])

    def test_one_processor(self):
        self.assertEqual(failed(run(slow=(MAIN.name, "group", True), wall=0.59)), [
            ("JSON gzipped to file_fdw, on one processor", "group"),
            ("JSON gzipped to the same without a thread, on one processor", "group")])

    def test_the_thread_costs(self):
        self.assertEqual(failed(run(slow=(NO_THREAD.name, "count", True), wall=0.18)), [
            ("JSON gzipped to the same without a thread, on one processor", "count")])

    def test_processor_time(self):
        for name, limits in CPU_RATIOS.items():
            for query, limit in limits.items():
                label = BY_NAME[name].label.partition(", ")[2]
                self.assertEqual(failed(run(slow=(name, query, False), cpu=limit * 1.11)),
                                 [("processor time, %s to file_fdw" % label, query)])

    def test_few_records_are_not_judged(self):
        goals = query_goals(run(sizes=(999_999,)))
        self.assertEqual({goal.reached for goal in goals}, {None})

    def test_the_largest_size_counts(self):
        results = run(sizes=(1_000_000,))
        for query in QUERIES:
            results.add(10, REFERENCE, query, 1, sample(1))
            results.add(10, MAIN, query, 1, sample(5))
        self.assertEqual(failed(results), [])

    def test_only_what_took_part(self):
        results = Results()
        results.add(1_000_000, REFERENCE, "count", 1, sample(1))
        self.assertEqual(query_goals(results), [])


class Others(unittest.TestCase):
    def goal(self, results, text):
        goal, = [goal for goal in other_goals(results) if text in goal.text]
        return goal

    def test_growth(self):
        self.assertTrue(self.goal(run(growth=32 * MB), "memory grows").reached)
        self.assertFalse(self.goal(run(growth=33 * MB), "memory grows").reached)

    def test_growth_of_every_format(self):
        results = run()
        results.add(10_000, BY_NAME["dc_xml"], "count", 2, sample(1, 33 * MB))
        self.assertFalse(self.goal(results, "memory grows").reached)

    def test_latency(self):
        results = Results()
        results.latency = Latency(0.00109, 0.001, 200)
        self.assertTrue(self.goal(results, "small reply").reached)
        results.latency = Latency(0.00111, 0.001, 200)
        self.assertFalse(self.goal(results, "small reply").reached)

    def test_linear(self):
        self.assertTrue(self.goal(run(), "linear").reached)
        results = run()
        results.samples = [s for s in results.samples if s[:3] != (1_000_000, MAIN, "copy")]
        results.add(1_000_000, MAIN, "copy", 1, sample(0.3))
        goal = self.goal(results, "linear")
        self.assertFalse(goal.reached)
        self.assertIn("1.56", goal.text)    # (0.3 - 0.02) / 900000 to 0.018 / 90000

    def test_linear_needs_three_sizes(self):
        self.assertIsNone(self.goal(run(sizes=(10_000, 100_000)), "linear").reached)

    def test_planning(self):
        results = Results()
        results.planning = [Planning(1, "one", 0.002, 0.001), Planning(400, "two", 0.01, 0.01)]
        self.assertTrue(self.goal(results, "planning").reached)
        results.planning.append(Planning(100, "three", 0.021, 0.01))
        goal = self.goal(results, "planning")
        self.assertFalse(goal.reached)
        self.assertIn("2.10 times as long as with postgres_fdw, three of 100 partitions",
                      goal.text)

    def test_wide(self):
        results = Results()
        results.wide = [Wide(26, False, "q", 100, 1), Wide(1500, False, "q", 200, 3),
                        Wide(26, True, "q", 100, 3), Wide(1500, True, "q", 100, 3.1)]
        goals = [goal for goal in other_goals(results)]
        self.assertEqual([(goal.reached, goal.value) for goal in goals],
                         [(True, 1.5), (False, 3.1)])
        self.assertIn("1,500 columns", goals[1].text)

    def test_concurrency(self):
        results = Results()
        results.concurrency = Concurrency(
            [LookUps(*one, 0.0001) for one in (
                (1, "wrk", False, 100, 0.001, 0.001), (1, "simple", False, 1, 0.001, 1),
                (1, "prepared", False, 1, 0.001, 1), (32, "wrk", False, 100, 0.001, 0.001),
                (32, "prepared", False, 50, 0.001, 0.005),
                (32, "prepared", True, 300, 0.001, 0.001),
                (32, "simple", False, 49, 0.001, 0.006),
                (32, "simple", True, 100, 0.001, 0.001))],
            [Scans(MAIN, "count", 1, 0.5, 0.6, 3 * MB, 3 * MB),
             Scans(MAIN, "count", 8, 2, 4.8, 20 * MB, 4 * MB)], 10)
        self.assertEqual([goal.reached for goal in other_goals(results)],
                         [True, True, False, False])
        page = "\n".join(_page(results, "picture"))
        self.assertIn("| 32 | dataconnect_fdw, prepared | 50 (0.50) | 1.000 | 5.000 | 5.0 | 0.100 |",
                      page)
        # 300 look-ups and 100 requests a second: 1/300 s + 1/100 s.
        self.assertIn("| 32 | the floor, prepared | 75 (0.75) |", page)
        self.assertIn("simple; PostgreSQL and a request of wrk alone would do 0.50", page)
        self.assertIn("| count(*) | 8 | 2.000 (4.00) | 4.80 | 20 | 4 |", page)


class Page(unittest.TestCase):
    def test_goals_stand_beside_values(self):
        text = "\n".join(_page(run(), "picture"))
        self.assertIn("| JSON gzipped to file_fdw | 0.20 (0.21) PASS | 0.20 (0.33) PASS |", text)
        self.assertIn("| JSON gzipped to a local table |  |  | 1.00 (1.15) PASS |", text)
        self.assertIn("| dataconnect_fdw, JSON gzipped – on one processor | 0.200 (0.20) |", text)

    def test_what_the_latency_is_made_of(self):
        results = Results()
        results.latency = Latency(0.0015, 0.001, 200, {"planning": 0.00025})
        text = "\n".join(_page(results, "picture"))
        self.assertIn("to its rows | 1.500 |\n| planning | 0.250 |\n| curl | 1.000 |\n", text)
        self.assertNotIn("own part", text)

    def test_the_extensions_own_part_of_the_latency(self):
        results = Results()
        results.latency = Latency(0.0015, 0.001, 200, {SAME_ROWS: 0.0003})
        text = "\n".join(_page(results, "picture"))
        self.assertIn("and the local table | 0.200 |", text)
        self.assertIn("takes 0.50 ms more than with curl, of which 0.20 ms are", text)

    def test_nothing_measured(self):
        self.assertIn("## Goals", "\n".join(_page(Results(), "picture")))


if __name__ == "__main__":
    unittest.main()
