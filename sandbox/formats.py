"""Records as Json, JsonDataTable, Csv, Xml and XmlDataTable.

Every encoder is a generator of byte blocks, so a big reply never stands in
memory whole.  See catalogue.Column for what a raw value is.
"""

import json
import re
from xml.sax.saxutils import escape

from .params import BadRequest, DAY_MS, EPOCH

BLOCK = 32 * 1024
quote = json.encoder.encode_basestring

CONTENT_TYPES = {
    "json": "application/json; charset=utf-8",
    "jsondatatable": "application/json; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
    "xmldatatable": "text/xml; charset=utf-8",
}

SAFE_TYPES = {"integer": "Int32", "byte": "Byte", "decimal": "Decimal",
              "boolean": "Boolean", "datetime": "DateTime", "guid": "Guid"}
TYPES = {"integer": "INT", "byte": "TINYINT", "decimal": "MONEY", "boolean": "BIT",
         "datetime": "DATETIME", "guid": "UNIQUEIDENTIFIER", "binary": "VARBINARY"}

_days = {}


def stamp(ms):
    """Zoneless ISO text with 0, 2 or 3 fraction digits."""
    day, rest = divmod(ms, DAY_MS)
    text = _days.get(day)
    if text is None:
        text = _days[day] = (EPOCH.date().fromordinal(EPOCH.toordinal() + day)
                             .isoformat() + "T%02d:%02d:%02d")
    seconds, ms = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    text %= (minutes // 60, minutes % 60, second)
    if not ms:
        return text
    return text + (".%03d" % ms if ms % 10 else ".%02d" % (ms // 10))


def fixed(value):
    """Ten-thousandths as a number without trailing zeros."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, rest = divmod(value, 10000)
    if not rest:
        return "%s%d" % (sign, whole)
    return ("%s%d.%04d" % (sign, whole, rest)).rstrip("0")


def _decimal(value):
    return repr(value) if type(value) is float else fixed(value)


TEXT = {"integer": str, "byte": str, "decimal": _decimal, "datetime": stamp,
        "boolean": lambda value: "true" if value else "false"}


def text_of(column, value):
    """The value's text, None for null."""
    if value is None or isinstance(value, str):
        return value
    return TEXT.get(column.kind, str)(value)


def _json_field(column):
    convert = TEXT.get(column.kind, str)
    quoted = column.kind not in ("integer", "byte", "decimal", "boolean")

    def field(value):
        if type(value) is str:
            return quote(value)
        if value is None:
            return "null"
        return '"%s"' % convert(value) if quoted else convert(value)
    return field


def json_record(columns):
    """row -> the text of one JSON object."""
    fields = [("%s:" % quote(c.name), _json_field(c)) for c in columns]

    def record(row):
        return "{%s}" % ",".join([name + field(value)
                                  for (name, field), value in zip(fields, row)])
    return record


def csv_record(columns, delimiter):
    special = re.compile('["\r\n%s]' % re.escape(delimiter))

    def cell(text):
        if text is None:
            return ""
        return '"%s"' % text.replace('"', '""') if special.search(text) else text

    def record(row):
        return delimiter.join([cell(text_of(c, v)) for c, v in zip(columns, row)]) + "\r\n"
    return record


def xml_name(name):
    """An element name, other characters written _xHHHH_ as .NET does."""
    return "".join(ch if ch.isalpha() or ch == "_" or (i and (ch.isdigit() or ch in "-."))
                   else "_x%04X_" % ord(ch) for i, ch in enumerate(name))


def xml_text(text):
    """XML 1.0 has no control characters; carriage returns need a reference."""
    return escape(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text), {"\r": "&#13;"})


def xml_record(columns):
    """A null is an absent element."""
    fields = [(xml_name(c.name), c) for c in columns]

    def record(row):
        cells = []
        for (name, column), value in zip(fields, row):
            text = text_of(column, value)
            if text is not None:
                cells.append("<%s>%s</%s>" % (name, xml_text(text), name))
        return "<Record>%s</Record>" % "".join(cells)
    return record


def schema(columns):
    """Rows of the Schema part: Column_Name, Type, SafeType, Length."""
    for c in columns:
        type_ = c.type or TYPES.get(c.kind, "NVARCHAR(MAX)")
        length = re.search(r"\((\d+)\)", type_)
        yield (c.name, type_.split("(")[0].lower(), SAFE_TYPES.get(c.kind, "String"),
               int(length.group(1)) if length else None)


class Encoding:
    """How a table is written: head, records, what stands between them, foot."""

    def __init__(self, name, columns, params):
        self.content_type = CONTENT_TYPES[name]
        self.head = self.between = self.foot = ""
        if name == "csv":
            delimiter = params.given("CSV.Delimiter") or ","
            delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter.lower(), delimiter)
            if len(delimiter) != 1 or delimiter in '"\r\n':
                raise BadRequest("Parameter CSV.Delimiter must be one character.")
            self.record = csv_record(columns, delimiter)
            if params.flag("CSV.Headers", True):
                heads = [type(c)(c.name) for c in columns]
                self.head = csv_record(heads, delimiter)([c.name for c in columns])
        elif name.startswith("xml"):
            self.record = xml_record(columns)
            self.head = '<?xml version="1.0" encoding="utf-8"?><Table>'
            self.foot = "</Table>"
            if name == "xmldatatable":
                self.foot = "".join(
                    "<Schema><Column_Name>%s</Column_Name><Type>%s</Type>"
                    "<SafeType>%s</SafeType>%s</Schema>" %
                    (xml_text(n), t, s, "" if l is None else "<Length>%d</Length>" % l)
                    for n, t, s, l in schema(columns)) + self.foot
        else:
            self.record = json_record(columns)
            self.between = ","
            self.head, self.foot = "[", "]"
            if name == "jsondatatable":
                self.head = '{"Records":['
                self.foot = '],"Schema":%s}' % json.dumps(
                    [dict(zip(("Column_Name", "Type", "SafeType", "Length"), s))
                     for s in schema(columns)], ensure_ascii=False)

    def blocks(self, rows):
        """The whole document, block by block."""
        parts, size, first = [self.head], 0, True
        for row in rows:
            text = self.record(row)
            if not first:
                parts.append(self.between)
            first = False
            parts.append(text)
            size += len(text)
            if size >= BLOCK:
                yield "".join(parts).encode("utf-8", "surrogatepass")
                parts, size = [], 0
        parts.append(self.foot)
        yield "".join(parts).encode("utf-8", "surrogatepass")


def choose(params):
    """The lower-case name of the format asked for."""
    name = (params.given("Response") or "Json").lower()
    if name == "excel":
        raise BadRequest("This sandbox has no Excel writer.")
    if name not in CONTENT_TYPES:
        raise BadRequest("Parameter Response must be of type enum.")
    return name
