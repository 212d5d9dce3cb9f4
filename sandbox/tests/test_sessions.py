"""Sessions: their cookies, their lock, their end; limits of a company."""

import subprocess
import sys

from harness import BEARER, ROOT, SandboxTest, read_until


def cookie_of(reply):
    """The session cookie that a reply sets, in the form of a request, or None."""
    for line in reply.headers.get_all("Set-Cookie") or ():
        if line.startswith("DataConnectState="):
            return line.split(";")[0]
    return None


class Sessions(SandboxTest):
    def headers(self, cookie):
        return {**BEARER, "Cookie": cookie} if cookie else BEARER

    def session(self):
        return cookie_of(self.ask("/test/echo"))

    def hold(self, cookie, path="/test/sales", **fault):
        """A request of a session that a fault holds, in its reply or before it."""
        self.fault(path=path, **(fault or {"hold_after": {"bytes": 5}}))
        sock = self.open(path, self.headers(cookie))
        self.control("GET", "wait?held=1")
        return sock

    def waits(self, cookie, count):
        """Send a request of a session, and wait until the log has count requests."""
        sock = self.open("/test/echo", self.headers(cookie))
        self.control("GET", "wait?requests=%d" % count)
        return sock

    def test_a_cookie_is_a_session(self):
        cookie = self.session()
        self.assertIsNone(cookie_of(self.ask("/test/echo", headers=self.headers(cookie))))
        first, second = self.log()
        self.assertEqual(first["Session"], cookie.split("=")[1])
        self.assertEqual(second["Session"], first["Session"])

    def test_unknown_and_stale_cookies_start_a_session(self):
        old = self.session()
        self.control("POST", "reset")
        for cookie in (old, "DataConnectState=unknown"):
            reply = self.ask("/test/echo", headers=self.headers(cookie))
            self.assertEqual(reply.status, 200)
            self.assertNotIn(cookie_of(reply), (None, cookie))

    def test_abandon(self):
        cookie = self.session()
        reply = self.ask("/session/abandon", headers=self.headers(cookie))
        self.assertEqual((reply.status, cookie_of(reply)), (200, None))
        self.assertNotIn(cookie_of(self.ask("/test/echo", headers=self.headers(cookie))),
                         (None, cookie))
        self.assertEqual(self.ask("/session/abandon").status, 200)
        self.assertEqual(self.ask("/session/abandon", headers={}).status, 401)

    def test_no_lock(self):
        cookie = self.session()
        self.hold(cookie)
        self.assertEqual(self.ask("/test/echo", headers=self.headers(cookie)).status, 200)

    def test_one_after_another(self):
        self.settings(session_lock=True)
        cookie = self.session()
        first = self.hold(cookie)
        second = self.waits(cookie, 3)
        third = self.waits(cookie, 4)
        self.assertEqual(self.ask("/test/echo").status, 200)
        self.assertEqual([(e["Status"], e["Concurrent"]) for e in self.log()[1:4]],
                         [(200, 1), (None, None), (None, None)])
        self.control("POST", "release")
        for sock in (first, second, third):
            self.assertIn(b"200 OK", read_until(sock, b"}]"))
        self.control("GET", "wait?in_flight=0")
        self.assertEqual([e["Ended"] for e in self.log()[1:4]], [5, 5, 5])

    def test_a_new_session_is_locked_from_its_head_on(self):
        self.settings(session_lock=True)
        self.fault(path="/test/sales", hold_after={"bytes": 5})
        first = self.open("/test/sales")
        head = read_until(first, b"\r\n\r\n").decode()
        cookie = next(l for l in head.split("\r\n") if "DataConnectState" in l)
        self.waits(cookie.split(": ")[1].split(";")[0], 2)
        self.assertIsNone(self.log()[1]["Status"])

    def test_a_connection_that_is_gone_unlocks(self):
        self.settings(session_lock=True)
        cookie = self.session()
        first = self.hold(cookie)
        second, third = self.waits(cookie, 3), self.waits(cookie, 4)
        second.close()
        first.close()
        self.assertIn(b"200 OK", read_until(third, b"}]"))

    def test_a_lock_that_stays(self):
        self.settings(session_lock=True, session_lock_stays=True)
        cookie = self.session()
        self.ask("/test/echo", headers=self.headers(cookie))
        self.hold(cookie).close()
        second, third = self.waits(cookie, 4), self.waits(cookie, 5)
        second.close()
        self.control("GET", "wait?held=0")
        self.assertIsNone(self.log()[4]["Status"])
        self.control("POST", "release")
        self.assertIn(b"200 OK", read_until(third, b"}]"))

    def test_overlaps_are_noted(self):
        known = len(self.control("GET", "overlaps"))
        cookie = self.session()
        for _ in range(20):
            self.ask("/test/sales", headers=self.headers(cookie))
        self.assertEqual(len(self.control("GET", "overlaps")), known)
        self.hold(cookie)
        self.ask("/test/echo?x=1", headers=self.headers(cookie))
        self.control("DELETE", "log")
        last = self.control("GET", "overlaps")[known:]
        self.assertEqual([o["Paths"] for o in last], [["/test/sales", "/test/echo"]])
        self.assertEqual(last[0]["Cookie"], cookie.split("=")[1])
        self.control("POST", "reset")
        self.assertEqual(len(self.control("GET", "overlaps")), known + 1)
        self.control("DELETE", "overlaps")
        self.assertEqual(self.control("GET", "overlaps"), [])

    def test_an_unknown_cookie_can_overlap_too(self):
        self.control("DELETE", "overlaps")
        cookie = "DataConnectState=unknown"
        self.hold(cookie, hold_headers=True)
        self.ask("/test/echo", headers=self.headers(cookie))
        self.assertEqual(len(self.control("GET", "overlaps")), 1)


