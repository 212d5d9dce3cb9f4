"""Exchanges that dataconnect_fdw.record_directory has recorded, read from their files."""

import json
import os
from urllib.parse import parse_qsl, unquote, urlsplit

FORMAT = 1
REPLACED = "REPLACED"              # in the place of a secret

REQUEST, HEAD, BODY, END = ".request.json", ".reply.head", ".reply.body", ".reply.json"


class BadRecording(Exception):
    """The directory has no recording, or one that cannot be read."""


def _bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _document(path):
    data = _bytes(path)
    if not data:
        # A backend that has crashed, or a disk that was full.
        return None
    try:
        return json.loads(data.decode("utf-8", "surrogateescape"))
    except ValueError as problem:
        raise BadRecording("%s is not JSON: %s" % (path, problem)) from None


def pairs_of(query, body, content_type):
    """The parameters of a request, wherever they are sent."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    if content_type.partition(";")[0].strip().lower() == "application/json":
        try:
            pairs += [(name, str(value)) for name, value in json.loads(body or "{}").items()]
        except (ValueError, AttributeError):
            pairs.append(("", body))
    elif body:
        pairs += parse_qsl(body, keep_blank_values=True, errors="replace")
    return pairs


class Exchange:
    """One request and what came of it."""

    def __init__(self, directory, name):
        base = os.path.join(directory, name)
        self.name = name
        self.request = _document(base + REQUEST) or {}
        self.head = _bytes(base + HEAD)
        self.body = _bytes(base + BODY) or b""
        self.end = _document(base + END)
        if self.request.get("format", FORMAT) != FORMAT:
            raise BadRecording("%s is in another format" % (base + REQUEST))
        self.method = self.request.get("method", "")
        self.at = self.request.get("at", "")
        url = urlsplit(self.request.get("url", ""))
        self.path = unquote(url.path)
        self.query = url.query
        self.pairs = pairs_of(url.query, self.request.get("body") or "",
                              self.sent_header("Content-Type") or "")

    def sent_header(self, name):
        return next((v for n, v in self.request.get("headers", ())
                     if n.lower() == name.lower()), None)

    @property
    def ended(self):
        """How it ended: as END says, or "lost" if the backend did not live to see that."""
        return self.end["ended"] if self.end else "lost"

    @property
    def form(self):
        """What BODY has: received, decoded, withheld or none."""
        return self.end["body"] if self.end else "received"

    def status(self):
        """The status of the reply, 0 if there is none."""
        for line in reversed((self.head or b"").splitlines()):
            words = line.split()
            if line.startswith(b"HTTP/") and len(words) > 1 and words[1].isdigit():
                return int(words[1])
        return 0

    def header(self, name):
        """The last header of that name in the reply, or None."""
        found = None
        for line in (self.head or b"").splitlines():
            if line.startswith(b"HTTP/"):
                found = None
            key, colon, value = line.partition(b":")
            if colon and key.strip().lower() == name.lower().encode():
                found = value.strip().decode("utf-8", "surrogateescape")
        return found

    def show(self):
        """The request in one line."""
        query = "&".join("%s=%s" % pair for pair in self.pairs)
        return "%s %s%s" % (self.method, self.path, "?" + query if query else "")


def load(directory):
    """The exchanges of a directory, in the order in which they began."""
    try:
        names = sorted(n[:-len(REQUEST)] for n in os.listdir(directory) if n.endswith(REQUEST))
    except OSError as problem:
        raise BadRecording(str(problem)) from None
    if not names:
        raise BadRecording("%s has no recording: no file ends in %s" % (directory, REQUEST))
    exchanges = [Exchange(directory, name) for name in names]
    return sorted((e for e in exchanges if e.method), key=lambda e: (e.at, e.name))
