"""Data that change while the service runs."""

from harness import CATALOGUE, SandboxTest, example, read_until

LEDGER = "/test/ledger"
DATA, DELTA = "/bridge/current/data", "/bridge/current/delta"
TABLE = "iQclerk_Stores"
CUSTOMERS = "/reports/customerlistreport"


class Changes(SandboxTest):
    def ledger(self, *put, delete=()):
        return self.control("POST", "ledger", {"put": list(put), "delete": list(delete)})["AsOf"]

    def records(self, of, **more):
        return self.control("POST", "records", {"of": of, **more})["added"]

    def ids(self, path=LEDGER, **params):
        return [row["Id"] for row in self.rows(path, params)]

    def refused(self, path, value, word):
        with self.assertRaises(AssertionError) as refusal:
            self.control("POST", path, value)
        self.assertIn("400", str(refusal.exception))
        self.assertIn(word, str(refusal.exception))


class Ledger(Changes):
    def setUp(self):
        super().setUp()
        self.ledger(*({"Id": id, "StoreID": id % 3, "DateCreated": at, "Amount": "12.5"}
                      for id, at in ((3, "2026-03-02"), (1, "2026-03-01"), (2, "2026-03-01T23:59:59.997"),
                                     (4, "2026-03-03T00:00:00.003"), (5, None))))

    def test_rows(self):
        rows = self.rows(LEDGER)
        self.assertEqual(rows[0], {"Id": 1, "StoreID": 1, "DateCreated": "2026-03-01T00:00:00",
                                   "Amount": 12.5, "Note": None, "AsOf": 1})
        self.assertEqual([row["Id"] for row in rows], [1, 2, 3, 4, 5])

    def test_period_and_stores(self):
        self.assertEqual(self.ids(StartDate="2026-03-01", StopDate="2026-03-01"), [1, 2])
        self.assertEqual(self.ids(StartDate="2026-03-02", StopDate="2026-03-03"), [3, 4])
        self.assertEqual(self.ids(StartDate="2026-03-02"), [3, 4])
        self.assertEqual(self.ids(StopDate="2026-03-02"), [1, 2, 3])
        self.assertEqual(self.ids(StartDate="2026-03-01", StopDate="2026-03-01T23:59:59.996",
                                  DatePercision="True"), [1])
        self.assertEqual(self.ids(StoreIDs="1,2", StartDate="2026-03-01", StopDate="2026-03-05"),
                         [1, 2, 4])

    def test_zone(self):
        night = {"StartDate": "2026-03-01T15:00:00Z", "StopDate": "2026-03-01T15:00:00Z"}
        self.assertEqual(self.ids(**night), [1, 2])
        self.assertEqual(self.ids(**night, Zone="Asia/Tokyo"), [3])
        self.assertEqual(self.ask(LEDGER, {"Zone": "Nowhere"}).status, 400)

    def test_a_change_is_of_one_moment(self):
        self.assertEqual(self.ledger({"Id": 1, "DateCreated": "2026-03-03"}, {"Id": 9, "Note": "é"},
                                     delete=[2]), 2)
        rows = {row.pop("Id"): row for row in self.rows(LEDGER)}
        self.assertEqual(list(rows), [1, 3, 4, 5, 9])
        self.assertEqual(rows[1], {"StoreID": 1, "DateCreated": "2026-03-03T00:00:00",
                                   "Amount": 12.5, "Note": None, "AsOf": 2})
        self.assertEqual(rows[9], {"StoreID": None, "DateCreated": None, "Amount": None,
                                   "Note": "é", "AsOf": 2})

    def test_a_reply_has_the_rows_of_its_request(self):
        self.fault(name="h", hold_headers=True)
        held = self.open(LEDGER)
        self.control("GET", "wait?held=1")
        self.ledger(delete=[1])
        self.control("POST", "release?name=h")
        self.assertIn(b'"Id":1,', read_until(held, b"]"))
        self.assertEqual(self.ids(), [2, 3, 4, 5])

    def test_strays(self):
        self.settings(stray_days=1)
        self.assertEqual(self.ids(StartDate="2026-03-02", StopDate="2026-03-02"), [1, 2, 3, 4, 5])
        self.assertEqual(self.ids(StartDate="2026-03-04", StopDate="2026-03-04"), [4, 5])
        self.settings(stray_days=0)
        self.assertEqual(self.ids(StartDate="2026-03-02", StopDate="2026-03-02"), [3])

    def test_too_many(self):
        self.settings(max_records=2)
        self.assertEqual(self.ask(LEDGER).status, 413)
        self.assertEqual(self.ids(StartDate="2026-03-01", StopDate="2026-03-01"), [1, 2])
        self.assertEqual(self.ask(LEDGER, {"StartDate": "2026-03-01"}).status, 413)

    def test_refused_changes_change_nothing(self):
        for value, word in (({"put": [{"Id": 6}, {"Nr": 7}]}, "an Id"), ({"put": [{"StoreID": 6}]}, "an Id"),
                            ({"put": [{"Id": 6}], "delete": [8]}, "no row 8"),
                            ({"put": [{"Id": 6, "DateCreated": "soon"}]}, "time"),
                            ({"put": [{"Id": 6, "Amount": "much"}]}, "number"),
                            ({"delete": "1"}, "list"), ({"put": [], "x": 1}, "unknown: x")):
            self.refused("ledger", value, word)
        self.assertEqual({row["AsOf"] for row in self.rows(LEDGER)}, {1})
        self.assertEqual(self.ids(), [1, 2, 3, 4, 5])

    def test_reset(self):
        self.control("POST", "reset")
        self.assertEqual(self.ids(), [])
        self.assertEqual(self.ledger({"Id": 1}), 1)


