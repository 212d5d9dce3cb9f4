"""python3 -m sandbox.anonymise DIR OUT [--seed N]: a recording with other values.

Writes a copy of the recording in DIR into the new directory OUT.  Keys, parameters'
names and paths stay.  Each value is replaced by one of its shape, equal values by
equal ones.  See doc/recording.md.
"""

import argparse
import json
import os
import re
import sys
import zlib
from urllib.parse import quote, urlsplit

from . import catalogue, recording
from .recording import BODY, END, HEAD, REQUEST
from .substitutes import Substitutes

HOST = "http://service.example"

# Headers whose values stay.
OPEN_HEADERS = {
    b"cache-control", b"connection", b"content-encoding", b"content-type", b"date", b"expires",
    b"keep-alive", b"pragma", b"retry-after", b"server", b"set-cookie", b"transfer-encoding", b"vary",
    b"x-ratelimit-reset", b"x-ratelimit-resetseconds"}

# Parameters whose values stay.
OPEN_PARAMETERS = {"response", "languagecode", "grant_type", "datepercision"}

JSON_TOKEN = re.compile(
    r'"((?:[^"\\]|\\.)*)("(?:\s*:)?|\\?\Z)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?', re.S)
JSON_UNIT = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.S)
XML_TOKEN = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<[^>]*(?:>|\Z)|[^<]+", re.S)
XML_UNIT = re.compile(r"&#x[0-9a-fA-F]+;|&#[0-9]+;|&[a-zA-Z]+;|.", re.S)
XML_ATTRIBUTE = re.compile(r"""([\w:.-]+)(\s*=\s*)("[^"]*"|'[^']*')""")
CSV_TOKEN = re.compile(r'"((?:[^"]|"")*)("|\Z)|[^,"\r\n]+')
CSV_UNIT = re.compile(r'""|.', re.S)
XML_NAMES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}


# A value in a document is a row of units, each a character however it is written.

def _json_char(unit):
    if unit[0] != "\\":
        return unit
    if len(unit) == 2:
        return {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}.get(unit[1], unit[1])
    try:
        return json.loads('"%s"' % unit)
    except ValueError:
        return "?"