class Limits(SandboxTest):
    def hold(self, path, count=1):
        self.fault(path=path, hold_headers=True, count=count)
        return [self.open(path) for _ in range(count)]

    def test_of_a_resource(self):
        self.settings(concurrency=2)
        self.hold("/test/sales", 2)
        self.control("GET", "wait?held=2")
        self.assertEqual(self.ask("/test/echo").status, 200)
        self.assertEqual(self.ask("/test/sales").status, 429)

    def test_of_a_company(self):
        self.settings(concurrency=2, limit_by="company")
        self.hold("/test/sales")
        self.hold("/test/things")
        self.control("GET", "wait?held=2")
        self.assertEqual(self.ask("/test/echo").status, 429)
        self.assertEqual(self.log()[2]["Concurrent"], 3)
        self.control("POST", "release")
        self.control("GET", "wait?in_flight=0")
        self.assertEqual(self.ask("/test/echo").status, 200)

    def test_none_until_one_has_ended(self):
        self.settings(concurrency=2, refuse_until_end=True)
        self.hold("/test/echo", 2)
        self.control("GET", "wait?held=2")
        self.assertEqual(self.ask("/test/echo").status, 429)
        self.settings(concurrency=5)
        self.assertEqual(self.ask("/test/echo").status, 429)
        self.assertEqual(self.ask("/test/sales").status, 200)
        self.control("POST", "release")
        self.control("GET", "wait?in_flight=0")
        self.hold("/test/echo")
        self.control("GET", "wait?held=1")
        self.assertEqual(self.ask("/test/echo").status, 200)

    def test_values(self):
        reply = self.ask("/_sandbox/settings", method="POST", body='{"limit_by": "user"}')
        self.assertEqual(reply.status, 400)


class OtherSettings(SandboxTest):
    arguments = ("--set", "concurrency=3", "--set", "limit_by=company")

    def test_they_outlive_a_reset(self):
        self.settings(concurrency=4)
        self.control("POST", "reset")
        settings = self.control("GET", "settings")
        self.assertEqual((settings["concurrency"], settings["limit_by"]), (3, "company"))
        self.assertEqual(settings["max_records"], 1048576)

    def test_unknown(self):
        done = subprocess.run([sys.executable, "-m", "sandbox", "--set", "limit=3"], cwd=ROOT,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("limit=3", done.stderr)
