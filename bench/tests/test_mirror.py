"""The mirror's service, and what is made of its figures."""

import datetime
import json
import unittest
import urllib.request

from bench.goals import other_goals
from bench.mirror import LABELS, Load, Mirror, horizon, months_before
from bench.period_service import COLUMNS, PeriodService
from bench.report import _page
from bench.results import Results

FIRST = datetime.date(2026, 2, 27)


def results(load=1.3, requests=3, grouped=0.1):
    found = Results()
    walls = {"mirror": load, "key": 1.0, "bare": 0.8}
    found.mirror = Mirror(36, 100, 109500, [Load(way, walls[way], 0.5, 36) for way in LABELS],
                          0.05, requests, 3, grouped, 0.1)
    return found


class Service(unittest.TestCase):
    def test_periods(self):
        with PeriodService(FIRST, 4, 3) as service:
            def ask(start, stop):
                url = "%s/sales?StartDate=%sT00:00:00.000Z&StopDate=%sT00:00:00.000Z" % (
                    service.url, start, stop)
                with urllib.request.urlopen(url) as reply:
                    return json.load(reply)
            rows = ask("2026-02-28", "2026-03-01")
            self.assertEqual([row["SaleInvoiceID"] for row in rows], list(range(4, 10)))
            self.assertEqual({row["DateCreated"][:10] for row in rows}, {"2026-02-28", "2026-03-01"})
            self.assertEqual(list(rows[0]), [key for key, _, _ in COLUMNS])
            self.assertEqual(len(ask("2020-01-01", "2030-01-01")), 12)
            self.assertEqual(ask("2026-03-03", "2026-03-09"), [])
            self.assertEqual(ask("2026-01-03", "2026-02-26"), [])
            self.assertEqual(service.requests, 4)


class Periods(unittest.TestCase):
    def test_months(self):
        day = datetime.date(2026, 3, 31)
        self.assertEqual([months_before(day, n).isoformat() for n in (0, 2, 3, 15)],
                         ["2026-03-01", "2026-01-01", "2025-12-01", "2024-12-01"])

    def test_horizon_is_at_least_a_week_ago(self):
        for day, expected in (("2026-03-31", "2026-03-01"), ("2026-03-08", "2026-03-01"),
                              ("2026-03-07", "2026-02-01")):
            self.assertEqual(horizon(datetime.date.fromisoformat(day)).isoformat(), expected)


class Shown(unittest.TestCase):
    def test_goals(self):
        def reached(**figures):
            return [goal.reached for goal in other_goals(results(**figures))]
        self.assertEqual(reached(), [True] * 3)
        for number, figures in enumerate(({"load": 1.31}, {"requests": 4}, {"grouped": 0.106})):
            self.assertEqual([n for n, good in enumerate(reached(**figures)) if not good], [number])

    def test_page(self):
        text = "\n".join(_page(results(), "picture"))
        self.assertIn("| dataconnect_refresh() | 1.30 (1.30) | 0.50 | 36 | 84,231 |", text)
        self.assertIn("| INSERT … SELECT, without an index | 0.80 (0.80) | 0.50 | 36 | 136,875 |", text)
        self.assertIn("109,500 records of 36 months, 100 a day", text)


if __name__ == "__main__":
    unittest.main()
