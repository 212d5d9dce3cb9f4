"""Settings by which the service differs from its documentation."""

import re

from harness import BEARER, SandboxTest

STORES = "/lists/stores"
SALES = "/test/sales?StartDate=2026-01-01&StopDate=2026-03-31"
DAY = "/reports/ProductDetailReport?StartDate=%s&StopDate=%s&SearchMethod=3&ManufacturerID=-1" \
      "&CategoryNumber=10&ReportPart=1"


class Ways(SandboxTest):
    def days(self, start, stop, more=""):
        return sorted({row["DateCreated"][:10] for row in self.rows(DAY % (start, stop) + more)})

    def value(self, name, pattern):
        """The setting's texts of the report that match a pattern."""
        self.settings(**name)
        return re.findall(pattern, self.ask(DAY % ("2026-03-02", "2026-03-02")).body.decode())

    def test_choices(self):
        for name in ("path_case", "filters", "nulls"):
            reply = self.ask("/_sandbox/settings", method="POST", body='{"%s": "odd"}' % name)
            self.assertEqual(reply.status, 400)

    def test_path_case(self):
        path = DAY % ("2026-03-02", "2026-03-02")
        self.assertEqual(self.ask(path.replace("/reports/P", "/Reports/p")).status, 200)
        self.settings(path_case="exact")
        self.assertEqual(self.ask(path.replace("/reports/P", "/Reports/p")).status, 404)
        self.assertEqual(self.ask(path).status, 200)

    def test_parameter_case(self):
        path = SALES + "&storeid=3"
        self.assertEqual({row["StoreID"] for row in self.rows(path)}, {3})
        self.settings(parameter_case="exact")
        self.assertGreater(len({row["StoreID"] for row in self.rows(path)}), 1)
        self.assertEqual({row["StoreID"] for row in self.rows(SALES + "&StoreID=3")}, {3})
        self.assertEqual(self.ask((DAY % ("2026-03-02", "2026-03-02")).lower()).status, 400)

    def test_date_form(self):
        self.settings(date_form="full")
        self.assertEqual(self.ask(SALES).status, 400)
        self.assertEqual(self.ask("/test/sales?StartDate=2026-01-10T00:00:00").status, 200)

    def test_days(self):
        self.assertEqual(self.days("2026-03-02", "2026-03-03"), ["2026-03-02", "2026-03-03"])
        self.settings(last_day="excluded")
        self.assertEqual(self.days("2026-03-02", "2026-03-03"), ["2026-03-02"])
        self.assertEqual(self.days("2026-03-02", "2026-03-02"), [])
        self.settings(last_day="counted", period_shift=12)
        self.assertEqual(self.days("2026-03-02", "2026-03-02"), ["2026-03-02", "2026-03-03"])
        rows = self.rows(DAY % ("2026-03-02", "2026-03-02"))
        self.assertGreaterEqual(min(row["DateCreated"] for row in rows), "2026-03-02T12")

    def test_times_of_periods(self):
        noon, night = "2026-03-02T12:00:00", "2026-03-02T23:59:59"
        path = DAY % (noon, night)
        whole = len(self.rows(path))
        half = len(self.rows(path + "&DatePercision=True"))
        self.assertLess(half, whole)
        self.settings(date_precision=False)
        self.assertEqual(len(self.rows(path + "&DatePercision=True")), whole)
        self.settings(time_of_day="counts")
        self.assertEqual(len(self.rows(path)), half)

    def test_filters(self):
        rows = self.rows(DAY % ("2026-03-02", "2026-03-02"))
        name = rows[0]["InvoiceIDByStore"]
        path = DAY % ("2026-03-02", "2026-03-02") + "&InvoiceIDByStore="

        def found(value):
            return {row["InvoiceIDByStore"] for row in self.rows(path + value)}
        self.assertEqual(found(name), {name})
        self.assertEqual(found(name.swapcase()), set())
        self.settings(filters="any_case")
        self.assertEqual(found(name.swapcase()), {name})
        self.settings(filters="contains")
        self.assertIn(name, found(name[1:-1]))
        self.settings(filters="ignored")
        self.assertEqual(len(self.rows(path + name)), len(rows))
        payments = "/reports/paymentintegrationtransactionbydatereport?StartDate=2026-03-02" \
                   "&StopDate=2026-03-02"
        self.settings(filters="equal")
        places = sorted({row["LocationEntityID"] for row in self.rows(payments)})[:2]
        path = payments + "&LocationEntityIDs=%d,%d" % tuple(places)
        self.assertEqual({row["LocationEntityID"] for row in self.rows(path)}, set(places))
        self.settings(filters="first_only")
        self.assertEqual({row["LocationEntityID"] for row in self.rows(path)}, {places[0]})

    def test_empty_result(self):
        path = DAY % ("1990-01-01", "1990-01-01")
        for way, body in (("array", b"[]"), ("blank", b""), ("table", b"<Table />"),
                          ("null", b"null")):
            self.settings(empty_result=way)
            self.assertEqual(self.ask(path).body, body)
            self.assertGreater(len(self.rows(DAY % ("2026-03-02", "2026-03-02"))), 0)
        self.assertNotEqual(self.ask(path + "&Response=Csv").body, b"null")

    def test_time_format(self):
        for way, pattern in (("iso", r'"\d{4}-\d\d-\d\dT[\d:.]+"'),
                             ("zulu", r'"\d{4}-\d\d-\d\dT[\d:.]+Z"'),
                             ("slashes", r'"\d\d/\d\d/\d{4} [\d:.]+"'),
                             ("net", r'"/Date\(\d+\)/"')):
            self.assertTrue(self.value({"time_format": way}, '"DateCreated":' + pattern), way)

    def test_nulls(self):
        everything = self.value({"nulls": "null"}, r'"RetailerCatalogID":[^,]*')
        self.assertIn('"RetailerCatalogID":null', everything)
        self.settings(nulls="empty")
        body = self.ask(DAY % ("2026-03-02", "2026-03-02")).body
        self.assertNotIn(b":null", body)
        self.assertIn(b'"RetailerCatalogID":""', body)
        absent = self.value({"nulls": "absent"}, r'"RetailerCatalogID":[^,]*')
        self.assertGreater(len(everything), len(absent))
        self.assertNotIn(":null", "".join(absent))

    def test_booleans_and_numbers(self):
        self.assertTrue(self.value({"booleans": "digits"}, r'"SoldAsUsed":[01][,}]'))
        self.assertTrue(self.value({"numbers": "texts"}, r'"UnitPrice":"\d+(\.\d+)?"'))
        self.assertTrue(self.value({"numbers": "commas"}, r'"SaleInvoiceID":"\d+,\d{3}"'))
        self.assertTrue(re.search(rb'"Id":\d', self.ask("/test/rows?Count=1").body))

    def test_stale_session(self):
        headers = {**BEARER, "Cookie": "DataConnectState=stale"}
        self.assertEqual(self.ask(STORES, headers=headers).status, 200)
        self.settings(stale_session="refused")
        self.assertEqual(self.ask(STORES, headers=headers).status, 401)
        cookie = self.ask(STORES).headers["Set-Cookie"].split(";")[0]
        self.assertEqual(self.ask(STORES, headers={**BEARER, "Cookie": cookie}).status, 200)
