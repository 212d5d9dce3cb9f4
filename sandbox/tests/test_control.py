"""The log, the settings, reset, and the command-line client."""

import os
import subprocess
import sys
import time
from email.utils import parsedate_to_datetime

from harness import BEARER, ROOT, SandboxTest


class Log(SandboxTest):
    def test_entries(self):
        self.ask("/Test/Echo?b=2&a=%C3%A9", headers={**BEARER, "X-Mark": "m"})
        self.ask("/test/echo", method="POST", body="z=1",
                 headers={"Content-Type": "application/x-www-form-urlencoded"})
        first, second = self.log()
        self.assertEqual(list(first), [
            "Seq", "Method", "Path", "Query", "Body", "Params", "Auth", "Cookie", "Headers",
            "Connection", "Session", "Concurrent", "Status", "At", "BytesSent", "Ended"])
        self.assertEqual(
            [first[n] for n in ("Seq", "Method", "Path", "Query", "Params", "Auth", "Status")],
            [1, "GET", "/Test/Echo", "b=2&a=%C3%A9", "a=é&b=2", "bearer", 200])
        self.assertIn('"X-Mark": "m"', first["Headers"])
        self.assertEqual([second[n] for n in ("Method", "Body", "Params", "Auth", "Status")],
                         ["POST", "z=1", "z=1", "none", 401])
        self.assertGreater(first["BytesSent"], 100)
        self.assertEqual(self.control("GET", "log?path=/none*"), [])
        self.control("DELETE", "log")
        self.assertEqual(self.log(), [])

    def test_a_request_is_logged_when_it_comes(self):
        self.fault(hold_headers=True)
        self.open("/test/echo")
        self.control("GET", "wait?requests=1&held=1")
        self.assertIsNone(self.log()[0]["Status"])

    def test_reset(self):
        self.fault(status=500, count=0)
        self.settings(concurrency=1)
        self.ask("/test/echo")
        self.control("POST", "reset")
        self.assertEqual(self.log(), [])
        self.assertEqual(self.control("GET", "settings")["concurrency"], 8)
        self.assertEqual(self.ask("/test/echo").status, 200)

    def test_clock(self):
        def ahead():
            sent = parsedate_to_datetime(self.ask("/ping").headers["Date"])
            return sent.timestamp() - time.time()
        self.assertAlmostEqual(ahead(), 0, delta=5)
        self.settings(clock_offset=-3600)
        self.assertAlmostEqual(ahead(), -3600, delta=5)
        self.settings(clock_offset=None)
        self.assertIsNone(self.ask("/ping").headers["Date"])
        self.settings(clock_offset=0)
        self.fault(path="/ping", headers={"date": "then"})
        self.assertEqual(self.ask("/ping").headers.get_all("Date"), ["then"])

    def test_compression(self):
        asks = {"Accept-Encoding": "gzip"}
        self.assertEqual(self.ask("/ping", headers=asks).headers["Content-Encoding"], "gzip")
        self.settings(compression=False)
        self.assertIsNone(self.ask("/ping", headers=asks).headers["Content-Encoding"])

    def test_unknown(self):
        self.assertEqual(self.ask("/_sandbox/nonesuch", headers={}).status, 404)
        for path, body in (("settings", '{"x": 1}'), ("settings", "{"), ("fault", "{"),
                           ("listen", '{"mode": "x"}')):
            reply = self.ask("/_sandbox/" + path, method="POST", headers={}, body=body)
            self.assertEqual(reply.status, 400, (path, body))


class CommandLine(SandboxTest):
    def run_control(self, *arguments, url=None):
        return subprocess.run(
            [sys.executable, "-m", "sandbox.control", *arguments], cwd=ROOT, text=True,
            capture_output=True,
            env={**os.environ, "DATACONNECT_SANDBOX_URL": url or self.server.base})

    def do(self, *arguments):
        done = self.run_control(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def test_verbs(self):
        self.assertEqual(self.do("fault", '{"status": 503}'), "")
        self.assertEqual(self.ask("/test/echo?q=1").status, 503)
        self.assertEqual(self.ask("/test/echo").status, 200)
        self.assertEqual(self.do("log"), "GET /test/echo q=1 503\nGET /test/echo - 200\n")
        self.assertEqual(self.do("log", "--path", "/x*"), "")
        self.assertEqual(self.do("log", "--fields", "auth,status"),
                         "bearer 503\nbearer 200\n")
        self.assertEqual(self.do("log-clear"), "")
        self.assertEqual(self.do("log"), "")
        self.ask("/test/echo")
        self.assertEqual(self.do("log", "--fields", "status", "--clear"), "200\n")
        self.assertEqual(self.do("log"), "")
        self.do("fault", '{"status": 503}')
        self.do("clear")
        self.assertEqual(self.ask("/test/echo").status, 200)
        self.do("settings", '{"concurrency": 3}')
        self.assertIn('"concurrency": 3', self.do("settings"))
        self.do("reset")
        self.assertIn('"concurrency": 8', self.do("settings"))
        self.do("wait", "in_flight=0", "timeout=1")
        self.assertEqual(self.do("ledger", '{"put": [{"Id": 7}]}'), '{"AsOf": 1}\n')
        self.assertEqual(self.do("records", '{"of": "customers", "add": 2}'),
                         '{"added": [2001, 2002]}\n')
        self.do("expire")
        self.do("release")
        self.do("fault", '{"name": "x", "hold_headers": true}')
        self.do("release", "x")
        self.assertRegex(self.do("listen", "silent"), r"\A\d+\n\Z")
        self.ask("/lists/stores", {"Email.To": "a@example.com"})
        self.assertEqual(self.do("mail"),
                         "a@example.com /lists/stores Email.To=a@example.com\n")

    def test_documents(self):
        self.do("document", "/test/values", '[{"é": 1}]')
        self.assertEqual(self.ask("/test/values").body.decode(), '[{"é": 1}]')
        self.do("document", "/test/values?a=1", "--base64", "/w==", "--type", "text/csv")
        reply = self.ask("/test/values?a=1")
        self.assertEqual((reply.body, reply.headers["Content-Type"]), (b"\xff", "text/csv"))
        self.do("document", "/test/values", "@catalogue/universal.json")
        with open(os.path.join(ROOT, "catalogue", "universal.json"), "rb") as file:
            self.assertEqual(self.ask("/test/values").body, file.read())

    def test_failures(self):
        for arguments, word in ((("fault", '{"x": 1}'), "unknown: x"),
                                (("fault",), "number of arguments"),
                                (("log", "--fields", "nope"), "nope"),
                                (("wait", "held=1", "timeout=0"), "not reached")):
            done = self.run_control(*arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertIn(word, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
        done = self.run_control("clear", url="http://127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("127.0.0.1", done.stderr)
