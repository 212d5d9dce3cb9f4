"""/test/things: a report with filters of every kind, for comparing queries.

Like a SQL Server that ignores case, spaces at the end of a text, and how a number is
written.  Its times are local ones of the zone that the request names.  The setting
`edition` selects other data.
"""

from decimal import Decimal, InvalidOperation

from .params import BadRequest, DAY_MS, parse_stamp

COLUMNS = ("Id:int Num:int Word:text Amount:money Flag:bit Key:guid Day:date At:date "
           "GroupID:int Label:text")
PARAMETERS = ("Num:string Nums:string Word:string Words:string Amount:string Flag:bool "
              "Key:string Keys:string Day:datetime Moment:datetime From:datetime To:datetime "
              "Group:int Groups:int_list Label:string Zone:string LastDay:string Wide:bool "
              "Limit:int")

NUMS = (0, 1, 2, 3, 5, 8, None, 1, 2, 40000, 3)
WORDS = ("alpha", "ALPHA", "beta", "it's", "", "null", None, "gamma  ", "gamma", "a,b",
         "ünï", "%", "beta")
AMOUNTS = (0, 15000, 15000, -22500, None, 123456789012345, 1, 1000000)
KEYS = tuple("%s1111111-2222-3333-4444-55555555555%d" % ("aBcD"[n], n) for n in range(4)) + (None,)
DAYS = ("2026-01-01", "2026-03-08", None, "2026-03-09", "2026-11-01", "1999-12-31", "2026-03-08")
LABELS = ("red", "green", "Blue", "red or green", "black")
GROUPS = 6
# Local times: ends of days and months, and times that some zone skips or repeats.
TIMES = (
    "2026-01-01T00:00:00", "2026-01-01T00:00:00", "2026-01-01T00:00:00.003",
    "2026-01-01T23:59:59.997", "2026-01-02T00:00:00", "2026-01-15T12:30:00.12",
    "2026-01-31T23:59:59.997", "2026-02-01T00:00:00", "2026-02-28T23:59:59.997",
    "2026-03-01T00:00:00", "2026-03-07T23:59:59.997", "2026-03-08T00:00:00",
    "2026-03-08T00:30:00", "2026-03-08T01:00:00", "2026-03-08T01:59:59.997",
    "2026-03-08T02:30:00", "2026-03-08T03:00:00", "2026-03-08T12:00:00", None,
    "2026-03-09T00:00:00", "2026-03-29T01:30:00", "2026-03-31T23:59:59.5", None,
    "2026-06-30T18:15:00", "2026-10-31T23:59:59.997", "2026-11-01T00:00:00",
    "2026-11-01T00:30:00", "2026-11-01T01:00:00", "2026-11-01T01:30:00",
    "2026-11-01T02:00:00", "1999-12-31T23:59:59.997", "2026-11-02T08:00:00",
)
COUNT = 64


def _rows():
    rows = []
    for n in range(COUNT):
        at = TIMES[n % len(TIMES)] if n < 2 * len(TIMES) - 5 else "2026-02-%02dT0%d:00:00" % (n % 28 + 1, n % 9)
        day = DAYS[n % len(DAYS)]
        rows.append([n + 1, NUMS[n * 7 % len(NUMS)], WORDS[n * 5 % len(WORDS)],
                     AMOUNTS[n * 3 % len(AMOUNTS)], (True, False, None)[n * n % 3 if n % 4 else 2],
                     KEYS[n % len(KEYS)], day and parse_stamp(day), at and parse_stamp(at),
                     n * n % GROUPS + 1, LABELS[n * 3 % len(LABELS)]])
    return rows


ROWS = _rows()


def rows_of(edition):
    """The rows as they are in an edition: in each but 0 some are missing, and the others
    have the values that another row has in edition 0."""
    if edition == 0:
        return ROWS
    return [[row[0]] + ROWS[(row[0] - 1 + 7 * edition) % COUNT][1:]
            for row in ROWS if (row[0] + edition) % 5]


def _number(text):
    try:
        return Decimal(text)
    except InvalidOperation:
        raise BadRequest("%s is not a number." % text) from None


def _plain(text):
    return text.rstrip().casefold()


class _Filter:
    def __init__(self, params):
        self.params = params
        self.wide = params.flag("Wide")
        self.zone = params.zone()

    def _given(self, one, many, read):
        """The values allowed, or None for all."""
        # An empty value restricts nothing, except for Label, which may be empty.
        given = self.params.get if one == "Label" else self.params.given
        one, many = given(one), given(many) if many else None
        sets = [s for s in (None if one is None else {read(one)},
                            None if many is None else {read(v) for v in many.split(",")})
                if s is not None]
        return set.intersection(*sets) if sets else None

    def checks(self):
        """Functions of a row, all of which must hold."""
        for place, one, many, read, own in (
                (1, "Num", "Nums", _number, lambda v: v),
                (2, "Word", "Words", _plain, _plain),
                (3, "Amount", None, _number, lambda v: Decimal(v) / 10000),
                (5, "Key", "Keys", _plain, _plain),
                (8, "Group", "Groups", _number, lambda v: v),
                (9, "Label", None, str, str)):
            allowed = self._given(one, many, read)
            if allowed is not None:
                yield self._equal(place, allowed, own)
        if self.params.given("Flag") is not None:
            flag = self.params.flag("Flag")
            yield lambda row: row[4] is flag
        day, moment, first, last = (self.params.local(name, self.zone)
                                    for name in ("Day", "Moment", "From", "To"))
        if day is not None:
            yield lambda row: row[6] is not None and row[6] // DAY_MS == day // DAY_MS
        if moment is not None:
            yield lambda row: row[7] == moment
        if not self.params.flag("DatePercision"):
            first = None if first is None else first // DAY_MS * DAY_MS
            whole = 0 if self.params.given("LastDay") == "Excluded" else DAY_MS
            last = None if last is None else last // DAY_MS * DAY_MS + whole - 1
        if first is not None:
            yield lambda row: row[7] is not None and row[7] >= first
        if last is not None:
            yield lambda row: row[7] is not None and row[7] <= last

    def _equal(self, place, allowed, own):
        def check(row):
            if row[place] is None:
                return False
            # More than was asked for, but not of what the reply does not show.
            return own(row[place]) in allowed or self.wide and place < 8 and row[0] % 3 == 0
        return check


def table(make, columns, params, edition):
    checks = list(_Filter(params).checks())
    rows = [list(row) for row in rows_of(edition) if all(check(row) for check in checks)]
    limit = params.integer("Limit", len(rows))
    return make(columns, iter(rows), len(rows) if len(rows) <= limit else 1 << 40)
