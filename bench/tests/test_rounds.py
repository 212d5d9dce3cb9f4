"""How often a contestant is measured."""

import argparse
import unittest

from bench.contestants import ALL, MAIN, REFERENCE
from bench.parts import number_of_rounds

SLOW = next(contestant for contestant in ALL if contestant.slow)
OPTIONS = argparse.Namespace(rounds=5, patience=20, budget=25)


class Rounds(unittest.TestCase):
    def test_a_quick_contestant_is_in_all(self):
        self.assertEqual(number_of_rounds(MAIN, [1, 1, 1, 2], OPTIONS), 5)

    def test_its_queries_together_fit_the_budget(self):
        self.assertEqual(number_of_rounds(MAIN, [2, 2, 2, 2], OPTIONS), 3)

    def test_at_least_two(self):
        self.assertEqual(number_of_rounds(MAIN, [10, 10, 10, 10], OPTIONS), 2)
        one = argparse.Namespace(rounds=1, patience=20, budget=25)
        self.assertEqual(number_of_rounds(MAIN, [1], one), 1)

    def test_the_reference_is_in_all(self):
        self.assertEqual(number_of_rounds(REFERENCE, [10, 10, 10, 10], OPTIONS), 5)

    def test_the_slowest_query_of_a_slow_one_counts(self):
        self.assertEqual(number_of_rounds(SLOW, [10, 20, 1], OPTIONS), 5)
        self.assertEqual(number_of_rounds(SLOW, [10, 50, 1], OPTIONS), 2)
        self.assertEqual(number_of_rounds(SLOW, [101], OPTIONS), 0)


if __name__ == "__main__":
    unittest.main()
