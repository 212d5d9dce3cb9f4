"""Request parameters: decoding, merging, checking, interpreting."""

import datetime
import json
import re
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_MS = 86_400_000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

# Parameters that every endpoint takes.
UNIVERSAL = ("response", "auth", "languagecode", "csv.delimiter", "csv.headers",
             "csv.fileextension", "email.to", "email.cc", "companyid",
             "datepercision")

ALL = ("-1", "*")
INT = re.compile(r"[+-]?[0-9]{1,18}\Z")
BOOL = {"true": True, "1": True, "false": False, "0": False}
STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?)?"
    r"(Z|[+-]\d\d:?\d\d)?\Z", re.I)


def local_ms(ms, zone):
    """An instant as milliseconds of the clocks in a zone."""
    at = (EPOCH + datetime.timedelta(milliseconds=ms)).astimezone(zone)
    return (at.replace(tzinfo=datetime.timezone.utc) - EPOCH) // datetime.timedelta(milliseconds=1)


class BadRequest(Exception):
    """Makes the reply a 400 with this message."""


def parse_stamp(text):
    """Milliseconds since 1970; a time without a zone is UTC. None if malformed."""
    m = STAMP.match(text.strip())
    if m is None:
        return None
    year, month, day, hour, minute, second = (int(g or 0) for g in m.groups()[:6])
    try:
        at = datetime.datetime(year, month, day, hour, minute, second,
                               tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
    ms = (at - EPOCH) // datetime.timedelta(milliseconds=1)
    if m.group(7):
        ms += int((m.group(7) + "00")[:3])
    zone = m.group(8)
    if zone and zone.upper() != "Z":
        offset = int(zone[1:3]) * 60 + int(zone[-2:])
        ms -= (1 if zone[0] == "+" else -1) * offset * 60_000
    return ms


class Params:
    """Parameters by name, ignoring case; names keep the case in which they were sent."""

    def __init__(self):
        self._values = {}
        self.stray_days = 0        # by which each period is wider than the client asked for
        self.settings = {}         # the sandbox's

    def add(self, name, value, origin):
        """Add one origin's parameters; an earlier origin wins, a repeat is an error."""
        known = self._values.get(name.lower())
        if known is None:
            self._values[name.lower()] = (name, value, origin)
        elif known[2] == origin:
            raise BadRequest("Parameter %s is given twice." % name)

    def get(self, name, default=None):
        found = self._values.get(name.lower())
        return default if found is None else found[1]

    def given(self, name):
        """The value, or None if it is missing or empty."""
        return self.get(name) or None

    def names(self):
        return list(self._values)

    def forget_other_cases(self, names):
        """Forget the parameters that are none of these but for their case."""
        wanted = {name.lower(): name for name in names}
        self._values = {low: entry for low, entry in self._values.items()
                        if entry[0] == wanted.get(low, entry[0])}

    def canonical(self):
        """The parameters decoded and sorted by name, without secrets."""
        return "&".join("%s=%s" % (name, "***" if name.lower() == "auth" else value)
                        for name, value, _ in sorted(self._values.values()))

    def integer(self, name, default=None):
        text = self.given(name)
        return default if text is None or not INT.match(text) else int(text)

    def flag(self, name, default=False):
        return BOOL.get((self.given(name) or "").lower(), default)

    def stamp(self, name):
        text = self.given(name)
        return None if text is None else parse_stamp(text)

    def zone(self):
        """The time zone that Zone names."""
        try:
            return ZoneInfo(self.given("Zone") or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            raise BadRequest("There is no such Zone.") from None

    def local(self, name, zone):
        """An instant as milliseconds of the clocks in a zone, or None."""
        ms = self.stamp(name)
        return None if ms is None else local_ms(ms, zone)

    def ids(self, name):
        """A list of integers; None for no restriction."""
        text = self.given(name)
        if text is None or any(t.strip() in ALL for t in text.split(",")):
            return None
        return {int(t) for t in text.split(",")}

    def window(self, start="StartDate", stop="StopDate", zone=datetime.timezone.utc):
        """[from, to) in milliseconds.

        Only the day counts, and the stop day counts whole, unless
        DatePercision=True: then both instants count, inclusive.
        """
        first, last = self.local(start, zone), self.local(stop, zone)
        stray = self.stray_days * DAY_MS
        late = self.settings.get("period_shift", 0) * 3_600_000
        if (self.settings.get("time_of_day") == "counts"
                or self.flag("DatePercision") and self.settings.get("date_precision", True)):
            return (None if first is None else first + late - stray,
                    None if last is None else last + late + 1 + stray)
        last_day = DAY_MS if self.settings.get("last_day", "counted") == "counted" else 0
        return (None if first is None else first - first % DAY_MS + late - stray,
                None if last is None else last - last % DAY_MS + last_day + late + stray)


def _text(value):
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, list):
        return ",".join(_text(v) for v in value)
    return value if isinstance(value, str) else json.dumps(value)


def _pairs(text):
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise BadRequest("The parameters are not valid UTF-8.") from None


def read(query, body, content_type):
    """The parameters of a request; those in the URL win over those in the body."""
    params = Params()
    for name, value in _pairs(query):
        params.add(name, value, "url")
    if not body:
        return params
    kind = content_type.split(";")[0].strip().lower()
    if kind == "application/json":
        try:
            document = json.loads(body.decode("utf-8"))
        except ValueError:
            raise BadRequest("The request body is not valid JSON.") from None
        if not isinstance(document, dict):
            raise BadRequest("The request body is not a JSON object.")
        for name, value in document.items():
            if value is not None:
                params.add(name, _text(value), "body")
    elif kind == "application/x-www-form-urlencoded":
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise BadRequest("The parameters are not valid UTF-8.") from None
        for name, value in _pairs(text):
            params.add(name, value, "body")
    else:
        raise BadRequest("The request body has an unknown Content-Type.")
    return params


def _fits(parameter, value):
    if parameter.type in ("int", "bigint"):
        words = ("*", "all") if parameter.name.lower() == "categorynumber" else ("*",)
        return INT.match(value) or value.lower() in words
    if parameter.type in ("int_list", "bigint_list"):
        return all(INT.match(v.strip()) or v.strip() == "*" for v in value.split(","))
    if parameter.type == "datetime":
        return parse_stamp(value) is not None
    if parameter.type == "bool":
        return value.lower() in BOOL
    if parameter.type == "enum":
        return value.lower() in [v.lower() for v in parameter.values]
    return True


def applies(params, when):
    """Whether used_when or required_when holds: {parameter: values}."""
    return bool(when) and all(
        (params.given(name) or "").lower() in [v.lower() for v in values]
        for name, values in when.items())


def missing(endpoint, params):
    """Names of required parameters that were not sent."""
    names = [p.name for p in endpoint.parameters
             if (p.required or applies(params, p.required_when))
             and params.given(p.name) is None]
    if not names and endpoint.forms:
        lacking = [[n for n in form["required"] if params.given(n) is None]
                   for form in endpoint.forms]
        if all(lacking):
            names = lacking[0]
    return names


def check_known(endpoint, params):
    """Raise BadRequest if the endpoint does not have one of the parameters."""
    known = {p.name.lower() for p in endpoint.parameters}.union(UNIVERSAL)
    unknown = [n for n in params.names() if n not in known and not n.startswith("email.")]
    if unknown:
        raise BadRequest("Unknown parameter(s): %s." % ", ".join(sorted(unknown)))


def check(endpoint, params):
    """Raise BadRequest if the parameters do not suit the endpoint."""
    names = missing(endpoint, params)
    if names:
        raise BadRequest("Missing required parameter(s): %s." % ", ".join(names))
    for parameter in endpoint.parameters:
        value = params.given(parameter.name)
        if value is not None and not _fits(parameter, value):
            raise BadRequest("Parameter %s must be of type %s." %
                             (parameter.name, parameter.type))
    for ids, kind in (("LocationTypeIDs", "LocationType"), ("ForWhoIDs", "ForWho")):
        if params.given(ids) and not params.given(kind) and not params.given("LocationType"):
            raise BadRequest("Parameter %s needs %s." % (ids, kind))
