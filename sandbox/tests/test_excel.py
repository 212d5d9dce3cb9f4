"""Workbooks: what another reader finds in them."""

import io
import xml.etree.ElementTree as ElementTree
import zipfile

from harness import SandboxTest

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cell(element):
    """The value of a cell; None if it is empty."""
    value = element.find(MAIN + "v")
    if element.get("t") == "inlineStr":
        return element.find("%sis/%st" % (MAIN, MAIN)).text or ""
    if value is None:
        return None
    return value.text == "1" if element.get("t") == "b" else float(value.text)


def read(body):
    """The rows of the only sheet, found by the archive's own references."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [[cell(c) for c in row] for row in sheet.iter(MAIN + "row")]


class Excel(SandboxTest):
    def check(self, path):
        reply = self.ask(path, {"Response": "Excel"} if "?" not in path else None)
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["Content-Type"], TYPE)
        self.assertRegex(reply.headers["Content-Disposition"],
                         r"\Aattachment;filename=[a-z]+-\d{4}-\d\d-\d\d\.xlsx\Z")
        return reply.body

    def test_same_as_json(self):
        records = self.rows("/test/rows?Count=10")
        rows = read(self.check("/test/rows?Count=10&Response=Excel"))
        self.assertEqual(rows[0], list(records[0]))
        self.assertEqual(rows[1:], [list(r.values()) for r in records])

    def test_lists(self):
        records = self.rows("/lists/stores")
        rows = read(self.check("/lists/stores"))
        self.assertEqual(len(rows), len(records) + 1)
        self.assertEqual([[type(v) is str for v in r.values()] for r in records],
                         [[type(v) is str for v in row] for row in rows[1:]])

    def test_equal_bytes(self):
        self.assertEqual(self.check("/lists/stores"), self.check("/lists/stores"))

    def test_empty(self):
        self.assertEqual(len(read(self.check("/test/rows?Count=0&Response=excel"))), 1)
