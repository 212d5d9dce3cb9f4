"""Filters, types, methods, languages, delivery."""

import json
import re

from harness import BEARER, SandboxTest

SALES = "/reports/SalesByInvoiceReport"
DAY = {"StartDate": "2025-05-05", "StopDate": "2025-05-05", "HideRebates": "-1"}


class Things(SandboxTest):
    """/test/things against its own rows, filtered here."""

    def ids(self, **params):
        return [r["Id"] for r in self.rows("/test/things", params)]

    def check(self, holds, **params):
        every = self.rows("/test/things")
        wanted = [r["Id"] for r in every if holds(r)]
        self.assertTrue(0 < len(wanted) < len(every), params)
        self.assertEqual(self.ids(**params), wanted)

    def test_values(self):
        self.check(lambda r: r["Num"] == 3, Num="3.00")
        self.check(lambda r: r["Num"] in (1, 8), Nums="8,1,77")
        self.check(lambda r: (r["Word"] or "").rstrip().lower() == "gamma", Word="GAMMA ")
        self.check(lambda r: r["Word"] in ("it's", "%"), Words="it's,%")
        self.check(lambda r: r["Amount"] == 1.5, Amount="1.50")
        self.check(lambda r: r["Flag"] is False, Flag="false")
        self.check(lambda r: (r["Key"] or "").lower().startswith("b1"),
                   Key="b1111111-2222-3333-4444-555555555551")
        self.check(lambda r: r["GroupID"] in (2, 5), Groups="2,5")
        self.check(lambda r: r["Label"] == "Blue", Label="Blue")
        self.assertEqual(self.ids(Label="BLUE"), [])
        self.assertEqual(self.ids(Label=""), [])
        self.assertEqual(self.ids(Word=""), self.ids())
        self.assertEqual(self.ids(Num="3", Nums="1,2"), [])
        self.assertEqual(self.ask("/test/things", {"Num": "three"}).status, 400)

    def test_times(self):
        self.check(lambda r: (r["Day"] or "").startswith("2026-03-08"), Day="2026-03-08T08:00:00Z",
                   Zone="America/Los_Angeles")
        self.check(lambda r: r["At"] == "2026-01-15T12:30:00.12", Moment="2026-01-15T12:30:00.120Z")
        self.check(lambda r: "2026-02-01" <= (r["At"] or "") < "2026-03-10",
                   From="2026-02-01T08:00:00Z", To="2026-03-09T07:00:00Z", Zone="America/Los_Angeles")
        self.check(lambda r: "2026-02-01" <= (r["At"] or "") < "2026-03-09",
                   From="2026-02-01", To="2026-03-09", LastDay="Excluded")
        self.check(lambda r: r["At"] == "2026-01-01T00:00:00", DatePercision="True",
                   From="2026-01-01T05:00:00Z", To="2026-01-01T05:00:00Z", Zone="America/New_York")
        self.assertEqual(self.ask("/test/things", {"Zone": "Nowhere"}).status, 400)

    def test_more_than_asked_for(self):
        exact, wide = self.ids(Num="3"), self.ids(Num="3", Wide="True")
        self.assertLess(set(exact), set(wide))
        self.assertEqual(self.ids(Group="2", Wide="True"), self.ids(Group="2"))

    def test_limit(self):
        count = len(self.ids(Num="3"))
        self.assertEqual(len(self.ids(Num="3", Limit=str(count))), count)
        self.assertEqual(self.ask("/test/things", {"Num": "3", "Limit": str(count - 1)}).status, 413)


