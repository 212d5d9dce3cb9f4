"""Faults: which requests they affect, and what they do to the replies."""

import asyncio
import base64
import fnmatch
import json

CUTS = ("close", "reset", "short_length", "chunk", "gzip", "truncate", "close_delimited")

KEYS = {
    # which requests
    "path", "method", "param", "auth", "count",
    # for a release
    "name",
    # when
    "processed", "never", "delay_headers", "hold_headers", "delay_body", "drip", "hold_after", "cut",
    # what
    "status", "headers", "content_type", "set_cookie", "expired_token", "gateway",
    "body", "raw", "raw_reply", "prefix", "suffix", "bom", "invalid_utf8",
    "object", "depth", "huge", "rename", "drop", "add", "duplicate", "record",
}


# The page of the gateway in front of the service, which can answer for it.
GATEWAY = {502: "502 Bad Gateway", 504: "504 Gateway Time-out"}
GATEWAY_PAGE = """<html>\r
<head><title>%(title)s</title></head>\r
<body>\r
<center><h1>%(title)s</h1></center>\r
<hr><center>Microsoft-Azure-Application-Gateway/v2</center>\r
</body>\r
</html>\r
"""


class BadFault(ValueError):
    """The specification of a fault is wrong."""


class Number(str):
    """A JSON number kept as it was written."""


def octets(value):
    """Bytes from a text, as UTF-8, or from {"base64": …}."""
    if isinstance(value, dict):
        return base64.b64decode(value["base64"], validate=True)
    return value.encode("utf-8")


def _dump(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Pairs):
        return "{%s}" % ",".join("%s:%s" % (json.dumps(k, ensure_ascii=False), _dump(v))
                                 for k, v in value)
    if isinstance(value, list):
        return "[%s]" % ",".join(map(_dump, value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Pairs(list):
    """A JSON object as (key, value) pairs, so that keys can repeat."""


class Fault:
    def __init__(self, spec):
        unknown = set(spec) - KEYS
        if unknown:
            raise BadFault("unknown: %s" % ", ".join(sorted(unknown)))
        self.spec = spec
        self.left = spec.get("count", 1) or None        # None: until cleared
        self.name = spec.get("name")
        self.released = asyncio.Event()
        self.processed = spec.get("processed", False)
        self.never = spec.get("never", False)
        self.delay_headers = spec.get("delay_headers", 0)
        self.hold_headers = spec.get("hold_headers", False)
        self.delay_body = spec.get("delay_body", 0)
        self.drip = spec.get("drip")
        self.hold_after = spec["hold_after"]["bytes"] if "hold_after" in spec else None
        self.expired_token = spec.get("expired_token", False)
        self.gateway = spec.get("gateway")
        if self.gateway not in (None, *GATEWAY):
            raise BadFault("gateway must be 502 or 504")
        self.status = spec.get("status", self.gateway)
        self.cut = None
        if "cut" in spec:
            self.cut = {"after": 0, "how": "close", **spec["cut"]}
            if self.cut["how"] not in CUTS:
                raise BadFault("cut.how must be one of %s" % ", ".join(CUTS))
            if "after" not in spec["cut"] and self.cut["how"] == "close_delimited":
                self.cut["after"] = 1 << 60
        for name in ("body", "raw", "raw_reply"):
            if name in spec:
                self._fixed(name)

    def _fixed(self, name):
        value = self.spec[name]
        try:
            if name != "body" and isinstance(value, str):
                return base64.b64decode(value, validate=True)
            if isinstance(value, str) or (isinstance(value, dict) and set(value) == {"base64"}):
                return octets(value)
        except ValueError as error:
            raise BadFault("%s: %s" % (name, error)) from None
        return json.dumps(value, ensure_ascii=False).encode()

    def matches(self, method, path, params, auth):
        spec = self.spec
        if self.left == 0:
            return False
        if "path" in spec and not fnmatch.fnmatchcase(path.lower(), spec["path"].lower()):
            return False
        if "method" in spec and spec["method"].upper() != method:
            return False
        if spec.get("auth", auth) != auth:
            return False
        wanted = spec.get("param", {})
        return all(params is not None and params.get(name) == str(value)
                   for name, value in wanted.items())

    def use(self):
        if self.left:
            self.left -= 1

    def replaces(self):
        """Whether the fault supplies the whole reply."""
        return self.status is not None or "body" in self.spec or "raw" in self.spec

    def replacement(self):
        if "raw" in self.spec:
            return self._fixed("raw")
        if "body" in self.spec:
            return self._fixed("body")
        if self.gateway:
            return (GATEWAY_PAGE % {"title": GATEWAY[self.gateway]}).encode()
        return b""

    def content_type(self):
        """The content type to send instead of the reply's own, or None."""
        return self.spec.get("content_type", "text/html" if self.gateway else None)

    def changes_body(self):
        return bool({"prefix", "suffix", "bom", "invalid_utf8", "object", "depth", "huge",
                     "rename", "drop", "add", "duplicate"} & set(self.spec))

    def change(self, body):
        """The body with the fault applied."""
        spec = self.spec
        if {"rename", "drop", "add", "duplicate", "huge", "object", "depth"} & set(spec):
            body = self._change_document(body)
        if spec.get("invalid_utf8"):
            # Inside the first text value: the byte after its opening quote.
            at = body.index(b':"') + 2
            body = body[:at] + b"\xff\xfe" + body[at:]
        if "prefix" in spec:
            body = octets(spec["prefix"]) + body
        if spec.get("bom"):
            body = b"\xef\xbb\xbf" + body
        if "suffix" in spec:
            body += octets(spec["suffix"])
        return body

    def _change_document(self, body):
        spec = self.spec
        document = json.loads(body, object_pairs_hook=Pairs, parse_int=Number,
                              parse_float=Number)
        records = document
        if isinstance(document, Pairs):
            records = dict(document).get("Records", [document])
        for number, record in enumerate(records, 1):
            if spec.get("record", number) == number:
                self._change_record(record)
        if spec.get("object") and not isinstance(document, Pairs):
            document = Pairs([("Error", False), ("Rows", document)])
        return _dump(document).encode("utf-8", "surrogatepass")

    def _change_record(self, record):
        spec = self.spec
        rename, drop = spec.get("rename", {}), spec.get("drop", ())
        drop = [drop] if isinstance(drop, str) else drop
        duplicate = spec.get("duplicate", ())
        duplicate = [duplicate] if isinstance(duplicate, str) else duplicate
        pairs = [(rename.get(k, k), v) for k, v in record if k not in drop]
        # A dict gives the second value; a name alone repeats the first value.
        for name in duplicate:
            value = duplicate[name] if isinstance(duplicate, dict) else dict(pairs).get(name)
            pairs.append((name, value))
        pairs += spec.get("add", {}).items()
        if "huge" in spec:
            pairs.append(("Huge", "x" * spec["huge"]))
        if "depth" in spec:
            pairs.append(("Deep", Number("[" * spec["depth"] + "]" * spec["depth"])))
        record[:] = pairs


def take(state, method, path, params, auth):
    """The fault for this request, or None; reduces the fault's count."""
    for fault in state.faults:
        if fault.matches(method, path, params, auth):
            fault.use()
            return fault
    return None
