"""Every documented endpoint, in every format, and how reports agree."""

import csv
import io
import re
from decimal import Decimal
from xml.etree import ElementTree

from harness import CATALOGUE, SandboxTest, Server, columns_of, example, login_for

KINDS = {"integer": int, "byte": int, "decimal": (int, float, str), "boolean": bool}
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d\d\d?)?\Z")


def text(value):
    """A JSON value as formats without types write it; floats are not compared."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def same(left, right):
    """Whether texts are equal, or are equal numbers written in two ways."""
    if left == right:
        return True
    try:
        return Decimal(left) == Decimal(right)
    except ArithmeticError:
        return False


def element_text(record, name):
    found = record.find(re.sub(r"[^\w.-]", lambda m: "_x%04X_" % ord(m.group()), name))
    return "" if found is None else found.text or ""


class EveryEndpoint(SandboxTest):
    def requests(self):
        for entry in CATALOGUE:
            if entry["path"] in ("/session/abandon", "/ping"):
                continue
            self.settings(login=login_for(entry["path"]))
            variants = entry.get("variants") or [{}]
            for variant in variants:
                params = example(entry)
                if variant.get("value") not in (None, "*"):
                    params[variant["parameter"]] = variant["value"]
                    for p in entry["parameters"]:
                        when = p.get("required_when", {})
                        if variant["value"] in when.get(variant["parameter"], ()):
                            params[p["name"]] = p["example"]
                yield entry, params

    def test_all_endpoints_are_there(self):
        self.assertEqual(len(CATALOGUE), 132)

    def test_columns_and_kinds(self):
        empty = []
        for entry, params in self.requests():
            with self.subTest(path=entry["path"], params=params):
                if entry["path"] == "/session":
                    continue
                columns = columns_of(entry, params)
                rows = self.rows(entry["path"], params)
                if not rows:
                    empty.append(entry["path"])
                for row in rows:
                    self.assertEqual(list(row), [c["name"] for c in columns])
                self.check_kinds(rows, columns)
        # There may be no row with the example's StockBalanceID and store.
        self.assertLessEqual(set(empty), {"/reports/CompletedRMAsReport"})

    def check_kinds(self, rows, columns):
        for column in columns:
            kind = KINDS.get(column.get("kind"), str)
            dated = column["kind"] == "datetime" and STAMP.match(column.get("example", ""))
            for row in rows:
                value = row[column["name"]]
                if value is None or value == "" and column["kind"] != "string":
                    continue
                self.assertIsInstance(value, kind, (column["name"], value))
                if column.get("kind") in ("integer", "byte"):
                    self.assertNotIsInstance(value, bool, column["name"])
                if dated:
                    self.assertRegex(value, STAMP, column["name"])

    def test_formats_agree(self):
        for entry in CATALOGUE:
            with self.subTest(path=entry["path"]):
                if entry["path"].startswith(("/session", "/Import", "/ping")):
                    continue
                self.settings(login=login_for(entry["path"]))
                params = example(entry, stop="2026-03-02T00:00:00.000Z")
                columns = [c["name"] for c in columns_of(entry, params)]
                rows = self.rows(entry["path"], params)[:200]
                wanted = [[text(row[c]) for c in columns] for row in rows]
                for name, read in (("JsonDataTable", self.read_table),
                                   ("Csv", self.read_csv), ("Xml", self.read_xml),
                                   ("xmldatatable", self.read_xml)):
                    got = read(entry["path"], {**params, "Response": name}, columns)[:200]
                    self.assertEqual(len(got), len(wanted), name)
                    for left, right in zip(got, wanted):
                        self.assertTrue(all(map(same, left, right)), (name, left, right))

    def read_table(self, path, params, columns):
        table = self.rows(path, params)
        self.assertEqual(list(table), ["Records", "Schema"])
        self.assertEqual([s["Column_Name"] for s in table["Schema"]], columns)
        return [[text(row[c]) for c in columns] for row in table["Records"]]

    def read_csv(self, path, params, columns):
        reply = self.ask(path, params)
        self.assertTrue(reply.headers["Content-Type"].startswith("text/csv"))
        rows = list(csv.reader(io.StringIO(reply.body.decode(), newline="")))
        self.assertEqual(rows[0], columns)
        return rows[1:]

    def read_xml(self, path, params, columns):
        reply = self.ask(path, params)
        self.assertTrue(reply.headers["Content-Type"].startswith("text/xml"))
        root = ElementTree.fromstring(reply.body)
        self.assertEqual(root.tag, "Table")
        if params["Response"] == "xmldatatable":
            self.assertEqual([s.find("Column_Name").text for s in root.findall("Schema")],
                             columns)
            self.assertEqual(root[-1].tag, "Schema")
        return [[element_text(r, c) for c in columns] for r in root.findall("Record")]

    def test_missing_required(self):
        for entry in CATALOGUE:
            params = example(entry)
            self.settings(login=login_for(entry["path"]))
            for name in params:
                if name.lower() == "companyid":
                    continue        # a 403
                with self.subTest(path=entry["path"], missing=name):
                    rest = {k: v for k, v in params.items() if k != name}
                    reply = self.ask(entry["path"], rest)
                    self.assertEqual(reply.status, 400)
                    self.assertEqual(list(reply.json()), ["Error", "Message"])
                    self.assertIs(reply.json()["Error"], True)
                    self.assertIn(name, reply.json()["Message"])

    def test_paths(self):
        self.assertEqual(self.ask("/reports/nonesuch").status, 404)
        self.assertEqual(self.rows("/LISTS/STORES"), self.rows("/lists/stores"))

    def test_names_are_awkward(self):
        body = self.ask("/lists/stores").body.decode()
        for piece in ("東京", '\\"', "\\\\", "\\n", "é" if "é" in body else "ö", ","):
            self.assertIn(piece, body)


WINDOW = {"StartDate": "2025-01-01", "StopDate": "2025-03-31"}


class Coherence(SandboxTest):
    def totals(self, rows, key, columns):
        sums = {}
        for row in rows:
            into = sums.setdefault(row[key], [Decimal(0)] * len(columns))
            sums[row[key]] = [a + Decimal(str(row[c])) for a, c in zip(into, columns)]
        return sums

    def test_invoices_and_locations_agree(self):
        invoices = self.rows("/reports/SalesByInvoiceReport", {**WINDOW, "HideRebates": "-1"})
        columns = ["TotalInvoiced", "TotalSales", "TotalCost", "TotalProfit", "TotalCoupon"]
        wanted = self.totals(invoices, "StoreID", columns)
        self.assertGreater(len(wanted), 30)
        for by_date, count in ((None, 1), ("ByMonth", 3)):
            params = {**WINDOW, "SearchMethod": "1", "CategoryNumber": "10"}
            if by_date:
                params["ByDate"] = by_date
            rows = self.rows("/reports/SalesByLocationReport", params)
            self.assertGreater(len(rows), 30 * count)
            got = self.totals(rows, "StoreID",
                              ["TotalInvoiced", "Net", "Cost", "Profit", "Coupon"])
            self.assertEqual(got, wanted)

    def test_invoices_and_employees_agree(self):
        invoices = self.rows("/reports/SalesByInvoiceReport", {**WINDOW, "HideRebates": "-1"})
        rows = self.rows("/reports/SalesByEmployeeReport", WINDOW)
        self.assertEqual(sum(Decimal(str(r["TotalSales"])) for r in rows),
                         sum(Decimal(str(i["TotalSales"])) for i in invoices))

    def test_lines_make_up_their_invoices(self):
        invoices = self.rows("/reports/SalesByInvoiceReport", {**WINDOW, "HideRebates": "-1"})
        history = self.rows("/reports/InvoiceHistoryReport",
                            {**WINDOW, "InvoiceStatus": "-1", "SearchType": "0"})
        lines = self.rows("/reports/ProductDetailReport", {
            **WINDOW, "SearchMethod": "3", "ManufacturerID": "-1", "CategoryNumber": "10",
            "ReportPart": "1"})
        self.assertEqual([i["InvoiceIDByStore"] for i in invoices],
                         [h["InvoiceIDByStore"] for h in history])
        self.assertEqual(self.totals(lines, "SaleInvoiceID", ["TotalPrice", "TotalCost"]),
                         self.totals(invoices, "SaleInvoiceID", ["TotalSales", "TotalCost"]))

    def test_lines_and_taxes(self):
        params = {**WINDOW, "StopDate": "2025-01-02", "SearchMethod": "3",
                  "ManufacturerID": "-1", "CategoryNumber": "1010"}
        path = "/reports/ProductDetailReport"
        lines = self.rows(path, {**params, "ReportPart": "1"})
        taxes = self.rows(path, {**params, "ReportPart": "2"})
        names = self.rows(path, {**params, "ReportPart": "3"})
        self.assertEqual(len(taxes), len(names) * len(lines))
        self.assertEqual({t["TaxID"] for t in taxes}, {n["ColName"] for n in names})
        self.assertTrue(all("Phones" in r["CategoryPath"] for r in lines))

    def test_delta_counts_the_table(self):
        table = "CarrierIntegrationCustomerHandsets"
        rows = self.rows("/bridge/current/data", {"Table": table})
        for since in ("1970-01-01", "2025-06-01T00:00:00Z", "2030-01-01"):
            delta = self.rows("/bridge/current/delta", {"Table": table, "RowDateTime": since})
            self.assertEqual(delta[0]["DeltaCount"],
                             sum(r["RowUpdated"] >= since.rstrip("Z") for r in rows))
        names = [r["Column_Name"] for r in self.rows("/bridge/current/schema")
                 if r["TableName"] == table]
        self.assertEqual(names, list(rows[0]))


class Seeds(SandboxTest):
    arguments = ("--seed", "7")

    def test_determinism(self):
        others = {"7": Server("--seed", "7"), "8": Server("--seed", "8")}
        path = "/reports/SalesByInvoiceReport?StartDate=2025-05-05&StopDate=2025-05-06" \
               "&HideRebates=-1"
        try:
            mine = self.ask(path).body
            got = {}
            for seed, server in others.items():
                self.server, saved = server, self.server
                got[seed] = self.ask(path).body
                self.server = saved
        finally:
            for server in others.values():
                server.stop()
        self.assertEqual(got["7"], mine)
        self.assertNotEqual(got["8"], mine)