class Windows(SandboxTest):
    def stamps(self, **params):
        return [r["DateCreated"] for r in self.rows("/test/sales", params)]

    def test_the_test_sales(self):
        rows = self.rows("/test/sales")
        self.assertGreater(len(rows), 50)
        self.assertEqual({r["StoreID"] for r in rows}, {1, 2, 3, 4, 5})
        stamps = [r["DateCreated"] for r in rows]
        self.assertEqual(stamps, sorted(stamps))
        for moment in ("2026-01-01T23:59:59.997", "2026-01-02T00:00:00",
                       "2026-03-08T07:00:00", "2026-03-29T01:00:00"):
            self.assertIn(moment, stamps)

    def test_whole_days(self):
        every = self.stamps()
        got = self.stamps(StartDate="2026-01-01T18:00:00Z", StopDate="2026-01-01T01:00:00Z")
        self.assertEqual(got, [s for s in every if s < "2026-01-02"])
        self.assertIn("2026-01-01T00:00:00", got)
        self.assertIn("2026-01-01T23:59:59.997", got)

    def test_zones(self):
        # 23:30 west of Greenwich is the next day in UTC.
        got = self.stamps(StartDate="2026-01-01T23:30:00-05:00", StopDate="2026-01-02")
        self.assertEqual(got, [s for s in self.stamps()
                               if "2026-01-02" <= s < "2026-01-03"])

    def test_instants(self):
        got = self.stamps(StartDate="2026-01-01T00:00:00.001Z",
                          StopDate="2026-01-01T23:59:59.997Z", DatePercision="True")
        every = self.stamps()
        self.assertEqual(got, [s for s in every
                               if "2026-01-01T00:00:00.001" < s <= "2026-01-01T23:59:59.997"])
        self.assertEqual(got[-1], "2026-01-01T23:59:59.997")

    def test_open_ends_and_lists(self):
        every = self.rows("/test/sales")
        got = self.rows("/test/sales", {"StopDate": "2026-02-01", "StoreIDs": "2,4"})
        self.assertEqual(got, [r for r in every if r["DateCreated"] < "2026-02-02"
                               and r["StoreID"] in (2, 4)])
        self.assertEqual(self.rows("/test/sales", {"storeid": "3"}),
                         [r for r in every if r["StoreID"] == 3])

    def test_report_window(self):
        three = self.rows(SALES, {**DAY, "StartDate": "2025-05-04", "StopDate": "2025-05-06"})
        self.assertEqual(self.rows(SALES, DAY),
                         [r for r in three if r["DateCreated"].startswith("2025-05-05")])
        self.assertEqual(self.rows(SALES, {**DAY, "StartDate": "1990-01-01",
                                           "StopDate": "1990-12-31"}), [])


