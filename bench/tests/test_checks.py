"""Contestants that disagree are found and named."""

import os
import tempfile
import unittest

from bench.checks import Answers, as_texts, checksum_query, lines_sum
from bench.inventory import COLUMNS


class Disagreements(unittest.TestCase):
    def lines(self, question, **given):
        answers = Answers()
        for contestant, answer in given.items():
            answers.add(question, contestant, answer)
        return answers.disagreements("file")

    def test_none(self):
        self.assertEqual(self.lines("count", file=[["3"]], ours=[["3"]]), [])

    def test_a_number(self):
        line, = self.lines("count", ours=[["2"]], file=[["3"]], jq=[["3"]])
        self.assertEqual(line, "count: ours has [['2']], but file has [['3']]")

    def test_a_column(self):
        line, = self.lines("all values", file={"a": "1", "b": "2"}, ours={"a": "1", "b": "3"})
        self.assertEqual(line, "all values: ours has {b: 3}, but file has {b: 2}")

    def test_everybody_but_the_reference(self):
        self.assertEqual(len(self.lines("copy", ours="x", jq="x", file="y")), 2)

    def test_the_first_where_there_is_no_reference(self):
        line, = self.lines("the bytes of json", generator="x", curl="y", igzip="x")
        self.assertTrue(line.startswith("the bytes of json: curl has y, but generator"))

    def test_a_row_too_many(self):
        line, = self.lines("group", file=[["a", "1"]], ours=[["a", "1"], ["b", "2"]])
        self.assertIn("[['b', '2']]", line)


class Forms(unittest.TestCase):
    def test_rows_in_any_order(self):
        self.assertEqual(as_texts([("b", 2), ("a", None)]), as_texts([["a", None], ["b", "2"]]))

    def test_checksum_covers_every_column(self):
        query = checksum_query("r")
        for column in COLUMNS:
            self.assertIn("sum(hashtext(%s::text))" % column.name, query)

    def test_lines(self):
        def of(text):
            with tempfile.TemporaryDirectory() as folder:
                name = os.path.join(folder, "lines")
                with open(name, "wb") as file:
                    file.write(text)
                return lines_sum(name)
        self.assertEqual(of(b"a\nb\n"), of(b"b\na\n"))
        self.assertNotEqual(of(b"a\nb\n"), of(b"a\nc\n"))
        self.assertNotEqual(of(b"a\nb\n"), of(b"a\nb\nb\n"))
        self.assertEqual(of(b""), "0 lines, sum 0")


if __name__ == "__main__":
    unittest.main()
