"""Replaying recordings."""

import gzip
import socket
import subprocess
import sys
import time
import unittest
import zlib

from harness import ROOT, SandboxTest, Server, read_end, split
from recordings import Maker

LENGTH = "Content-Length: %d\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


class Replaying(SandboxTest):
    """Each test has a recording, and a sandbox that replays it."""

    @classmethod
    def setUpClass(cls):
        cls.server = None

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.made = Maker(self)

    def replay(self, *arguments):
        self.server = Server("--replay", self.made.directory, *arguments)
        self.addCleanup(self.server.stop)

    def raw(self, path, method="GET", body=""):
        """(head, body) of the whole reply, up to the end of the connection."""
        sock = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
        sock.sendall(("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n"
                      "\r\n%s" % (method, path, len(body), body)).encode())
        data, _ = read_end(sock)
        sock.close()
        return split(data)

    def test_a_reply_comes_back_byte_for_byte(self):
        self.made.add("/a?x=1", b'[{"A": 1}]', headers=LENGTH % 10)
        self.replay()
        head, body = self.raw("/a?x=1")
        self.assertEqual(body, b'[{"A": 1}]')
        self.assertEqual(head.splitlines(), [
            "HTTP/1.1 200 OK", "Content-Type: application/json; charset=utf-8",
            "Content-Length: 10"])

    def test_no_credentials_are_asked_for(self):
        self.made.add("/a", headers=LENGTH % 2)
        self.replay()
        self.assertEqual(self.ask("/a", headers={}).status, 200)

    def test_a_request_is_found_whatever_the_order_and_case_of_its_names(self):
        self.made.add("/Some/Path?a=1&b=two%20words", headers=LENGTH % 2)
        self.replay()
        self.assertEqual(self.ask("/some/path?B=two+words&A=1").status, 200)

    def test_parameters_in_a_body_count_as_those_in_a_url(self):
        self.made.add("/a", method="POST", sent="a=1&b=2", headers=LENGTH % 2)
        self.replay()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.ask("/a", method="POST", headers=form, body="b=2&a=1").status, 200)
        document = {"Content-Type": "application/json"}
        self.assertEqual(self.ask("/a", method="POST", headers=document,
                                  body='{"a": "1", "b": "2"}').status, 200)
        self.assertEqual(self.ask("/a?a=1&b=2").status, 404)

    def test_a_value_that_was_replaced_matches_any(self):
        self.made.add("/v1/oauth2/token", method="POST", headers=LENGTH % 2,
                      sent="grant_type=password&password=REPLACED")
        self.replay()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for body, status in (("grant_type=password&password=x", 200),
                             ("grant_type=refresh_token&password=x", 404)):
            self.assertEqual(self.ask("/v1/oauth2/token", method="POST", headers=form,
                                      body=body).status, status)

    def test_what_was_not_recorded_is_a_404_that_says_what_was(self):
        self.made.add("/a?x=1&y=2").add("/a?x=1&y=3&z=4")
        self.replay()
        for path, message in (
                ("/a?x=1&y=5", "Not recorded: GET /a. Recorded with other parameters: y was 2."),
                ("/a?y=2", "Not recorded: GET /a. Recorded with other parameters: x=1 is missing."),
                ("/a?x=1&y=2&n=1",
                 "Not recorded: GET /a. Recorded with other parameters: n=1 was not sent."),
                ("/b", "Not recorded: GET /b. Recorded are GET /a.")):
            reply = self.ask(path)
            self.assertEqual((reply.status, reply.json()["Message"]), (404, message))

    def test_the_same_request_is_answered_in_turn_and_then_by_the_last(self):
        self.made.add("/a", status=429, headers=LENGTH % 2).add("/a", b"[1]", headers=LENGTH % 3)
        self.replay()
        self.assertEqual([self.ask("/a").status for _ in range(3)], [429, 200, 200])
        self.control("POST", "reset")
        self.assertEqual(self.ask("/a").status, 429)

    def test_who_gave_up_gets_all_of_another_one(self):
        self.made.add("/a", b"[1, 2", headers=CHUNKED, ended="given up")
        self.made.add("/a", b"[1, 2, 3]", headers=CHUNKED)
        self.replay()
        self.assertEqual([self.ask("/a").body for _ in range(2)], [b"[1, 2, 3]"] * 2)

    def test_a_cut_comes_back(self):
        self.made.add("/a", b"[1, 2", headers=LENGTH % 30, ended="cut")
        self.made.add("/b", b"[1, 2", headers=CHUNKED, ended="cut")
        self.made.add("/c", b"[1, 2", headers=CHUNKED, ended=None)
        self.replay()
        head, body = self.raw("/a")
        self.assertIn("Content-Length: 30", head)
        self.assertEqual(body, b"[1, 2")
        for path in ("/b", "/c"):
            self.assertEqual(self.raw(path)[1], b"5\r\n[1, 2\r\n")

    def test_a_reply_without_a_length_ends_with_the_connection(self):
        self.made.add("/a", b"[1, 2]")
        self.replay()
        self.assertEqual(self.raw("/a")[1], b"[1, 2]")

    def test_no_reply_and_half_a_head(self):
        self.made.add("/a", None, status=0, ended="no reply")
        self.made.add("/b", None, ended="no reply")
        self.replay()
        self.assertEqual(self.raw("/a"), ("", b""))
        self.assertIn("HTTP/1.1 200 OK", self.raw("/b")[0])

    def test_a_time_out_waits_until_the_client_goes(self):
        self.made.add("/a", b"[1", headers=CHUNKED, ended="timed out")
        self.replay()
        sock = socket.create_connection(("127.0.0.1", self.server.port), timeout=1)
        sock.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        data = b""
        while not data.endswith(b"2\r\n[1\r\n"):
            data += sock.recv(1000)
        sock.settimeout(0.2)
        self.assertRaises(TimeoutError, sock.recv, 1000)
        sock.close()
        self.control("GET", "wait?in_flight=0")

    def test_a_body_that_was_decoded_is_compressed_again(self):
        text = b'[{"Name": "xxxx"}]'
        self.made.add("/a", text, headers="Content-Encoding: gzip\r\n" + LENGTH % 99)
        self.change_form("decoded")
        self.made.add("/b", text[:9], headers="Content-Encoding: deflate\r\n" + LENGTH % 99,
                      ended="cut")
        self.change_form("decoded")
        self.replay()
        head, body = self.raw("/a")
        self.assertIn("Content-Length: %d" % len(body), head)
        self.assertEqual(gzip.decompress(body), text)
        head, body = self.raw("/b")
        unpack = zlib.decompressobj()
        self.assertEqual((unpack.decompress(body), unpack.eof), (text[:9], False))

    def change_form(self, form):
        self.made.write(".reply.json", self.made.read(".reply.json").replace(
            b'"body": "received"', b'"body": "%s"' % form.encode()))

    def test_a_body_that_was_withheld_is_a_500(self):
        self.made.add("/a", None, headers="Content-Encoding: br\r\n")
        self.change_form("withheld")
        self.replay()
        reply = self.ask("/a")
        self.assertEqual(reply.status, 500)
        self.assertIn("was recorded without its body", reply.json()["Message"])

    def test_each_session_has_its_own_cookie(self):
        self.made.add("/a", headers=LENGTH % 2 + "Set-Cookie: DataConnectState=REPLACED; Path=/\r\n")
        self.replay()
        cookies = [self.ask("/a").headers["Set-Cookie"] for _ in range(2)]
        self.assertEqual(len(set(cookies)), 2)
        self.assertTrue(all(c.endswith("; Path=/") for c in cookies))

    def test_delays(self):
        self.made.add("/a", b"[1, 2, 3]", headers=CHUNKED, head_ms=101, received=9,
                      chunks=[[151, 3], [301, 9]])
        for arguments, least in (("--delays",), 0.3), ((), 0):
            self.replay(*arguments)
            clock = time.monotonic()
            head, body = self.raw("/a")
            took = time.monotonic() - clock
            self.assertGreaterEqual(took, least)
            self.assertEqual(b"".join(body.split(b"\r\n")[1::2]), b"[1, 2, 3]")

    def test_the_log_has_what_was_asked(self):
        self.made.add("/a?x=1", headers=LENGTH % 2)
        self.replay()
        self.ask("/a?x=1")
        self.ask("/b")
        self.assertEqual([(e["Path"], e["Query"], e["Status"]) for e in self.log()],
                         [("/a", "x=1", 200), ("/b", "", 404)])


class Refused(unittest.TestCase):
    def start(self, directory):
        return subprocess.run([sys.executable, "-m", "sandbox", "--replay", directory], cwd=ROOT,
                              capture_output=True, text=True, timeout=30)

    def test_no_recording(self):
        made = Maker(self)
        self.assertIn("has no recording", self.start(made.directory).stderr)
        self.assertIn("No such file", self.start(made.directory + "/none").stderr)

    def test_another_format(self):
        made = Maker(self).add("/a")
        made.write(".request.json", made.read(".request.json").replace(b'"format": 1',
                                                                       b'"format": 2'))
        self.assertIn("is in another format", self.start(made.directory).stderr)

    def test_no_json(self):
        made = Maker(self).add("/a")
        made.write(".reply.json", b"{")
        self.assertIn("is not JSON", self.start(made.directory).stderr)