class Filters(SandboxTest):
    def setUp(self):
        super().setUp()
        self.every = self.rows(SALES, DAY)

    def check(self, keep, **params):
        wanted = [r for r in self.every if keep(r)]
        self.assertTrue(0 < len(wanted))
        self.assertEqual(self.rows(SALES, {**DAY, **params}), wanted)

    def test_stores(self):
        self.check(lambda r: r["StoreID"] in (1, 3), LocationType="Store",
                   LocationTypeIDs="1,3")
        self.check(lambda r: True, LocationType="store", LocationTypeIDs="*")
        self.check(lambda r: True, LocationType="Company", LocationTypeIDs="-1")

    def test_places_have_the_listed_numbers(self):
        for kind, column in (("Region", "RegionName"), ("District", "DistrictName"),
                             ("Channel", "ChannelName")):
            listed = self.rows("/lists/LocationIDs", {"LocationType": kind})
            place = next(p for p in listed
                         if any(r[column] == p["Description"] for r in self.every))
            self.check(lambda r: r[column] == place["Description"], LocationType=kind,
                       LocationTypeIDs=str(place["ID"]))

    def test_for_who_counts_only_alone(self):
        one, two = sorted({r["StoreID"] for r in self.every})[:2]
        self.check(lambda r: r["StoreID"] == two, ForWho="4", ForWhoIDs=str(two))
        self.check(lambda r: r["StoreID"] == one, ForWho="4", ForWhoIDs=str(two),
                   LocationType="Store", LocationTypeIDs=str(one))

    def test_ids_need_their_kind(self):
        self.assertEqual(self.ask(SALES, {**DAY, "LocationTypeIDs": "1"}).status, 400)

    def test_categories(self):
        path = "/reports/inventorylistingreport"
        params = {"BinStatus": "10", "QtyStatus": "4", "BlindInventory": "0",
                  "DateAsOf": "2026-01-01"}
        every = self.rows(path, {**params, "CategoryNumber": "10"})
        for root in ("-1", "*", "all"):
            self.assertEqual(self.rows(path, {**params, "CategoryNumber": root}), every)
        phones = self.rows(path, {**params, "CategoryNumber": "1010"})
        self.assertEqual(phones, [r for r in every if "Phones" in r["CategoryPath"]])
        smart = self.rows(path, {**params, "CategoryNumber": "101010"})
        self.assertTrue(0 < len(smart) < len(phones))

    def test_what_the_listing_can_do_without(self):
        path = "/reports/inventorylistingreport"
        params = {"BinStatus": "10", "QtyStatus": "4"}
        every = self.rows(path, params)
        self.assertTrue(every)
        empty = {"CategoryNumber": "", "BlindInventory": "", "DateAsOf": ""}
        self.assertEqual(self.rows(path, {**params, **empty}), every)
        self.assertEqual(self.ask(path, {**params, "BinStatus": ""}).status, 400)

    def test_years_to_come(self):
        sales = self.rows("/reports/SalesByInvoiceReport", {
            "StartDate": "2035-05-01", "StopDate": "2035-05-02", "HideRebates": "-1"})
        self.assertEqual({row["DateCreated"][:10] for row in sales}, {"2035-05-01", "2035-05-02"})
        now, before = (sum(row["Quantity"] for row in self.rows("/reports/inventorylistingreport", {
            "BinStatus": "1", "QtyStatus": "2", "DateAsOf": day})) for day in ("2035-05-01", "2035-04-01"))
        self.assertNotEqual(now, before)

    def test_unknown_parameters(self):
        path = "/reports/inventorylistingreport"
        params = {"BinStatus": "10", "QtyStatus": "4", "ComplanyID": "7"}
        self.assertEqual(self.ask(path, params).status, 200)
        self.settings(unknown_parameters="refused")
        reply = self.ask(path, params)
        self.assertEqual(reply.status, 400)
        self.assertIn(b"complanyid", reply.body)
        del params["ComplanyID"]
        for name in ("CompanyID", "companyid", "DatePercision", "LanguageCode", "categorynumber"):
            self.assertEqual(self.ask(path, {**params, name: "1"}).status, 200, name)
        self.assertEqual(self.ask("/test/echo", {"Any": "1"}).status, 200)

    def test_customers_by_last_change(self):
        path = "/reports/customerlistreport"
        params = {"StartDate": "1970-01-01", "StopDate": "2030-01-01", "TypeOfCustomer": "-1",
                  "FilterBy": "0", "StoreIDLoggedIn": "1"}
        every = self.rows(path, params)
        some = self.rows(path, {**params, "StartDateLastModified": "2025-03-01",
                                "StopDateLastModified": "2025-03-31"})
        self.assertTrue(0 < len(some) < len(every))
        self.assertEqual(some, [r for r in every
                                if "2025-03-01" <= r["LastDateModified"] < "2025-04-01"])

    def test_bins(self):
        path = "/reports/inventorylistingreport"
        params = {"CategoryNumber": "10", "BinStatus": "10", "QtyStatus": "4",
                  "BlindInventory": "0", "DateAsOf": "2026-01-01"}
        every = self.rows(path, params)
        self.assertEqual(self.rows(path, {**params, "BinStatus": "2"}),
                         [r for r in every if r["BinStatus"] == "String_OnRMA"])
        for sign, keep in (("1", lambda q: q < 0), ("2", lambda q: q > 0),
                           ("3", lambda q: q == 0)):
            some = [r for r in every if keep(r["Quantity"])]
            self.assertTrue(some)
            self.assertEqual(self.rows(path, {**params, "QtyStatus": sign}), some)

    def test_people(self):
        params = {"Unique": "false", "GroupID": "-1"}
        every = self.rows("/reports/employeelistreport", {**params, "Status": "2"})
        for status, word in (("0", "Disabled"), ("1", "Enabled")):
            self.assertEqual(
                self.rows("/reports/employeelistreport", {**params, "Status": status}),
                [r for r in every if r["Status"] == word])
        self.assertEqual(len(every), len(self.rows("/lists/employees")))

    def test_a_parameter_with_the_name_of_a_column(self):
        path = "/reports/adjustmenthistoryproductdetailreport"
        params = {"StartDate": "2025-01-01", "StopDate": "2025-03-01", "ReasonCode": "-1"}
        every = self.rows(path, params)
        sku = every[0]["ProductIdentifier"]
        self.assertEqual(self.rows(path, {**params, "ProductIdentifier": sku}),
                         [r for r in every if r["ProductIdentifier"] == sku])


class Types(SandboxTest):
    def test_wrong_types(self):
        for name, value in (("StartDate", "yesterday"), ("StartDate", "2025-02-30"),
                            ("HideRebates", "7"), ("LocationType", "Planet"),
                            ("ForWho", "x"), ("LocationTypeIDs", "1,b"),
                            ("LocationTypeIDs", "1,")):
            with self.subTest(name=name, value=value):
                reply = self.ask(SALES, {"LocationType": "Store", **DAY, name: value})
                self.assertEqual(reply.status, 400)
                self.assertIn(name, reply.json()["Message"])

    def test_empty_is_missing(self):
        self.assertEqual(self.ask(SALES, {**DAY, "StopDate": ""}).status, 400)

    def test_twice_in_one_place(self):
        self.assertEqual(self.ask("/test/echo?A=1&a=2").status, 400)

    def test_bad_format(self):
        self.assertEqual(self.ask("/lists/stores", {"Response": "Yaml"}).status, 400)


