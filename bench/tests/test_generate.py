"""The generator: JSON, CSV and XML have the same values, and are made when needed."""

import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal
from xml.etree import ElementTree

from bench.inventory import COLUMNS, ROOT

COUNT = 9000                    # more than two blocks


def generate(directory, *counts):
    run = subprocess.run([sys.executable, os.path.join(ROOT, "bench", "generate"),
                          "--dir", directory, *map(str, counts)],
                         check=True, stderr=subprocess.PIPE, text=True)
    return run.stderr


class Generate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        generate(cls.folder.name, COUNT, 10)

    def read(self, name, opener=open):
        with opener(os.path.join(self.folder.name, name), "rb") as file:
            return file.read()

    def records(self, count=COUNT):
        return json.loads(self.read("%d.json" % count), parse_float=Decimal)

    def test_it_is_the_documented_report(self):
        self.assertEqual(len(COLUMNS), 26)
        for record in self.records():
            self.assertEqual(list(record), [column.key for column in COLUMNS])

    def test_the_count_is_as_asked(self):
        self.assertEqual(len(self.records()), COUNT)
        self.assertEqual(len(self.records(10)), 10)

    def test_a_small_one_begins_a_large_one(self):
        self.assertEqual(self.records(10), self.records()[:10])

    def test_csv_has_the_same_values(self):
        text = self.read("%d.csv" % COUNT).decode()
        header, *lines = list(csv.reader(text.splitlines(keepends=True)))
        self.assertEqual(header, [column.key for column in COLUMNS])
        self.assertEqual(len(lines), COUNT)
        for record, line in zip(self.records(), lines):
            self.assertEqual([self.as_csv(value) for value in record.values()], line)

    def test_xml_has_the_same_values(self):
        table = ElementTree.fromstring(self.read("%d.xml.gz" % COUNT, gzip.open))
        self.assertEqual((table.tag, {record.tag for record in table}), ("Table", {"Record"}))
        self.assertEqual(len(table), COUNT)
        for record, element in zip(self.records(), table):
            self.assertEqual([(key, self.as_csv(value)) for key, value in record.items()
                              if value is not None],
                             [(field.tag, field.text or "") for field in element])

    def test_csv_tells_null_from_the_empty_text(self):
        first = COLUMNS[0].key
        self.assertEqual(self.records(10)[0][first], "")
        self.assertTrue(self.read("10.csv").splitlines()[1].startswith(b'"",'))
        self.assertIn(b",,", self.read("10.csv"))

    @staticmethod
    def as_csv(value):
        if value is None:
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)

    def test_values_are_mixed(self):
        text = self.read("%d.json" % COUNT)
        for part in (rb'\"', rb"\\", rb"\/", rb"\u00", rb"\n", rb"\t", "é".encode(),
                     "東".encode(), b":null", b":true", b":false", b":-", b'"2027-'):
            self.assertIn(part, text)

    def test_gzipped_is_the_same(self):
        for name in ("%d.json" % COUNT, "%d.csv" % COUNT):
            self.assertEqual(self.read(name + ".gz", gzip.open), self.read(name))

    def test_it_makes_the_same_again(self):
        with tempfile.TemporaryDirectory() as other:
            generate(other, COUNT)
            for kind in ("json", "json.gz", "csv", "csv.gz", "xml.gz", "sha256"):
                name = "%d.%s" % (COUNT, kind)
                with open(os.path.join(other, name), "rb") as file:
                    self.assertEqual(file.read(), self.read(name), name)


class Keep(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.assertIn("10 records", generate(self.folder, 10))

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_what_is_there_is_kept(self):
        self.assertEqual(generate(self.folder, 10), "")

    def test_a_changed_file_is_made_anew(self):
        with open(self.path("10.csv"), "r+b") as file:
            file.write(b"X")
        self.assertIn("10 records", generate(self.folder, 10))
        self.assertEqual(generate(self.folder, 10), "")

    def test_a_missing_file_is_made_anew(self):
        os.unlink(self.path("10.json.gz"))
        self.assertIn("10 records", generate(self.folder, 10))
        self.assertTrue(os.path.exists(self.path("10.json.gz")))

    def test_another_generator_makes_all_anew(self):
        with open(self.path("10.sha256"), encoding="ascii") as file:
            text = file.read()
        with open(self.path("10.sha256"), "w", encoding="ascii") as file:
            file.write(text.replace("generator ", "generator 0", 1))
        self.assertIn("10 records", generate(self.folder, 10))


if __name__ == "__main__":
    unittest.main()
