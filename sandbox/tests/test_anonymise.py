"""Anonymising recordings: no value survives, and every shape does."""

import csv
import datetime
import gzip
import io
import json
import os
import random
import re
import stat
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
import zlib

from harness import ROOT
from recordings import Maker

sys.path.insert(0, ROOT)
from sandbox import anonymise, recording                    # noqa: E402
from sandbox.substitutes import Substitutes                 # noqa: E402

GZIP = "Content-Encoding: gzip\r\n"

RECORDS = [
    {"Id": 1001, "Name": "Émile \"Zola\"", "Note": None, "Paid": True, "Amount": 1234.50,
     "At": "2026-03-01T09:30:15.250", "Key": "8f14e45f-ceea-467f-9c2a-1b2d3e4f5a6b", "No": ""},
    {"Id": 1002, "Name": "Société, Générale", "Note": "one\nline & <more>", "Paid": False,
     "Amount": -7.0325, "At": "2026-03-02T00:00:00", "Key": None, "No": "null"},
    {"Id": 1001, "Name": "Émile \"Zola\"", "Note": "汉字汉字", "Paid": None, "Amount": 0,
     "At": "0001-01-01T00:00:00", "Key": "8f14e45f-ceea-467f-9c2a-1b2d3e4f5a6b", "No": "x"}]


def shape(text):
    return re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", re.sub(r"[0-9]", "0", text)))


class Values(unittest.TestCase):
    def setUp(self):
        self.values = Substitutes(1)

    def both(self, *texts):
        for text in texts:
            self.values.note(text)
        return [self.values.replace(text) for text in texts]

    def test_what_stays(self):
        for text in ("", " ", "null", "NULL", "True", "false", "no", "M", "NY", "12", "-5", "0.00",
                     "007", "---", "REPLACED", "0001-01-01", "9999-12-31T00:00:00", "1/1/0001",
                     "/Date(-62135596800000)/"):
            self.assertEqual(self.both(text), [text])

    def test_letters_stay_letters_and_digits_digits(self):
        for text in ("Smith", "Main St. 123-B", "smith@example.com", "+1 (555) 123-4567", "1,234.50",
                     "$1,234.50", "AbC-dEf", "http://x.example/y"):
            new, = self.both(text)
            self.assertEqual(shape(new), shape(text))
            self.assertNotEqual(new, text)

    def test_other_alphabets(self):
        for text in ("Émile", "Müller", "ΑΒΓΔ", "Привет", "汉字汉字", "שלום", "𝄞abc"):
            new, = self.both(text)
            self.assertEqual(len(new.encode()), len(text.encode()))
            self.assertEqual([c.isalpha() for c in new], [c.isalpha() for c in text])
            self.assertNotEqual(new, text)

    def test_equal_values_stay_equal_and_others_different(self):
        chance = random.Random(2)
        texts = ["%s %d" % (chance.choice(["Ann", "Bob", "Eve"]), chance.randrange(50))
                 for _ in range(400)]
        texts += [str(n) for n in range(100, 999)]
        new = self.both(*texts)
        self.assertEqual(len(set(new)), len(set(texts)))
        self.assertEqual(len(set(zip(texts, new))), len(set(texts)))
        self.assertFalse([t for t, n in zip(texts, new) if t == n])

    def test_no_value_comes_back_as_another(self):
        texts = [str(n) for n in range(1000, 4000)] + ["a%db" % n for n in range(300)]
        self.assertFalse(set(texts) & set(self.both(*texts)))

    def test_equal_whatever_the_case_and_spaces(self):
        one, other, padded = self.both("Smith", "SMITH", "Smith  ")
        self.assertEqual((one.upper(), one + "  "), (other, padded))

    def test_numbers_that_are_equal_stay_so(self):
        new = self.both("1234.5", "1234.50", "1234.5000", "-1234.5", "01234.5")
        self.assertEqual(len({abs(float(n)) for n in new}), 1)
        self.assertEqual([shape(n) for n in new],
                         ["0000.0", "0000.00", "0000.0000", "-0000.0", "00000.0"])

    def test_whole_numbers_stay_within_their_type(self):
        for text, limit in (("32767", 2 ** 15), ("2147483647", 2 ** 31),
                            ("9223372036854775807", 2 ** 63), ("100", 1000)):
            for seed in range(30):
                values = Substitutes(seed)
                values.note(text)
                self.assertLess(int(values.replace(text)), limit)

    def test_dates_stay_dates_as_far_apart(self):
        forms = ("2026-03-01", "2026-03-05T10:00:00", "2026-03-05 10:00:00.123Z", "20260306",
                 "3/31/2026", "31/3/2026", "03/05/2026 10:00:00 AM")
        new = self.both(*forms)
        self.assertEqual([shape(n) for n in new[:4]], [shape(f) for f in forms[:4]])
        first, second = (datetime.date.fromisoformat(n[:10]) for n in new[:2])
        self.assertEqual((second - first).days, 4)
        self.assertEqual(first.weekday(), datetime.date(2026, 3, 1).weekday())
        self.assertEqual(new[2][10:], forms[2][10:])
        month, day, year = map(int, new[4].split("/"))
        self.assertEqual((datetime.date(year, month, day) - first).days, 30)
        day, month, year = map(int, new[5].split("/"))
        self.assertEqual((datetime.date(year, month, day) - first).days, 30)
        new, = self.both("/Date(1772357400000)/")
        self.assertEqual((1772357400000 - int(new[6:-2])) % (7 * 86400000), 0)

    def test_no_date_comes_back(self):
        days = [str(datetime.date(2024, 1, 1) + datetime.timedelta(n)) for n in range(1000)]
        self.assertFalse(set(days) & set(self.both(*days)))

    def test_times_and_durations_stay_so(self):
        for text in ("09:30", "23:59:59", "11:30 PM", "1.02:03:04", "PT1H30M", "P10DT12H"):
            new, = self.both(text)
            self.assertEqual(shape(new), shape(text))
            self.assertNotEqual(new, text)
        for seed in range(50):
            self.assertLess(int(Substitutes(seed).replace("23:59")[3:]), 60)
        self.assertRegex(self.both("PT1H30M")[0], r"\APT\dH\d\dM\Z")

    def test_hexadecimal_stays_so(self):
        for text in ("8f14e45f-ceea-467f-9c2a-1b2d3e4f5a6b", "0x00000000000A1B2C",
                     "{8F14E45F-CEEA-467F-9C2A-1B2D3E4F5A6B}", "d41d8cd98f00b204e9800998ecf8427e"):
            new, = self.both(text)
            self.assertRegex(new, r"(?i)\A\{?(0x)?[0-9a-f-]+\}?\Z")
            self.assertEqual(len(new), len(text))
            self.assertNotEqual(new, text)


