"""Planning: reading log_planner_stats, creating the tables."""

import unittest

from bench.planning import CHUNK, OURS, POSTGRES, QUERIES, _create, _for_each, _measure, \
    planner_seconds

STATISTICS = """LOG:  PLANNER STATISTICS
DETAIL:  ! system usage stats:
!	0.001500 s user, 0.000250 s system, 0.900000 s elapsed
!	[0.010000 s user, 0.020000 s system total]
"""


class Bench:
    def __init__(self):
        self.executed = []

    def execute(self, sql):
        self.executed.append(sql)


class Session:
    """A connection and its cursor: we plan in 2 s, postgres_fdw in 1 s, and both
    take 100 s for their first two plans."""

    def __init__(self):
        self.notices, self.plans = [], {OURS.name: 0, POSTGRES.name: 0}

    def execute(self, sql):
        name = next(name for name in self.plans if name in sql)
        self.plans[name] += 1
        seconds = 100 if self.plans[name] <= 2 else 2 if name == OURS.name else 1
        self.notices.append("PLANNER STATISTICS: %d.0 s user, 0.0 s system" % seconds)


class Planning(unittest.TestCase):
    def test_processor_time_alone(self):
        self.assertAlmostEqual(planner_seconds(["LOG:  other", STATISTICS]), 0.00175)

    def test_nothing_said(self):
        with self.assertRaises(SystemExit):
            planner_seconds(["LOG:  other"])

    def test_first_plans_do_not_count(self):
        session = Session()
        self.assertEqual(_measure(session, session, QUERIES["clauses"], 400), [2, 1])

    def test_each_table_once(self):
        bench = Bench()
        _for_each(bench, 1, 1 + CHUNK + 1, "x")
        self.assertIn("IN 1..%d LOOP" % CHUNK, bench.executed[0])
        self.assertIn("IN %d..%d LOOP" % (CHUNK + 1, CHUNK + 1), bench.executed[1])

    def test_only_ours_has_the_service_s_names(self):
        for contestant, options in ((OURS, True), (POSTGRES, False)):
            bench = Bench()
            _create(bench, contestant)
            self.assertEqual("param_from" in bench.executed[2], options)
            self.assertEqual("param 'StoreID'" in bench.executed[2], options)


if __name__ == "__main__":
    unittest.main()
