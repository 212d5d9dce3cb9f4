"""Companies: whose data a login reaches, and the lists of relationships."""

from harness import SandboxTest


class Companies(SandboxTest):
    def status(self, path, **params):
        return self.ask(path, params).status

    def entity(self, path, **params):
        return self.rows(path, params)[0]["LocationEntityID"]

    def test_employee(self):
        self.assertEqual(self.entity("/lists/stores"), 50001)
        self.assertEqual(self.entity("/lists/stores", CompanyID=14205), 50001)
        for path in ("/partner/relationships", "/master/relationships", "/partner/lists/stores"):
            self.assertEqual(self.status(path, CompanyID=14205), 403, path)

    def test_partner(self):
        self.settings(login="partner", company_endpoints={"14205": "https://a.example"})
        rows = self.rows("/Partner/Relationships")
        self.assertEqual([r["CompanyID"] for r in rows], [14205, 14300, 16001])
        self.assertEqual(list(rows[0]), ["CompanyID", "CompanyName", "DoingBusinessAs",
                                         "PreferredEndpoint"])
        self.assertEqual([r["PreferredEndpoint"] for r in rows],
                         ["https://a.example", self.server.base, self.server.base])
        self.assertIsNone(rows[1]["DoingBusinessAs"])
        self.assertEqual(self.status("/master/relationships"), 403)
        self.assertEqual(self.entity("/partner/lists/stores", CompanyID=14205), 14205001)
        self.assertEqual(self.entity("/partner/Lists/Stores", companyid=16001), 16001001)
        self.assertEqual(len(self.rows("/partner/test/rows", {"Count": 3, "CompanyID": 14300})), 3)
        self.assertEqual(self.status("/partner/lists/stores"), 403)
        self.assertEqual(self.status("/partner/lists/stores", CompanyID=21090), 403)
        self.assertEqual(self.status("/lists/stores", CompanyID=14205), 403)
        self.assertEqual(self.status("/partner/nowhere", CompanyID=14205), 404)
        self.assertEqual(self.status("/session"), 200)

    def test_master(self):
        self.settings(login="master", preferred_endpoint="https://near.example")
        rows = self.rows("/master/relationships")
        self.assertEqual([r["CompanyID"] for r in rows], [21090, 14205, 14300, 16001])
        self.assertEqual(list(rows[0]), ["CompanyID", "CompanyName", "PreferredEndpoint"])
        self.assertEqual({r["PreferredEndpoint"] for r in rows}, {"https://near.example"})
        self.assertEqual(self.status("/partner/relationships"), 403)
        self.assertEqual(self.entity("/lists/stores"), 50001)
        self.assertEqual(self.entity("/lists/stores", CompanyID=14300), 14300001)
        self.assertEqual(self.status("/lists/stores", CompanyID=99), 403)
        self.assertEqual(self.status("/partner/lists/stores", CompanyID=14300), 403)

    def test_sales_differ(self):
        self.settings(login="master")
        params = {"StartDate": "2026-03-01", "StopDate": "2026-03-02", "HideRebates": -1}
        own = self.rows("/reports/SalesByInvoiceReport", params)
        other = self.rows("/reports/SalesByInvoiceReport", {**params, "CompanyID": 14205})
        self.assertNotEqual(own, other)
        self.assertEqual(other, self.rows("/reports/SalesByInvoiceReport",
                                          {**params, "CompanyID": 14205}))

    def test_formats(self):
        self.settings(login="partner")
        text = self.ask("/partner/relationships", {"Response": "Csv"}).body.decode()
        self.assertEqual(text.splitlines()[1].split(",")[0], "14205")