class Bridge(Changes):
    def table(self):
        return [{name: None if value == "" else value for name, value in row.items()}     # some are "" at one time
                for row in self.rows(DATA, {"Table": TABLE})]

    def delta(self, since, table=TABLE):
        return self.rows(DELTA, {"Table": table, "RowDateTime": since})[0]["DeltaCount"]

    def test_changes(self):
        before = self.table()
        self.assertEqual(self.delta("2026-07-01"), 0)
        self.assertEqual(self.records(TABLE, add=2, change=[1, 3], delete=[2]), [401, 402])
        after = self.table()
        self.assertEqual(len(after), 401)
        self.assertEqual(after[2:399], before[3:])
        for old, new in ((before[0], after[0]), (before[2], after[1])):
            differ = {name for name in old if old[name] != new[name]}
            self.assertLessEqual({"RowThumbprint", "RowUpdated"}, differ)
            self.assertLessEqual(differ, {"RowThumbprint", "RowUpdated", "Operation", "DepositAmount"})
            self.assertEqual(new["Operation"], "Updated")
            self.assertGreater(new["RowUpdated"], "2026-07")
        added = after[-1]
        self.assertEqual(added["RowInserted"][:19], added["RowUpdated"][:19])
        self.assertEqual(len({row["CarrierCustomerHandsetID"] for row in after}), 401)

    def test_delta(self):
        self.records(TABLE, add=2, change=[1, 3])
        first = max(row["RowUpdated"] for row in self.table()) + "Z"
        self.assertEqual(self.delta("2026-07-01"), 4)
        self.assertEqual(self.delta("2026-07-01", "iQclerk_Products"), 0)
        self.records(TABLE.lower(), delete=[5, 401])
        self.assertEqual(self.delta("2026-07-01"), 5)
        self.assertEqual(self.delta("2999-01-01"), 0)
        self.settings(delta_counts_deletions=False)
        self.assertEqual(self.delta("2026-07-01"), 3)
        self.records(TABLE, change=[1])
        self.assertGreaterEqual(self.delta(first), 1)
        self.assertEqual(self.delta("1970-01-01"), len(self.table()))

    def test_refused(self):
        self.records(TABLE, delete=[5])
        for value, word in (({"of": TABLE, "change": [5]}, "no record 5"),
                            ({"of": TABLE, "delete": [401]}, "no record 401"),
                            ({"of": "stores", "add": 1}, "customers"), ({"of": TABLE, "x": 1}, "x"),
                            ({"add": 1}, "of")):
            self.refused("records", value, word)
        self.assertEqual(len(self.table()), 399)


class Customers(Changes):
    def customers(self, **more):
        entry = next(e for e in CATALOGUE if e["path"] == CUSTOMERS)
        params = {**example(entry), "StartDate": "2024-01-01", "StopDate": "2026-12-31", **more}
        return {row["CustomerID"]: row for row in self.rows(CUSTOMERS, params)}

    def test_changes(self):
        before = self.customers()
        self.assertEqual(self.records("customers", add=1, change=[3, 5], delete=[4]), [2001])
        self.records("customers", change=[5])
        after = self.customers()
        self.assertEqual(set(after), set(before) - {4} | {2001})
        self.assertEqual([id for id in before if id != 4 and before[id] != after[id]], [3, 5])
        self.assertEqual(after[5]["Address"], before[5]["Address"] + ", moved 2 times")
        lately = max(min(after[id]["LastDateModified"] for id in (3, 5, 2001)), "2026-07")
        some = self.customers(StartDateLastModified=lately, StopDateLastModified="2999-01-01",
                              DatePercision="True")
        self.assertLessEqual({3, 5, 2001}, set(some))
        self.assertNotIn(4, some)


class Invoices(Changes):
    def days(self, stop="2026-03-03"):
        found = {}
        for row in self.rows("/reports/SalesByInvoiceReport", {
                "StartDate": "2026-03-01", "StopDate": stop, "HideRebates": "-1"}):
            found.setdefault(row["DateCreated"][:10], []).append(row)
        return found

    def test_editions_of_days(self):
        before = self.days()
        self.settings(day_editions={"2026-03-02": 1, "2026-03-03": None})
        after = self.days()
        self.assertEqual(list(after), ["2026-03-01", "2026-03-02"])
        self.assertEqual(after["2026-03-01"], before["2026-03-01"])
        old, new = ({row["SaleInvoiceID"]: row for row in rows["2026-03-02"]}
                    for rows in (before, after))
        common = set(old) & set(new)
        self.assertGreater(len(common), 15)
        self.assertTrue(all(old[id] != new[id] for id in common))
        self.settings(day_editions={})
        self.assertEqual(self.days(), before)

    def test_strays(self):
        self.settings(stray_days=1)
        self.assertEqual(list(self.days("2026-03-01")), ["2026-02-28", "2026-03-01", "2026-03-02"])