class Documents(unittest.TestCase):
    def changed(self, text, is_csv=False):
        values = Substitutes(3)
        anonymise.change_document(text, is_csv, values.note)
        return anonymise.change_document(text, is_csv, values.replace)

    def test_nothing_is_lost_on_the_way(self):
        for text, is_csv in ((json.dumps(RECORDS), False), (json.dumps(RECORDS, indent=2), False),
                             ('A,"B"\r\n1,"x ""y"""\r\n,\r\n', True), ("<a x='1'>b &amp; c</a>", False),
                             ("", False), ("\ufeff[1]", False), ("[", False), ('["', False), ('["\\', False),
                             ("<a", False), ("plain text", False)):
            self.assertEqual(anonymise.change_document(text, is_csv, lambda value: value), text)

    def check_values(self, old, new):
        """Two tables: as many rows, the same keys, nulls and booleans, and no text in both."""
        self.assertEqual(len(old), len(new))
        seen = set()
        for before, after in zip(old, new):
            self.assertEqual(list(before), list(after))
            for key in before:
                a, b = before[key], after[key]
                self.assertEqual(type(a), type(b))
                if a is None or isinstance(a, bool) or len(str(a)) < 3 or a == "null" or \
                        str(a).startswith("0001-01-01"):
                    self.assertEqual(a, b)
                else:
                    self.assertEqual(len(str(a)), len(str(b)))
                    self.assertNotEqual(a, b)
                    seen.add((str(a), str(b)))
        self.assertFalse({a for a, _ in seen} & {b for _, b in seen})
        self.assertEqual(len({a for a, _ in seen}), len(seen))

    def test_json(self):
        for ascii in (False, True):
            text = json.dumps(RECORDS, ensure_ascii=ascii)
            new = self.changed(text)
            self.check_values(RECORDS, json.loads(new))
            self.assertEqual(len(new.encode()), len(text.encode()))

    def test_json_with_escapes(self):
        text = r'[{"A":"\u0041\u00e9lan\/\"x\"","B":"\ud834\udd1eabc","C\u0041":"x\\y\tzab"}]'
        new = self.changed(text)
        self.assertRegex(new, r'\A\[\{"A":"\\u00[45][0-9a-f]\\u00[ef][0-9a-f][a-z]{3}\\/\\"[a-z]\\"",'
                              r'"B":"\\ud834\\udd1e[a-z]{3}","C\\u0041":"[a-z]\\\\[a-z]\\t[a-z]{3}"\}\]\Z')

    def test_json_that_is_cut(self):
        text = json.dumps(RECORDS, ensure_ascii=False)
        for end in range(len(text)):
            new = self.changed(text[:end])
            self.assertEqual(len(new), end)
            self.assertNotIn("Zola", new)
            self.assertNotIn("1234.5", new)

    def test_a_data_table_keeps_its_schema(self):
        schema = '"Schema":[{"Column_Name":"Name","Type":"NVARCHAR","SafeType":"String","Length":100}]'
        new = self.changed('{"Records":[{"Name":"Smith"}],%s}' % schema)
        self.assertIn(schema, new)
        self.assertNotIn("Smith", new)

    def test_csv(self):
        out = io.StringIO()
        writer = csv.DictWriter(out, RECORDS[0])
        writer.writeheader()
        writer.writerows(RECORDS)
        text = out.getvalue()
        new = self.changed(text, True)
        old = list(csv.DictReader(io.StringIO(text)))
        for row in old:
            # A boolean and a null are texts here.
            self.assertIn(row["Paid"], ("True", "False", ""))
        self.assertEqual(text.splitlines()[0], new.splitlines()[0])
        self.assertEqual([r["Paid"] for r in old],
                         [r["Paid"] for r in csv.DictReader(io.StringIO(new))])
        without = [{k: v for k, v in r.items() if k != "Paid"} for r in old]
        self.check_values(without, [{k: v for k, v in r.items() if k != "Paid"}
                                    for r in csv.DictReader(io.StringIO(new))])

    def test_xml(self):
        text = ('<?xml version="1.0"?><T xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
                '<R no="4711"><Name>&#201;mile &amp; Zola</Name><Note xsi:nil="true"/>'
                '<Paid>true</Paid><Text><![CDATA[a <b> word]]></Text><At>2026-03-01</At></R></T>')
        new = self.changed(text)
        self.assertRegex(new, r"<Name>&#\d+;[a-z]{4} &amp; [A-Z][a-z]{3}</Name>")
        for part in ('<?xml version="1.0"?>', 'xsi:nil="true"', "<Paid>true</Paid>",
                     'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'):
            self.assertIn(part, new)
        for part in ("Zola", "4711", "word", "2026-03-01"):
            self.assertNotIn(part, new)
        xml.etree.ElementTree.fromstring(new)


