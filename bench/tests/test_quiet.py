"""Disturbed measurements are repeated as long as the patience lasts."""

import os
import unittest

from bench.quiet import Quiet, REPETITIONS


class Machine:
    """Its work takes 1 s, or the given times, one look after another."""

    def __init__(self, patience, *later):
        self.later, self.asked, self.slept = list(later), 0, 0
        self.started = False
        self.quiet = Quiet(patience, self.work, self.sleep)
        self.started = True

    def work(self):
        if not self.started:
            return 1
        look = self.asked // REPETITIONS
        self.asked += 1
        return self.later[look] if look < len(self.later) else 1

    def sleep(self, seconds):
        self.slept += seconds if self.started else 0


class Measuring(unittest.TestCase):
    def setUp(self):
        self.runs = 0
        # One processor: a look is so many REPETITIONS of the work.
        self.usual = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(self.usual)})

    def tearDown(self):
        os.sched_setaffinity(0, self.usual)

    def run_once(self):
        self.runs += 1
        return self.runs

    def test_undisturbed(self):
        machine = Machine(60)
        self.assertEqual(machine.quiet.measure(self.run_once), 1)
        self.assertEqual((machine.slept, machine.quiet.repeated), (0, 0))

    def test_waits_before(self):
        machine = Machine(60, 2, 2, 1)
        self.assertEqual(machine.quiet.measure(self.run_once), 1)
        self.assertGreater(machine.slept, 0)

    def test_runs_again_after_a_disturbance(self):
        machine = Machine(60, 1, 2)
        self.assertEqual(machine.quiet.measure(self.run_once), 2)
        self.assertEqual(machine.quiet.repeated, 1)

    def test_a_little_slower_is_no_disturbance(self):
        machine = Machine(60, 1.4, 1.4)
        self.assertEqual(machine.quiet.measure(self.run_once), 1)

    def test_patience_ends(self):
        machine = Machine(1, *[2] * 100)
        self.assertEqual(machine.quiet.measure(self.run_once), 1)
        self.assertIn("patience ended", machine.quiet.facts()[0][1])

    def test_without_patience_nothing_is_looked_at(self):
        machine = Machine(0, *[2] * 100)
        self.assertEqual(machine.quiet.measure(self.run_once), 1)
        self.assertEqual(machine.asked, 0)

    def test_processors_stay_as_they_were(self):
        os.sched_setaffinity(0, self.usual)
        Quiet(1, lambda: 1, lambda seconds: None).is_quiet()
        self.assertEqual(os.sched_getaffinity(0), self.usual)


if __name__ == "__main__":
    unittest.main()
