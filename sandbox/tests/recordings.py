"""Recordings as dataconnect_fdw writes them, made by hand."""

import json
import os
import tempfile

HEAD = "HTTP/1.1 %d OK\r\nContent-Type: %s\r\n%s\r\n"
JSON = "application/json; charset=utf-8"


class Maker:
    """Writes exchanges into a directory of its own."""

    def __init__(self, test):
        holder = tempfile.TemporaryDirectory()
        test.addCleanup(holder.cleanup)
        self.directory = holder.name
        self.count = 0

    def write(self, suffix, data):
        with open(os.path.join(self.directory, self.name + suffix), "wb") as file:
            file.write(data)

    def read(self, suffix, directory=None):
        with open(os.path.join(directory or self.directory, self.name + suffix), "rb") as file:
            return file.read()

    def add(self, url, body=b"[]", status=200, kind=JSON, headers="", method="GET", sent=None,
            **end):
        """One exchange; end has the members of its last file, or ended=None for none."""
        self.count += 1
        self.name = "20261130T130000.%03d-1-%06d" % (self.count, self.count)
        lines = [["Content-Type", "application/x-www-form-urlencoded"]] if sent else []
        self.write(".request.json", json.dumps({
            "format": 1, "by": "dataconnect_fdw 1.1", "method": method, "proxy": None,
            "at": "2026-11-30T13:00:00.%03dZ" % self.count, "headers": lines,
            "url": "http://service.example" + url, "body": sent}).encode())
        if status:
            self.write(".reply.head", (HEAD % (status, kind, headers)).encode())
        if body is not None:
            self.write(".reply.body", body)
        size = len(body or b"")
        if end.get("ended", "complete"):
            self.write(".reply.json", json.dumps({
                "ended": "complete", "status": status, "connected_ms": 1, "head_ms": 2,
                "ended_ms": 3, "received": size, "body": "received", "replaced": 0,
                "chunks": [[2, size]], **end}).encode())
        return self