class Recordings(unittest.TestCase):
    def setUp(self):
        self.made = Maker(self)
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.out = os.path.join(holder.name, "out")

    def run_tool(self):
        self.remarks = anonymise.anonymise(self.made.directory, self.out, 7)
        return recording.load(self.out)

    def everything(self):
        """All that the copy holds, decompressed where it is compressed."""
        parts = []
        for name in os.listdir(self.out):
            with open(os.path.join(self.out, name), "rb") as file:
                data = file.read()
            if data[:2] == b"\x1f\x8b":
                data = zlib.decompressobj(31).decompress(data)
            parts.append(data.decode())
        return "\n".join(parts)

    def test_a_compressed_body_is_compressed_again(self):
        text = json.dumps(RECORDS).encode()
        body = gzip.compress(text)
        self.made.add("/a", body, headers=GZIP + "Content-Length: %d\r\n" % len(body))
        copy, = self.run_tool()
        self.assertEqual(len(gzip.decompress(copy.body)), len(text))
        self.assertEqual(int(copy.header("Content-Length")), len(copy.body))
        self.assertEqual(copy.end["received"], len(copy.body))
        self.assertEqual(copy.end["chunks"][-1][1], len(copy.body))

    def test_one_that_is_cut_stays_cut(self):
        body = gzip.compress(json.dumps(RECORDS).encode())[:-30]
        self.made.add("/a", body, headers=GZIP + "Content-Length: %d\r\n" % (len(body) + 30),
                      ended="cut")
        copy, = self.run_tool()
        unpack = zlib.decompressobj(31)
        self.assertTrue(unpack.decompress(copy.body))
        self.assertFalse(unpack.eof)
        self.assertEqual(int(copy.header("Content-Length")), len(copy.body) + 30)
        self.assertNotIn("Zola", self.everything())

    def test_damaged_data_are_reported(self):
        body = bytearray(gzip.compress(json.dumps(RECORDS).encode()))
        body[-5] ^= 1
        self.made.add("/a", bytes(body), headers=GZIP)
        self.run_tool()
        self.assertIn("damaged", self.remarks[1])

    def test_what_is_no_document_becomes_zeros(self):
        self.made.add("/a", b"PK\3\4 secret", kind="application/zip")
        copy, = self.run_tool()
        self.assertEqual(copy.body, bytes(11))
        self.assertIn("zeros", self.remarks[1])

    def test_a_value_that_is_sent_is_the_one_that_comes(self):
        self.made.add("/a?StoreID=1001&StoreIDs=1001,1002&Name=Soci%C3%A9t%C3%A9,%20G%C3%A9n%C3%A9rale"
                      "&StartDate=2026-03-01&Response=Json&LocationType=Company&X=12",
                      json.dumps(RECORDS).encode())
        copy, = self.run_tool()
        rows = json.loads(copy.body)
        sent = dict(copy.pairs)
        self.assertEqual(sent["StoreID"], str(rows[0]["Id"]))
        self.assertEqual(sent["StoreIDs"], "%d,%d" % (rows[0]["Id"], rows[1]["Id"]))
        self.assertEqual(sent["StartDate"], rows[0]["At"][:10])
        self.assertEqual((sent["Response"], sent["LocationType"], sent["X"]), ("Json", "Company", "12"))
        self.assertNotIn("1001", self.everything())

    def test_a_form_and_a_document_that_are_sent(self):
        self.made.add("/a", method="POST", sent="StoreID=1001&Name=Smith")
        copy, = self.run_tool()
        self.assertEqual([n for n, _ in copy.pairs], ["StoreID", "Name"])
        self.assertNotIn("Smith", self.everything())

    def test_a_log_in_stays(self):
        body = b'{"access_token":"REPLACED","token_type":"bearer","expires_in":43199}'
        self.made.add("/v1/oauth2/token", body, method="POST",
                      sent="grant_type=password&username=REPLACED")
        copy, = self.run_tool()
        self.assertEqual(copy.body, body)
        self.assertEqual(dict(copy.pairs), {"grant_type": "password", "username": "REPLACED"})

    def test_heads(self):
        self.made.add("/a", headers="X-Customer: Smith-4711\r\nLocation: https://own.example/x\r\n"
                      "Retry-After: 30\r\nSet-Cookie: A=REPLACED; Path=/\r\n")
        copy, = self.run_tool()
        self.assertEqual(copy.header("Retry-After"), "30")
        self.assertEqual(copy.header("Set-Cookie"), "A=REPLACED; Path=/")
        self.assertRegex(copy.header("X-Customer"), r"\A[A-Z][a-z]{4}-\d{4}\Z")
        for part in ("4711", "own.example"):
            self.assertNotIn(part, self.everything())
        self.assertTrue(copy.head.endswith(b"\r\n\r\n"))
        self.assertEqual(copy.status(), 200)

    def test_no_reply_and_no_end(self):
        self.made.add("/a?Name=Smith", None, status=0, ended="no reply")
        self.made.add("/b", b'[{"Name": "Smi', ended=None)
        one, other = self.run_tool()
        self.assertEqual((one.ended, one.head, other.ended), ("no reply", None, "lost"))
        self.assertNotIn("Smi", self.everything())

    def test_the_program(self):
        self.made.add("/a", json.dumps(RECORDS).encode())

        def run():
            return subprocess.run([sys.executable, "-m", "sandbox.anonymise", self.made.directory, self.out],
                                  cwd=ROOT, capture_output=True, text=True, timeout=60)
        done = run()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "1 exchanges\n", ""))
        self.assertEqual(stat.S_IMODE(os.stat(self.out).st_mode), 0o700)
        again = run()
        self.assertEqual(again.returncode, 1)
        self.assertIn("File exists", again.stderr)
