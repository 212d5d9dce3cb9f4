"""Records as Json, JsonDataTable, Csv, Xml, XmlDataTable and Excel.

Every encoder is a generator of byte blocks, so a big reply never stands in
memory whole.  See catalogue.Column for what a raw value is.
"""

import json
import re
from xml.sax.saxutils import escape

from . import excel
from .catalogue import Column
from .params import BadRequest, DAY_MS, EPOCH

BLOCK = 32 * 1024
quote = json.encoder.encode_basestring

CONTENT_TYPES = {
    "json": "application/json; charset=utf-8",
    "jsondatatable": "application/json; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
    "xmldatatable": "text/xml; charset=utf-8",
    "excel": excel.CONTENT_TYPE,
}

SAFE_TYPES = {"integer": "Int32", "byte": "Byte", "decimal": "Decimal",
              "boolean": "Boolean", "datetime": "DateTime", "guid": "Guid"}
TYPES = {"integer": "INT", "byte": "TINYINT", "decimal": "MONEY", "boolean": "BIT",
         "datetime": "DATETIME", "guid": "UNIQUEIDENTIFIER", "binary": "VARBINARY"}

_days = {}


def fraction(ms, digits):
    """A point and at most `digits` digits without trailing zeros; "" if none are left."""
    if digits is None:
        return (".%03d" % ms if ms % 10 else ".%02d" % (ms // 10)) if ms else ""
    # SQL Server's DATETIME2 has units of 100 ns; those below a millisecond are made up.
    ticks = "%03d%04d" % (ms, ms * 7919 % 10000)
    cut = ticks[:digits].rstrip("0")
    return "." + cut if cut else ""


def stamp(ms, digits=None):
    """ISO text without a zone.  digits: at most so many after the point; None: 0, 2 or 3."""
    day, rest = divmod(ms, DAY_MS)
    text = _days.get(day)
    if text is None:
        text = _days[day] = (EPOCH.date().fromordinal(EPOCH.toordinal() + day)
                             .isoformat() + "T%02d:%02d:%02d")
    seconds, ms = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    return text % (minutes // 60, minutes % 60, second) + fraction(ms, digits)


def fixed(value):
    """Ten-thousandths as a number without trailing zeros."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, rest = divmod(value, 10000)
    if not rest:
        return "%s%d" % (sign, whole)
    return ("%s%d.%04d" % (sign, whole, rest)).rstrip("0")


def varied(value):
    """Ten-thousandths as a number with 0 to 4 decimals; the value determines how many."""
    sign, magnitude = ("-", -value) if value < 0 else ("", value)
    if not magnitude:
        return "0"
    whole, rest = divmod(magnitude, 10000)
    least = len(("%04d" % rest).rstrip("0"))
    decimals = max(least, (least, 2, 4)[magnitude // 100 % 3])
    return "%s%d%s" % (sign, whole, ".%s" % ("%04d" % rest)[:decimals] if decimals else "")


def zulu(ms, digits):
    """A time with the zone of UTC."""
    return stamp(ms, digits) + "Z"


def slashes(ms, digits):
    """A time as Americans write it."""
    text = stamp(ms, digits)
    return "%s/%s/%s %s" % (text[5:7], text[8:10], text[:4], text[11:])


def net(ms, digits):
    """A time as old .NET wrote it in JSON."""
    return "/Date(%d)/" % ms


def commas(text):
    """A number's text with a comma between thousands."""
    return re.sub(r"(?<=\d)(?=(\d{3})+(?:\.|$))", ",", text)


class Style:
    """How the sandbox's settings say that values are written."""

    def __init__(self, settings=None, made_up=True):
        settings = settings or {}
        money = {"cut": fixed, "varied": varied}[settings.get("money_scale", "cut")]
        digits = settings.get("fraction_digits")
        time = {"iso": stamp, "zulu": zulu, "slashes": slashes, "net": net}[
            settings.get("time_format", "iso") if made_up else "iso"]
        words = not made_up or settings.get("booleans", "words") == "words"
        self.numbers = settings.get("numbers", "numbers") if made_up else "numbers"
        self.nulls = settings.get("nulls", "null") if made_up else "null"
        self.texts = {
            "integer": str, "byte": str,
            "decimal": lambda value: repr(value) if type(value) is float else money(value),
            "datetime": lambda value: time(value, digits),
            "boolean": lambda value: ("true" if value else "false") if words else str(int(value))}
        if self.numbers == "commas":
            for kind in ("integer", "decimal"):
                self.texts[kind] = lambda value, write=self.texts[kind]: commas(write(value))
        # The rows of /test/ endpoints are written as they are.
        self.null_text = settings.get("null_text", True) or not made_up
        self.empty_values = settings.get("empty_values", False) and made_up
        self.new = [(Column(name, None, kind_of(value)), raw(value))
                    for name, value in settings.get("new_keys", {}).items()]
        self.renamed = settings.get("renamed_keys", {})

    def convert(self, column):
        return self.texts.get(column.kind, str)

    def columns(self, columns):
        """The columns' current names; new keys come last."""
        return [Column(self.renamed.get(c.name, c.name), c.type, c.kind, c.example)
                for c in columns] + [c for c, _ in self.new]

    def complete(self, columns, record):
        """A function of a row that applies the settings for missing values and new keys."""
        extra = [value for _, value in self.new]
        empties = [self.empty_values and c.kind not in ("string", "binary") for c in columns]
        plain = self.null_text and not any(empties) and self.nulls != "empty"

        def missing(row, place):
            if self.nulls == "empty":
                return ""
            if row[place] == "null" and self.null_text:
                return "null"
            # The row's numbers choose, so that all reports agree about a row.
            odd = (sum(v for v in row if type(v) is int) // 7 + place) % 2
            return "" if empties[place] and odd else None

        def completed(row):
            if not plain:
                row = [missing(row, place) if value in (None, "null") else value
                       for place, value in enumerate(row)]
            return record(row + extra if extra else row)
        return record if plain and not extra else completed


def kind_of(value):
    """The column kind for a value from a setting."""
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "decimal"}.get(type(value), "string")


def raw(value):
    """Nested values become their JSON text."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    return json.dumps(value, ensure_ascii=False)


def text_of(column, value, style):
    """The value's text; None for null."""
    if value is None or isinstance(value, str):
        return value
    return style.convert(column)(value)


def _json_field(column, style):
    convert = style.convert(column)
    bare = ("integer", "byte", "decimal", "boolean") if style.numbers == "numbers" else ("boolean",)
    quoted = column.kind not in bare

    def field(value):
        if type(value) is str:
            return quote(value)
        if value is None:
            return "null"
        return '"%s"' % convert(value) if quoted else convert(value)
    return field


def json_record(columns, style):
    """row -> the text of one JSON object."""
    fields = [("%s:" % quote(c.name), _json_field(c, style)) for c in columns]

    def record(row):
        return "{%s}" % ",".join([name + field(value)
                                  for (name, field), value in zip(fields, row)])

    def without_nulls(row):
        return "{%s}" % ",".join([name + field(value) for (name, field), value in zip(fields, row)
                                  if value is not None])
    return without_nulls if style.nulls == "absent" else record


def csv_record(columns, delimiter, style):
    special = re.compile('["\r\n%s]' % re.escape(delimiter))

    def cell(text):
        if text is None:
            return ""
        return '"%s"' % text.replace('"', '""') if special.search(text) else text

    def record(row):
        return delimiter.join([cell(text_of(c, v, style)) for c, v in zip(columns, row)]) + "\r\n"
    return record


def xml_name(name):
    """An element name; characters that it cannot have become _xHHHH_, as in .NET."""
    return "".join(ch if ch.isalpha() or ch == "_" or (i and (ch.isdigit() or ch in "-."))
                   else "_x%04X_" % ord(ch) for i, ch in enumerate(name))


def xml_text(text):
    """XML text: control characters are dropped, a carriage return is a reference."""
    return escape(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text), {"\r": "&#13;"})


def xml_record(columns, style):
    """A null is an absent element."""
    fields = [(xml_name(c.name), c) for c in columns]

    def record(row):
        cells = []
        for (name, column), value in zip(fields, row):
            text = text_of(column, value, style)
            if text is not None:
                cells.append("<%s>%s</%s>" % (name, xml_text(text), name))
        return "<Record>%s</Record>" % "".join(cells)
    return record


def excel_record(columns, style):
    """One row of a sheet.  A null is an empty cell; times are texts."""
    def cell(column, value):
        text = text_of(column, value, style)
        if text is None:
            return "<c/>"
        if not isinstance(value, str):
            if column.kind == "boolean":
                return '<c t="b"><v>%d</v></c>' % (text == "true")
            if column.kind in ("integer", "byte", "decimal"):
                return "<c><v>%s</v></c>" % text
        return ('<c t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>'
                % xml_text(text))

    def record(row):
        return "<row>%s</row>" % "".join([cell(c, v) for c, v in zip(columns, row)])
    return record


def schema(columns):
    """Rows of the Schema part: Column_Name, Type, SafeType, Length."""
    for c in columns:
        type_ = c.type or TYPES.get(c.kind, "NVARCHAR(MAX)")
        length = re.search(r"\((\d+)\)", type_)
        yield (c.name, type_.split("(")[0].lower(), SAFE_TYPES.get(c.kind, "String"),
               int(length.group(1)) if length else None)


class Encoding:
    """How a table is written: head, records, separators, foot."""

    def __init__(self, name, columns, params, style=None):
        style = style or Style()
        asked, columns = columns, style.columns(columns)
        self.content_type = CONTENT_TYPES[name]
        self.head = self.between = self.foot = ""
        if name == "csv":
            delimiter = params.given("CSV.Delimiter") or ","
            delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter.lower(), delimiter)
            if len(delimiter) != 1 or delimiter in '"\r\n':
                raise BadRequest("Parameter CSV.Delimiter must be one character.")
            self.record = csv_record(columns, delimiter, style)
            if params.flag("CSV.Headers", True):
                heads = [type(c)(c.name) for c in columns]
                self.head = csv_record(heads, delimiter, style)([c.name for c in columns])
        elif name == "excel":
            self.record = excel_record(columns, style)
            heads = [Column(c.name) for c in columns]
            self.head = excel.SHEET_HEAD + excel_record(heads, style)([c.name for c in columns])
            self.foot = excel.SHEET_FOOT
        elif name.startswith("xml"):
            self.record = xml_record(columns, style)
            self.head = '<?xml version="1.0" encoding="utf-8"?><Table>'
            self.foot = "</Table>"
            if name == "xmldatatable":
                self.foot = "".join(
                    "<Schema><Column_Name>%s</Column_Name><Type>%s</Type>"
                    "<SafeType>%s</SafeType>%s</Schema>" %
                    (xml_text(n), t, s, "" if l is None else "<Length>%d</Length>" % l)
                    for n, t, s, l in schema(columns)) + self.foot
        else:
            self.record = json_record(columns, style)
            self.between = ","
            self.head, self.foot = "[", "]"
            if name == "jsondatatable":
                self.head = '{"Records":['
                self.foot = '],"Schema":%s}' % json.dumps(
                    [dict(zip(("Column_Name", "Type", "SafeType", "Length"), s))
                     for s in schema(columns)], ensure_ascii=False)
        self.record = style.complete(asked, self.record)

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
    """The name, in lower case, of the format that the request asks for."""
    name = (params.given("Response") or "Json").lower()
    if name not in CONTENT_TYPES:
        raise BadRequest("Parameter Response must be of type enum.")
    return name
