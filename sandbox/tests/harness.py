"""A running sandbox, and requests to it: as with urllib, or over a raw socket."""

import http.client
import json
import os
import socket
import subprocess
import sys
import unittest
from urllib.parse import urlencode, urlsplit

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BEARER = {"Authorization": "Bearer sandbox-token"}

with open(os.path.join(ROOT, "catalogue", "endpoints.json"), encoding="utf-8") as file:
    CATALOGUE = json.load(file)


# The sandbox's columns of endpoints for which the catalogue has none.
UNKNOWN = [{"columns": [
    {"name": "StoreID", "kind": "integer"}, {"name": "StoreName", "kind": "string"},
    {"name": "DateCreated", "kind": "datetime"}, {"name": "Amount", "kind": "decimal"}]}]


class Server:
    """One sandbox process; it ends with this process, or when stopped."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--until-eof", *arguments], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on http"), line
        self.base = line.split()[-1]
        self.port = urlsplit(self.base).port

    def stop(self):
        self.process.stdin.close()
        status = self.process.wait(10)
        self.process.stdout.close()
        return status


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class SandboxTest(unittest.TestCase):
    """One sandbox for each class, reset before every test."""

    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.arguments)

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0

    def setUp(self):
        self.control("POST", "reset")

    def ask(self, path, params=None, method="GET", headers=BEARER, body=None):
        """One request on a new connection; the whole reply, not decompressed."""
        if params:
            path += "?" + urlencode(params)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def rows(self, path, params=None, **more):
        reply = self.ask(path, params, **more)
        self.assertEqual(reply.status, 200, reply.body[:300])
        return reply.json()

    def control(self, method, path, value=None):
        body = None if value is None else json.dumps(value)
        reply = self.ask("/_sandbox/" + path, method=method, headers={}, body=body)
        self.assertIn(reply.status, (200, 204), reply.body)
        return reply.json() if reply.body else None

    def fault(self, **spec):
        self.control("POST", "fault", spec)

    def settings(self, **changes):
        self.control("POST", "settings", changes)

    def log(self):
        return self.control("GET", "log")

    def open(self, path, headers=BEARER):
        """A raw connection on which a GET was sent."""
        sock = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
        lines = ["GET %s HTTP/1.1" % path, "Host: localhost"]
        lines += ["%s: %s" % header for header in headers.items()]
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.addCleanup(sock.close)
        return sock


def read_until(sock, mark):
    data = b""
    while mark not in data:
        piece = sock.recv(65536)
        if not piece:
            break
        data += piece
    return data


def read_end(sock):
    """(all bytes until the end, whether the end was a reset)"""
    data = b""
    while True:
        try:
            piece = sock.recv(65536)
        except ConnectionResetError:
            return data, True
        if not piece:
            return data, False
        data += piece


def split(reply):
    """(head, body) of a raw reply"""
    head, _, body = reply.partition(b"\r\n\r\n")
    return head.decode(), body


def example(entry, start="2026-03-01T00:00:00.000Z", stop="2026-03-07T00:00:00.000Z"):
    """Example values of the required parameters; the window is one with data."""
    by_name = {p["name"]: p for p in entry["parameters"]}
    names = [p["name"] for p in entry["parameters"] if p["required"]]
    if entry.get("forms"):
        names = entry["forms"][0]["required"]
    values = {n: by_name[n].get("example") or by_name[n].get("values", "1")[0] for n in names}
    for name, parameter in by_name.items():
        when = parameter.get("required_when", {})
        if when and all(values.get(n) in allowed for n, allowed in when.items()):
            values[name] = parameter["example"]
    for name in values:
        if name.endswith("StartDate"):
            values[name] = start
        elif name.endswith("StopDate"):
            values[name] = stop
    return values


def columns_of(entry, params):
    for variant in entry.get("variants", ()):
        if params.get(variant["parameter"]) == variant["value"]:
            return variant["columns"]
    return entry.get("columns") or (entry.get("variants") or UNKNOWN)[0]["columns"]


def login_for(path):
    """The value of the setting login that can reach a path."""
    first = path.split("/")[1]
    return first if first in ("partner", "master") else "employee"