def _json_unit(unit, char):
    if unit[0] != "\\" or len(unit) == 2:
        return char
    words = [int.from_bytes(char.encode("utf-16-be")[i:i + 2], "big")
             for i in range(0, 2 * len(unit) // 6, 2)]
    form = "\\u%04X" if unit != unit.lower() else "\\u%04x"
    return "".join(form % word for word in words)


def _xml_char(unit):
    if unit[0] != "&" or len(unit) == 1:
        return unit
    if unit[1] == "#":
        code = int(unit[3:-1], 16) if unit[2] in "xX" else int(unit[2:-1])
        return chr(code) if code < 0x110000 else "?"
    return XML_NAMES.get(unit, "?")


def _xml_unit(unit, char):
    if unit.startswith("&#x"):
        return "&#x%X;" % ord(char)
    return "&#%d;" % ord(char) if unit.startswith("&#") else char


def _csv_char(unit):
    return unit[0]


def _csv_unit(unit, char):
    return char


def _change_units(text, pattern, read, write, change):
    units = pattern.findall(text)
    chars = [read(unit) for unit in units]
    if any(len(c) != 1 for c in chars):
        chars = [c if len(c) == 1 else "?" for c in chars]
    old = "".join(chars)
    new = change(old)
    if len(new) != len(old):
        return new                 # a date in words, which has no escapes
    return "".join(unit if o == n else write(unit, n) for unit, o, n in zip(units, old, new))


def change_json(text, change):
    """The document with each string and number changed, and nothing else."""
    def token(match):
        inner, end = match.group(1), match.group(2)
        if inner is None:
            return change(match.group())
        if end.endswith(":"):
            return match.group()
        return '"%s%s' % (_change_units(inner, JSON_UNIT, _json_char, _json_unit, change), end)
    return JSON_TOKEN.sub(token, text)


def change_xml(text, change):
    """The document with all texts and attributes changed."""
    def units(value):
        return _change_units(value, XML_UNIT, _xml_char, _xml_unit, change)

    def attribute(match):
        name, equals, value = match.groups()
        if re.match("(?i)xmlns|xsi:|xml:", name):
            return match.group()
        return name + equals + value[0] + units(value[1:-1]) + value[0]

    def token(match):
        found = match.group()
        if found.startswith("<![CDATA["):
            end = len(found) - 3 if found.endswith("]]>") else len(found)
            return found[:9] + change(found[9:end]) + found[end:]
        if found.startswith("<!--"):
            return "<!-- -->"
        if found[0] != "<":
            return units(found)
        return found if found[1:2] in ("?", "!") else XML_ATTRIBUTE.sub(attribute, found)
    return XML_TOKEN.sub(token, text)


def change_csv(text, change):
    """The table with each field changed, except for the header."""
    def token(match):
        inner = match.group(1)
        if inner is None:
            return change(match.group())
        return '"%s%s' % (_change_units(inner, CSV_UNIT, _csv_char, _csv_unit, change),
                          match.group(2))
    header = re.match(r'(?:"(?:[^"]|"")*"|[^"\r\n])*', text).end()
    return text[:header] + CSV_TOKEN.sub(token, text[header:])


# What a DataTable says of its columns; it has their names as values.
SCHEMA = re.compile(r'("Schema"\s*:\s*\[[^\]]*\]|<Schema>.*</Schema>)', re.S)


def change_document(text, is_csv, change):
    parts = SCHEMA.split(text)
    if len(parts) > 1:
        # The parts with odd numbers are schemas.
        return "".join(part if at % 2 else change_part(part, text, is_csv, change)
                       for at, part in enumerate(parts))
    return change_part(text, text, is_csv, change)


def change_part(part, text, is_csv, change):
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start == "<":
        return change_xml(part, change)
    if start and start in "[{":
        return change_json(part, change)
    return change_csv(part, change) if is_csv else change(part)


# Compressed bodies.

class Packed:
    """How a body was compressed, and how far it can be read."""

    def __init__(self, data, coding):
        self.whole = True
        self.broken = False
        self.bits = None
        if coding not in ("gzip", "x-gzip", "deflate") or not data:
            self.text = data
            return
        self.bits = 31 if coding != "deflate" else 15
        if self.bits == 15 and not (data[0] & 15 == 8 and len(data) > 1
                                    and (data[0] << 8 | data[1]) % 31 == 0):
            self.bits = -15
        unpack = zlib.decompressobj(self.bits)
        text = []
        try:
            # In small pieces, to have what comes before an error.
            for at in range(0, len(data), 1024):
                text.append(unpack.decompress(data[at:at + 1024]))
        except zlib.error:
            self.broken = True
        self.text = b"".join(text)
        self.whole = unpack.eof
        self.broken |= self.whole and bool(unpack.unused_data)

    def pack(self, text):
        if self.bits is None:
            return text
        packer = zlib.compressobj(1, zlib.DEFLATED, self.bits)
        return packer.compress(text) + packer.flush(
            zlib.Z_FINISH if self.whole else zlib.Z_SYNC_FLUSH)


def _show(document):
    """An object, a line for each member."""
    members = ("%s: %s" % (json.dumps(n), json.dumps(v, ensure_ascii=False))
               for n, v in document.items())
    return ("{%s}\n" % ",\n ".join(members)).encode("utf-8", "surrogateescape")


class Anonymiser:
    def __init__(self, seed=None):
        self.values = Substitutes(seed)
        self.remarks = []
        self.documented = {}       # {parameter in lower case: its documented values}
        for entry in catalogue.load().values():
            for parameter in entry.parameters:
                known = self.documented.setdefault(parameter.name.lower(), set())
                known.update(v.lower() for v in parameter.values or ())

    # Both passes go the same way: one notes the values, the other replaces them.

    def note(self, exchange):
        if not self._is_login(exchange):
            self._body(exchange, self.values.note)
        for name, value in exchange.pairs:
            for one in {value, *value.split(",")}:
                if not self._is_open(name, one):
                    self.values.note(one)

    @staticmethod
    def _is_login(exchange):
        """Its texts have been replaced already."""
        return any(name == "grant_type" for name, _ in exchange.pairs)

    def _is_open(self, name, value):
        name = name.lower()
        return name in OPEN_PARAMETERS or value.lower() in self.documented.get(name, ())

    def _parameter(self, name, value):
        if self._is_open(name, value) or recording.REPLACED in value:
            return value
        if self.values.has(value) and "," not in value:
            return self.values.replace(value)
        return ",".join(v if self._is_open(name, v) else self.values.replace(v)
                        for v in value.split(","))

    def _body(self, exchange, change):
        """(the body changed, the body as it can be read)"""
        packed = Packed(exchange.body, exchange.form != "decoded" and
                        (exchange.header("Content-Encoding") or "").lower())
        if packed.text[:2] == b"PK" or b"\0" in packed.text[:1024]:
            return bytes(len(packed.text)), packed
        is_csv = "csv" in (exchange.header("Content-Type") or "").lower() or any(
            n.lower() == "response" and v.lower() == "csv" for n, v in exchange.pairs)
        text = packed.text.decode("utf-8", "surrogateescape")
        changed = change_document(text, is_csv, change)
        return changed.encode("utf-8", "surrogateescape"), packed

    def files(self, exchange):
        """{suffix: bytes} of the exchange with other values."""
        files = {REQUEST: self._request(exchange)}
        body = exchange.body
        if body and not self._is_login(exchange):
            text, packed = self._body(exchange, self.values.replace)
            body = packed.pack(text)
            if packed.broken:
                self.remarks.append("%s: its compressed data are damaged, and no longer so in "
                                    "the copy" % exchange.name)
            if text and not text.strip(b"\0"):
                self.remarks.append("%s: no document, so replaced by zeros" % exchange.name)
        if exchange.head is not None:
            files[HEAD] = self._head(exchange, len(body))
        if body:
            files[BODY] = body
        if exchange.end:
            files[END] = self._end(exchange, len(body))
        return files

    def _request(self, exchange):
        request = dict(exchange.request)
        url = urlsplit(request["url"])
        query = recording.pairs_of(url.query, "", "")
        request["url"] = HOST + url.path + ("?" + self._form(query) if url.query else "")
        request["proxy"] = None
        if request.get("body"):
            kind = exchange.sent_header("Content-Type") or ""
            pairs = recording.pairs_of("", request["body"], kind)
            if "json" in kind:
                request["body"] = json.dumps({n: self._parameter(n, v) for n, v in pairs},
                                             ensure_ascii=False, separators=(",", ":"))
            else:
                request["body"] = self._form(pairs)
        return _show(request)

    def _form(self, pairs):
        return "&".join("%s=%s" % (quote(n, safe=""), quote(self._parameter(n, v), safe=",:"))
                        for n, v in pairs)

    def _head(self, exchange, size):
        lines = []
        for line in exchange.head.split(b"\n"):
            name, colon, value = line.partition(b":")
            if colon and not line.startswith(b"HTTP/"):
                line = name + colon + b" " + self._header(exchange, name.strip().lower(),
                                                          value.strip(), size) + b"\r"
            lines.append(line)
        return b"\n".join(lines)

    def _header(self, exchange, name, value, size):
        if name in OPEN_HEADERS:
            return value
        if name == b"content-length":
            # If it promised more than came, it still does.
            more = int(value) - len(exchange.body) if value.isdigit() else 0
            return b"%d" % (size + max(0, more))
        if name == b"location":
            return HOST.encode() + b"/"
        return self.values.replace(value.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape")

    @staticmethod
    def _end(exchange, size):
        end = dict(exchange.end)
        before = max(1, end["received"])
        now = size if end["body"] != "decoded" else end["received"]
        end["chunks"] = [[ms, n * now // before] for ms, n in end["chunks"]]
        end["received"] = now
        return _show(end)


def anonymise(directory, out, seed=None):
    """Copy a recording; returns remarks on what the copy does not show."""
    exchanges = recording.load(directory)
    os.mkdir(out, 0o700)
    anonymiser = Anonymiser(seed)
    for exchange in exchanges:
        anonymiser.note(exchange)
    for exchange in exchanges:
        for suffix, data in anonymiser.files(exchange).items():
            with open(os.path.join(out, exchange.name + suffix), "xb") as file:
                file.write(data)
    return ["%d exchanges" % len(exchanges)] + anonymiser.remarks


def main():
    parser = argparse.ArgumentParser(prog="python3 -m sandbox.anonymise",
                                     description=__doc__.partition("\n")[0])
    parser.add_argument("directory", metavar="DIR")
    parser.add_argument("out", metavar="OUT", help="is made; must not exist")
    parser.add_argument("--seed", type=int, help="for the same values each time")
    args = parser.parse_args()
    try:
        for remark in anonymise(args.directory, args.out, args.seed):
            print(remark)
    except (OSError, recording.BadRecording) as problem:
        sys.exit("sandbox.anonymise: %s" % problem)


if __name__ == "__main__":
    main()