class Methods(SandboxTest):
    FORM = {**BEARER, "Content-Type": "application/x-www-form-urlencoded"}
    JSON = {**BEARER, "Content-Type": "application/json; charset=utf-8"}

    def echo(self, query, body, headers):
        reply = self.ask("/test/echo" + query, method="POST", headers=headers, body=body)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json()[0]

    def test_form_and_url_wins(self):
        got = self.echo("?B=url&d=%C3%A9", "a=1&b=body&c=x%26y+z", self.FORM)
        self.assertEqual(got, {"Method": "POST", "Query": "B=url&d=%C3%A9",
                               "Body": "a=1&b=body&c=x%26y+z",
                               "Params": "B=url&a=1&c=x&y z&d=é"})

    def test_json_and_url_wins(self):
        body = json.dumps({"a": 1, "B": "body", "t": True, "n": None, "l": [1, "x"]})
        self.assertEqual(self.echo("?b=url", body, self.JSON)["Params"],
                         "a=1&b=url&l=1,x&t=true")

    def test_bad_bodies(self):
        for headers, body in ((self.JSON, "{"), (self.JSON, "[1]"),
                              ({**BEARER, "Content-Type": "text/plain"}, "a=1"),
                              (self.FORM, b"a=%ff")):
            reply = self.ask("/test/echo", method="POST", headers=headers, body=body)
            self.assertEqual(reply.status, 400, body)

    def test_post_is_get(self):
        body = "&".join("%s=%s" % p for p in DAY.items())
        got = self.rows(SALES, method="POST", headers=self.FORM, body=body)
        self.assertEqual(got, self.rows(SALES, DAY))

    def test_other_methods(self):
        self.assertEqual(self.ask("/test/echo", method="DELETE").status, 405)

    def test_traffic_import(self):
        params = {"StoreID": "3", "StartDate": "2026-01-01T09:00:00Z",
                  "StopDate": "2026-01-01T10:00:00Z", "TrafficCount": "20"}
        first = self.rows("/Import/TrafficCount", params, method="POST")[0]
        self.assertEqual((first["StoreID"], first["TrafficCount"]), (3, 20))
        params.update(TrafficCount="21", TrafficCountID=str(first["TrafficCountID"]))
        again = self.rows("/Import/TrafficCount", params, method="POST")
        self.assertEqual(again, [{**first, "TrafficCount": 21}])
        params["TrafficCountID"] = "99999"
        self.assertEqual(self.ask("/Import/TrafficCount", params, method="POST").status, 400)
        self.assertEqual(self.control("GET", "traffic"), [
            {"TrafficCountID": first["TrafficCountID"], "StoreID": 3, "TrafficCount": 21,
             "StartDate": "2026-01-01T09:00:00", "StopDate": "2026-01-01T10:00:00"}])
        self.settings(traffic_timezone="America/Vancouver")
        params["TrafficCountID"] = ""
        local = self.rows("/Import/TrafficCount", params, method="POST")[0]
        self.assertEqual(local["EndDate"][:19], "2026-01-01T02:00:00")


class Universal(SandboxTest):
    def test_language(self):
        english = self.rows("/lists/StoreTypes")
        french = self.rows("/lists/StoreTypes", {"LanguageCode": "fr-ca"})
        self.assertEqual([t["Type"] for t in english], [t["Type"] for t in french])
        self.assertIn("Magasin de détail", [t["StoreTypeName"] for t in french])
        self.assertEqual(self.rows("/lists/StoreTypes", {"LanguageCode": "en-us"}), english)

    def test_csv_options(self):
        reply = self.ask("/test/echo", {"Response": "CSV", "CSV.Delimiter": ";",
                                        "CSV.Headers": "false"})
        self.assertRegex(reply.body.decode(), r"\AGET;[^;]*;;\"?CSV\.Delimiter=;&")
        self.assertEqual(self.ask("/test/echo", {"Response": "csv", "CSV.Delimiter": "ab"})
                         .status, 400)

    def test_mail(self):
        reply = self.rows("/lists/stores", {"Email.To": "boss@example.com",
                                            "Response": "Csv"})
        self.assertEqual(reply["Error"], False)
        mail = self.control("GET", "mail")
        self.assertEqual([(m["To"], m["Path"]) for m in mail],
                         [("boss@example.com", "/lists/stores")])
        self.assertEqual(mail[0]["Body"], self.ask("/lists/stores", {"Response": "Csv"})
                         .body.decode())

    def test_values_vary(self):
        body = self.ask("/reports/employeelistreport",
                        {"Status": "2", "Unique": "false", "GroupID": "-1"}).body.decode()
        # Missing values come as null and as "".
        self.assertIn('"TerminationDate":null', body)
        self.assertIn('"TerminationDate":""', body)
        self.assertIn('"PersonalEmail":null', body)
        self.assertIn('"PersonalEmail":""', body)
        self.assertNotIn('"null"', body)
        stamps = re.findall(r"T\d\d:\d\d:\d\d(\.\d+)?", self.ask(SALES, {
            **DAY, "StopDate": "2025-06-05"}).body.decode())
        self.assertEqual({len(s) for s in stamps}, {0, 3, 4})
