"""Settings that change how replies look, or replace them."""

import re

from harness import BEARER, SandboxTest

EMPLOYEES = "/reports/employeelistreport?Status=2&Unique=false&GroupID=-1"
ROWS = "/test/rows?Count=3000"


class Looks(SandboxTest):
    def body(self, path, **more):
        return self.ask(path, **more).body.decode()

    def test_ping_needs_no_credentials(self):
        for headers in ({}, BEARER):
            reply = self.ask("/Ping", headers=headers)
            self.assertEqual(reply.status, 200)
            self.assertIsInstance(reply.json(), dict)
        self.assertEqual(self.ask("/lists/stores", headers={}).status, 401)

    def test_xml_table_for_json(self):
        self.settings(xml_table_for_json=3)
        self.assertEqual([self.body("/test/rows?Count=0") for _ in range(4)],
                         ["[]", "[]", "<Table />", "[]"])
        for name in ("Csv", "Xml", "JsonDataTable", "XmlDataTable"):
            for _ in range(3):
                self.assertNotEqual(self.body("/test/rows?Count=0&Response=" + name), "<Table />")
        self.settings(xml_table_for_json=1)
        self.assertEqual(self.body("/lists/stores"), "<Table />")
        self.settings(xml_table_for_json=0)
        self.assertNotEqual(self.body("/lists/stores"), "<Table />")

    def test_fraction_digits(self):
        for digits in range(8):
            self.settings(fraction_digits=digits)
            fractions = re.findall(r"T\d\d:\d\d:\d\d(?:\.(\d+))?\"", self.body(ROWS))
            self.assertEqual(len(fractions), 3000)
            self.assertEqual(max(map(len, fractions)), min(digits, 7))
            self.assertFalse([f for f in fractions if f.endswith("0")])
            self.assertIn("", fractions)
        self.settings(fraction_digits=None)
        self.assertEqual({len(f) for f in re.findall(r":\d\d(?:\.(\d+))?\"", self.body(ROWS))},
                         {0, 2, 3})

    def test_money_scale(self):
        path = "/reports/SalesByInvoiceReport?StartDate=2025-01-01&StopDate=2025-01-31" \
               "&HideRebates=-1"
        cut = self.rows(path)
        self.settings(money_scale="varied")
        self.assertEqual(self.rows(path), cut)
        text = self.body(path)
        scales = {len(f) for f in re.findall(r'"TotalSales":-?\d+(?:\.(\d+))?[,}]', text)}
        self.assertEqual({1, 2, 4} & scales, {1, 2, 4})
        self.assertIn('"TotalCoupon":0,', text)

    def test_edition(self):
        first = self.rows("/test/things")
        self.settings(edition=3)
        other = self.rows("/test/things")
        self.assertEqual([row for row in other if (row["Id"] + 3) % 5 == 0], [])
        self.assertEqual(len(other), 51)
        self.assertGreater(sum(row not in first for row in other), 40)
        self.assertEqual(self.rows("/test/things?Num=3"),
                         [row for row in other if row["Num"] == 3])
        self.settings(edition=0)
        self.assertEqual(self.rows("/test/things"), first)

    def test_missing_values(self):
        self.settings(null_text=True)
        self.assertIn('"PersonalEmail":"null"', self.body(EMPLOYEES))
        self.settings(null_text=False, empty_values=False)
        text = self.body(EMPLOYEES)
        self.assertNotIn('"TerminationDate":""', text)
        self.assertIn('"PersonalEmail":""', text)
        # The settings do not apply to fixed rows.
        self.assertIn('"Word":"null"', self.body("/test/things"))

    def test_keys(self):
        self.settings(new_keys={"New One": 1.5, "Other": None},
                      renamed_keys={"Name": "Title"})
        row = self.rows("/test/rows?Count=1")[0]
        self.assertEqual(list(row), ["Id", "Title", "Amount", "Flag", "Created", "Note",
                                     "New One", "Other"])
        self.assertEqual((row["New One"], row["Other"]), (1.5, None))
        self.assertIn("Id,Title,Amount,Flag,Created,Note,New One,Other\r\n1,",
                      self.body("/test/rows?Count=1&Response=Csv"))
        self.assertIn("<New_x0020_One>1.5</New_x0020_One></Record>",
                      self.body("/test/rows?Count=1&Response=Xml"))
        self.assertIn("New One", self.rows("/lists/stores")[0])
