"""Each fault, as seen on the wire."""

import base64
import gzip
import json
import socket
import time
import zlib

from harness import BEARER, SandboxTest, read_end, read_until, split

PATH = "/test/doc"
WHOLE = b'[{"A":1,"B":"two","C":null},{"A":2.50,"B":"three","C":true}]'


class Faults(SandboxTest):
    def setUp(self):
        super().setUp()
        self.document(WHOLE)

    def document(self, body, query=""):
        reply = self.ask("/_sandbox/document?path=" + PATH + query, method="PUT", headers={},
                         body=body)
        self.assertEqual(reply.status, 204)

    def raw(self, headers=BEARER):
        """(head, body, reset) of one request on a connection that the sandbox ends."""
        data, reset = read_end(self.open(PATH, {**headers, "Connection": "close"}))
        head, body = split(data)
        return head, body, reset

    def get(self):
        return self.ask(PATH).body

    # Which requests.

    def test_once_unless_counted(self):
        self.fault(status=503)
        self.assertEqual([self.ask(PATH).status for _ in range(2)], [503, 200])
        self.fault(status=500, count=2)
        self.assertEqual([self.ask(PATH).status for _ in range(3)], [500, 500, 200])
        self.fault(status=500, count=0)
        self.assertEqual([self.ask(PATH).status for _ in range(4)], [500] * 4)
        self.control("DELETE", "fault")
        self.assertEqual(self.ask(PATH).status, 200)

    def test_processed(self):
        path = "/Import/TrafficCount?StoreID=3&StartDate=2026-01-01&StopDate=2026-01-02&TrafficCount="
        rows = lambda: [row["TrafficCount"] for row in self.control("GET", "traffic")]
        self.fault(status=503)
        self.assertEqual((self.ask(path + "1", method="POST").status, rows()), (503, []))
        self.fault(gateway=504, processed=True)
        self.assertEqual((self.ask(path + "2", method="POST").status, rows()), (504, [2]))
        self.fault(never=True, processed=True)
        connection = self.open(path + "3")
        self.control("GET", "wait?held=1")
        self.assertEqual(rows(), [2, 3])
        connection.close()
        self.fault(cut={"after": 5})
        self.assertEqual(read_end(self.open(path + "4"))[0][-5:], b'[{"Tr')
        self.assertEqual(rows(), [2, 3, 4])

    def test_matching(self):
        self.fault(path="/test/*", method="post", param={"a": 1}, status=500)
        form = {**BEARER, "Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.ask(PATH + "?a=1").status, 200)
        self.assertEqual(self.ask(PATH, method="POST", headers=form, body="a=2").status, 200)
        self.assertEqual(self.ask("/lists/stores", method="POST", headers=form,
                                  body="a=1").status, 200)
        self.assertEqual(self.ask(PATH, method="POST", headers=form, body="A=1").status, 500)

    def test_matching_credentials(self):
        self.fault(auth="query", status=500)
        self.assertEqual(self.ask(PATH).status, 200)
        self.assertEqual(self.ask(PATH + "?Auth=sandbox-token", headers={}).status, 500)
        self.fault(auth="bearer", status=500)
        self.assertEqual(self.ask(PATH + "?Auth=sandbox-token", headers={}).status, 200)
        self.assertEqual(self.ask(PATH).status, 500)

    def test_a_list_of_faults_in_turn(self):
        self.control("POST", "fault", [{"status": 500}, {"status": 429}])
        self.assertEqual([self.ask(PATH).status for _ in range(3)], [500, 429, 200])

    def test_gateway(self):
        for status in (502, 504):
            self.fault(gateway=status)
            reply = self.ask(PATH)
            self.assertEqual((reply.status, reply.headers["Content-Type"]), (status, "text/html"))
            self.assertIn(b"<title>%d " % status, reply.body)
        self.assertEqual(self.get(), WHOLE)
        reply = self.ask("/_sandbox/fault", method="POST", headers={}, body='{"gateway":503}')
        self.assertEqual(reply.status, 400)

    def test_unknown_fault(self):
        reply = self.ask("/_sandbox/fault", method="POST", headers={}, body='{"dely": 1}')
        self.assertEqual(reply.status, 400)
        self.assertIn("dely", reply.json()["Message"])

    # When.

    def test_never(self):
        self.fault(never=True)
        sock = self.open(PATH)
        self.control("GET", "wait?held=1")
        sock.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            sock.recv(1)
        sock.close()
        self.control("GET", "wait?held=0&in_flight=0")
        for cut, wanted in ({}, False), ({"cut": {"how": "reset"}}, True):
            self.fault(never=True, **cut)
            sock = self.open(PATH)
            self.control("GET", "wait?held=1")
            self.control("POST", "release")
            self.assertEqual(read_end(sock), (b"", wanted))

    def test_delays(self):
        for name, mark in (("delay_headers", b"HTTP/1.1"), ("delay_body", b"[")):
            self.fault(**{name: 0.3})
            started = time.monotonic()
            sock = self.open(PATH)
            if name == "delay_body":
                read_until(sock, b"\r\n\r\n")
                self.assertLess(time.monotonic() - started, 0.25)
            read_until(sock, mark)
            self.assertGreaterEqual(time.monotonic() - started, 0.29)

    def test_hold_headers_and_release(self):
        self.fault(hold_headers=True)
        sock = self.open(PATH)
        self.control("GET", "wait?held=1")
        self.control("POST", "release")
        self.assertIn(b"200 OK", read_until(sock, b"}]"))

    def test_hold_after(self):
        self.fault(hold_after={"bytes": 20})
        sock = self.open(PATH)
        self.control("GET", "wait?held=1")
        head, body = split(read_until(sock, WHOLE[:20]))
        self.assertEqual(body, WHOLE[:20])
        self.control("POST", "release")
        self.assertEqual(read_until(sock, WHOLE[20:]), WHOLE[20:])

    def test_hold_in_a_big_reply(self):
        self.fault(hold_after={"bytes": 500_000})
        sock = self.open("/test/rows?Count=50000")
        self.control("GET", "wait?held=1")
        read_until(sock, b'"Id":3000,')
        self.control("POST", "release")
        self.assertIn(b'"Id":50000,', read_until(sock, b"\r\n0\r\n\r\n"))

    def test_release_before_the_hold_is_reached(self):
        self.fault(hold_headers=True, delay_headers=0.2)
        sock = self.open(PATH)
        self.control("POST", "release")
        self.assertIn(b"200 OK", read_until(sock, b"}]"))

    def test_release_by_name(self):
        self.control("POST", "fault", [{"name": name, "hold_headers": True}
                                       for name in ("a", "b")])
        first = self.open(PATH)
        self.control("GET", "wait?held=1")
        second = self.open(PATH)
        self.control("GET", "wait?held=2")
        self.control("POST", "release?name=b")
        self.assertIn(b"200 OK", read_until(second, b"}]"))
        self.control("GET", "wait?held=1&in_flight=1")
        self.control("POST", "release?name=a")
        self.assertIn(b"200 OK", read_until(first, b"}]"))
        self.assertEqual(self.ask("/_sandbox/release?name=c", method="POST").status, 400)

    def test_hold_after_the_head_of_gzip(self):
        self.fault(hold_after={"bytes": 10})
        sock = self.open(PATH, {**BEARER, "Accept-Encoding": "gzip"})
        self.control("GET", "wait?held=1")
        body = split(read_until(sock, b"\x1f\x8b\x08"))[1]
        while len(body) < 10:
            body += sock.recv(10)
        self.assertEqual(len(body), 10)
        unpacker = zlib.decompressobj(31)
        self.assertEqual(unpacker.decompress(body), b"")
        self.assertEqual(unpacker.unused_data, b"")
        self.control("POST", "release")
        self.assertEqual(unpacker.decompress(sock.recv(65536)), WHOLE)

    def test_drip(self):
        self.fault(drip={"bytes": 10, "every": 0.02})
        started = time.monotonic()
        self.assertEqual(self.get(), WHOLE)
        self.assertGreaterEqual(time.monotonic() - started, 0.02 * ((len(WHOLE) - 1) // 10))

    # Cut.

    def test_cut_close(self):
        for after in (0, 1, 20, len(WHOLE) - 1):
            self.fault(cut={"after": after, "how": "close"})
            head, body, reset = self.raw()
            self.assertIn("Content-Length: %d" % len(WHOLE), head)
            self.assertEqual((body, reset), (WHOLE[:after], False))

    def test_cut_reset(self):
        self.fault(cut={"after": 20, "how": "reset"})
        head, body, reset = self.raw()
        self.assertEqual((body, reset), (WHOLE[:20], True))

    def test_cut_short_length(self):
        for after, promised in ((20, len(WHOLE)), (len(WHOLE), len(WHOLE) + 1)):
            self.fault(cut={"after": after, "how": "short_length"})
            head, body, reset = self.raw()
            self.assertIn("Content-Length: %d\r" % promised, head + "\r")
            self.assertEqual(body, WHOLE[:after])

    def test_cut_chunk(self):
        for after in (0, 20, len(WHOLE)):
            self.fault(cut={"after": after, "how": "chunk"})
            head, body, reset = self.raw()
            self.assertIn("Transfer-Encoding: chunked", head)
            whole = b"%x\r\n%b\r\n" % (after, WHOLE[:after]) if after else b""
            self.assertEqual(body, whole + b"1000\r\n[")

    def test_cut_gzip(self):
        self.fault(cut={"after": 30, "how": "gzip"})
        head, body, reset = self.raw()
        self.assertIn("Content-Encoding: gzip", head)
        self.assertIn("Content-Length: 30", head)
        self.assertEqual(len(body), 30)
        with self.assertRaises(EOFError):
            gzip.decompress(body)
        self.assertTrue(WHOLE.startswith(zlib.decompressobj(31).decompress(body)))

    def test_cut_truncate(self):
        self.fault(cut={"after": 20, "how": "truncate"})
        head, body, reset = self.raw()
        self.assertIn("Content-Length: 20", head)
        self.assertEqual(body, WHOLE[:20])

    def test_cut_close_delimited(self):
        for cut, wanted in (({"after": 20}, WHOLE[:20]), ({}, WHOLE)):
            self.fault(cut={"how": "close_delimited", **cut})
            head, body, reset = self.raw()
            self.assertNotIn("Content-Length", head)
            self.assertNotIn("Transfer-Encoding", head)
            self.assertIn("Connection: close", head)
            self.assertEqual((body, reset), (wanted, False))

    def test_cut_counts_compressed_bytes(self):
        self.fault(cut={"after": 15, "how": "close"})
        head, body, reset = self.raw({**BEARER, "Accept-Encoding": "gzip"})
        self.assertIn("Content-Encoding: gzip", head)
        self.assertEqual(len(body), 15)

    def test_cut_in_a_big_reply(self):
        self.fault(cut={"after": 700_000, "how": "close"})
        data, _ = read_end(self.open("/test/rows?Count=50000"))
        self.assertFalse(data.endswith(b"0\r\n\r\n"))
        self.assertGreater(len(data), 700_000)
        self.assertLess(len(data), 705_000)

    # What.

    def test_status_body_headers(self):
        self.fault(status=418, body={"Error": True}, headers={"Retry-After": 3},
                   content_type="text/plain")
        reply = self.ask(PATH)
        self.assertEqual((reply.status, reply.headers["Retry-After"],
                          reply.headers["Content-Type"], reply.json()),
                         (418, "3", "text/plain", {"Error": True}))
        self.fault(body="<html>log in</html>", content_type="text/html")
        reply = self.ask(PATH)
        self.assertEqual((reply.status, reply.body), (200, b"<html>log in</html>"))

    def test_empty_body(self):
        for spec in ({"body": ""}, {"status": 200}):
            self.fault(**spec)
            reply = self.ask(PATH)
            self.assertEqual((reply.status, reply.body), (200, b""))

    def test_raw(self):
        octets = bytes(range(256))
        self.fault(raw=base64.b64encode(octets).decode())
        self.assertEqual(self.get(), octets)
        for cut, wanted in ({}, False), ({"cut": {"how": "reset"}}, True):
            self.fault(raw_reply=base64.b64encode(b"not HTTP at all").decode(), **cut)
            self.assertEqual(read_end(self.open(PATH)), (b"not HTTP at all", wanted))

    def test_around(self):
        self.fault(prefix="\n ", suffix={"base64": base64.b64encode(b"\xff]").decode()})
        self.assertEqual(self.get(), b"\n " + WHOLE + b"\xff]")
        self.fault(bom=True)
        self.assertEqual(self.get(), b"\xef\xbb\xbf" + WHOLE)

    def test_invalid_utf8(self):
        self.fault(invalid_utf8=True)
        self.assertEqual(self.get(), WHOLE.replace(b'"two', b'"\xff\xfetwo'))

    def test_keys(self):
        self.fault(rename={"B": "Beta"}, drop=["C"], add={"D": [1]}, duplicate="A")
        self.assertEqual(self.get(), b'[{"A":1,"Beta":"two","A":1,"D":[1]},'
                                     b'{"A":2.50,"Beta":"three","A":2.50,"D":[1]}]')
        self.fault(duplicate={"A": 7}, record=2)
        self.assertEqual(self.get(), WHOLE[:-2] + b',"A":7}]')

    def test_shapes(self):
        self.fault(object=True)
        self.assertEqual(json.loads(self.get())["Rows"], json.loads(WHOLE))
        self.fault(huge=100_000, record=1)
        self.assertEqual(len(self.get()), len(WHOLE) + 100_000 + len(',"Huge":""'))
        self.fault(depth=50, record=1)
        self.assertIn(b'"Deep":' + b"[" * 50 + b"]" * 50, self.get())

    def test_expired_token(self):
        self.fault(expired_token=True)
        self.assertEqual([self.ask(PATH).status for _ in range(2)], [401, 200])

    def test_cookie(self):
        self.fault(set_cookie=["DataConnectState=other; Path=/"])
        self.assertIn("DataConnectState=other; Path=/",
                      self.ask(PATH).headers.get_all("Set-Cookie"))

    def test_redirect(self):
        self.fault(status=302, headers={"Location": "http://127.0.0.1:1/"})
        self.assertEqual(self.ask(PATH).headers["Location"], "http://127.0.0.1:1/")

    def test_the_token_service_too(self):
        self.fault(path="/v1/oauth2/token", status=500)
        self.assertEqual(self.ask("/v1/oauth2/token", method="POST", headers={}, body="")
                         .status, 500)

    # Documents.

    def test_documents(self):
        self.assertEqual(self.get(), WHOLE)
        self.assertEqual(self.ask(PATH, headers={}).status, 401)
        self.document(b"[3]", "&StoreID=3")
        self.document(b"[2]", "&StoreID=2")
        self.assertEqual([self.ask(PATH + "?storeid=" + i).body for i in "2345"],
                         [b"[2]", b"[3]", WHOLE, WHOLE])
        self.document(b"[33]", "&StoreID=3")
        self.document(WHOLE)
        self.assertEqual(self.ask(PATH + "?StoreID=3").body, b"[33]")
        self.control("DELETE", "document")
        self.assertEqual(self.ask(PATH).status, 404)
        self.assertEqual(self.ask("/test/values").status, 404)


class Listeners(SandboxTest):
    def connect(self, port):
        sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.addCleanup(sock.close)
        return sock

    def listen(self, mode):
        return self.connect(self.control("POST", "listen", {"mode": mode})["port"])

    def test_modes(self):
        self.assertEqual(read_end(self.listen("close"))[0], b"")
        self.assertIn(b"neither HTTP", read_end(self.listen("garbage"))[0])
        silent = self.listen("silent")
        silent.sendall(b"GET / HTTP/1.1\r\n\r\n")
        silent.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            silent.recv(1)

    def test_away_and_back(self):
        port = self.control("POST", "listen", {"mode": "refuse"})["port"]
        with self.assertRaises(ConnectionRefusedError):
            self.connect(port)
        self.control("POST", "listen", {"mode": "close", "port": port})
        for _ in range(3):
            self.assertEqual(read_end(self.connect(port))[0], b"")
        self.control("GET", "wait?connections=3")
        self.control("POST", "listen", {"mode": "service", "port": port})
        sock = self.connect(port)
        sock.sendall(b"GET /test/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                     b"Authorization: Bearer sandbox-token\r\n\r\n")
        self.assertIn(b"200 OK", read_end(sock)[0])
        self.assertEqual(self.control("GET", "listen?port=%d" % port),
                         {"port": port, "mode": "service", "connections": 4})
        self.assertEqual(self.control("POST", "listen", {"mode": "refuse", "port": port}),
                         {"port": port, "mode": "refuse", "connections": 4})
        with self.assertRaises(ConnectionRefusedError):
            self.connect(port)
        self.assertEqual(self.ask("/_sandbox/listen?port=1", headers={}).status, 400)
