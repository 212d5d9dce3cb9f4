"""What README.md says of the results."""

import contextlib
import io
import os
import tempfile
import unittest
import unittest.mock

from bench import report
from bench.contestants import ALL, HEAP, MAIN, QUERIES, REFERENCE
from bench.latency import SAME_ROWS, Latency
from bench.measure import Sample
from bench.readme import BEGIN, END, README, SOURCE, fill, speed
from bench.results import Results

MB = 2 ** 20
BY_NAME = {contestant.name: contestant for contestant in ALL}


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


class Speed(unittest.TestCase):
    def results(self):
        results = Results()
        for records, factor in ((10, 3), (1000, 1)):
            for query in QUERIES:
                for contestant, wall, growth, helper in (
                        (REFERENCE, 2, 20, 0), (MAIN, 0.5 * factor, 30, 0),
                        (BY_NAME["python"], 50, None, 2048)):
                    results.add(records, contestant, query, 1, Sample(
                        wall, wall, None, growth and growth * MB, helper * MB, None))
        results.add(1000, MAIN, "copy", 2, Sample(0.7, 1, None, 31 * MB, 0, None))
        results.add(1000, HEAP, "copy", 1, Sample(0.4, 1, None, 5 * MB, 0, None))
        return results

    def test_table(self):
        self.assertEqual(list(speed(self.results()))[2:], [
            "| this extension, JSON gzipped | 0.25 | 0.25 | 0.30 | 0.25 | 31 MB |",
            "| `file_fdw`, a local CSV file | 1 | 1 | 1 | 1 | 20 MB |",
            "| a local table |  |  | 0.20 |  | 5 MB |",
            "| a Python script with requests and psycopg2 | 25 | 25 | 25 | 25 | 2.0 GB |"])

    def test_a_run_writes_it(self):
        results = self.results()
        with tempfile.TemporaryDirectory() as directory:
            # The picture needs gnuplot, which only the benchmark installs.
            with contextlib.redirect_stdout(io.StringIO()), \
                    unittest.mock.patch("bench.chart.draw"):
                report.write(results, directory, "run")
            self.assertEqual(read(os.path.join(directory, "run.speed.md")),
                             "\n".join(speed(results)) + "\n")

    def test_latency(self):
        results = self.results()
        results.latency = Latency(0.0015, 0.001, 200)
        self.assertEqual(list(speed(results))[-1], "A small reply on a warm connection takes"
                         " 0.50 ms longer than with curl.")
        results.latency = Latency(0.0015, 0.001, 200, {SAME_ROWS: 0.0003})
        self.assertIn("0.50 ms longer than with curl. Of these, 0.20 ms are the extension's own",
                      " ".join(speed(results)))


class Readme(unittest.TestCase):
    def test_it_has_the_figures_of_the_last_run(self):
        text = read(README)
        self.assertEqual(fill(text, read(SOURCE)), text)

    def test_only_what_is_between_the_markers_changes(self):
        old = "before\n%s\n\nold\n\n%s\nafter\n" % (BEGIN, END)
        self.assertEqual(fill(old, "new\n"), old.replace("old", "new"))

    def test_it_needs_the_markers(self):
        for text in ("", BEGIN + "\n", END + "\n"):
            with self.assertRaises(ValueError):
                fill(text, "new\n")


if __name__ == "__main__":
    unittest.main()
