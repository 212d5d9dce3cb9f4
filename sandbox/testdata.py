"""Endpoints that exist for tests only: /test/…"""

from decimal import Decimal

from . import changing, things
from .catalogue import Endpoint
from .params import BadRequest, parse_stamp


def _columns(text):
    kinds = {"int": ("INT", "integer"), "money": ("MONEY", "decimal"), "bit": ("BIT", "boolean"),
             "date": ("DATETIME", "datetime"), "guid": ("UNIQUEIDENTIFIER", "guid"),
             "text": ("NVARCHAR(MAX)", "string")}
    return [{"name": name, "type": kinds[kind][0], "kind": kinds[kind][1]}
            for name, kind in (part.split(":") for part in text.split())]


def _endpoint(path, columns, parameters=""):
    """`parameters`: words name:type; name!:type for a required parameter."""
    listed = []
    for word in parameters.split():
        name, kind = word.split(":")
        listed.append({"name": name.rstrip("!"), "type": kind, "required": "!" in name})
    return Endpoint({"path": path, "columns": _columns(columns), "parameters": listed})


ENDPOINTS = (
    _endpoint("/test/rows", "Id:int Name:text Amount:money Flag:bit Created:date Note:text",
              "Count!:int Width:int"),
    _endpoint("/test/echo", "Method:text Query:text Body:text Params:text"),
    _endpoint("/test/sales", "Id:int StoreID:int DateCreated:date Total:money",
              "StartDate:datetime StopDate:datetime StoreID:int StoreIDs:int_list"),
    _endpoint("/test/ledger", changing.COLUMNS, changing.PARAMETERS),
    _endpoint("/test/things", things.COLUMNS, things.PARAMETERS),
    _endpoint("/test/visits", "Id:int StoreID:int Code:text Day:date Total:money",
              "StoreIDs:int_list Codes:text Totals:text StartDate:datetime StopDate:datetime"),
)

# The rows of /test/rows repeat after so many, but for Id.
PERIOD = 3000
ID_MARK = 987654321012345
START = parse_stamp("2026-01-01")


def _row(id, width):
    """Row `id` of /test/rows; every third note is null."""
    n = id % PERIOD
    return ["Name %d é \"q\"" % n + "x" * width, n * 10000 + 1234, id % 2 == 0,
            START + n * 1000 + (0, 120, 123)[id % 3], None if id % 3 == 0 else "note %d" % n]


def _rows_template(encoding, width):
    """The text of the rows 1 to PERIOD, as a format string for their Ids."""
    rows = [encoding.record([ID_MARK] + _row(i, width)) for i in range(1, PERIOD + 1)]
    return [r.replace("%", "%%").replace(str(ID_MARK), "%d") for r in rows]


def _row_blocks(encoding, count, width):
    records = _rows_template(encoding, width)
    step = max(1, min(PERIOD, 65536 // (len(records[0]) + 1)))
    while PERIOD % step:
        step -= 1
    blocks = [(encoding.between.join(records[i:i + step])).encode()
              for i in range(0, PERIOD, step)]
    between = encoding.between.encode()
    yield encoding.head.encode()
    first = 1
    while first + step - 1 <= count:
        block = blocks[(first - 1) % PERIOD // step] % tuple(range(first, first + step))
        yield between + block if first > 1 else block
        first += step
    for id in range(first, count + 1):
        text = records[(id - 1) % PERIOD] % id
        yield (text if id == 1 else encoding.between + text).encode()
    yield encoding.foot.encode()


STORES = 5


def _sales():
    """Rows in order of time: each store at midnight, the last ticks, DST changes."""
    moments = [
        "2026-01-01T00:00:00", "2026-01-01T00:00:00.003", "2026-01-01T23:59:59.997",
        "2026-01-02T00:00:00", "2026-01-15T12:30:00.12", "2026-01-31T23:59:59.997",
        "2026-02-01T00:00:00", "2026-02-28T23:59:59.997", "2026-03-01T00:00:00",
        "2026-03-08T06:59:59.997", "2026-03-08T07:00:00", "2026-03-08T10:00:00",
        "2026-03-29T00:59:59.997", "2026-03-29T01:00:00", "2026-03-31T23:59:59.997",
    ]
    at = [parse_stamp(m) for m in moments]
    first, last = at[0], at[-1]
    # And one row every second day, each at another hour.
    at += [first + n * 2 * 86_400_000 + (n * 5 + 3) % 24 * 3_600_000 + n * 123_456
           for n in range(45)]
    at = sorted(t for t in at if first <= t <= last)
    return [[n, n % STORES + 1, t, n * 123_400 + (n % 7) * 25]
            for n, t in enumerate(at, 1)]


SALES = _sales()


def _sales_rows(params):
    first, last = params.window()
    store, stores = params.integer("StoreID"), params.ids("StoreIDs")
    for row in SALES:
        if ((first is None or row[2] >= first) and (last is None or row[2] < last)
                and (store in (None, -1) or row[1] == store)
                and (stores is None or row[1] in stores)):
            yield list(row)


def _visits():
    """Store s has s % 4 rows, each on another day; a few rows have no store."""
    rows = []
    for store in range(1, 601):
        for day in range(store % 4):
            rows.append([len(rows) + 1, store, _code(store), START + (store + day) % 90 * 86_400_000,
                         store * 10_000 + day])
    for day in range(5):
        rows.append([len(rows) + 1, None, None, START + day * 86_400_000, day])
    return rows


def _code(store):
    return "Nr. %d, ä" % store if store % 50 == 1 else "S%d" % store


VISITS = _visits()


def _visits_rows(params):
    first, last = params.window()
    stores, codes = params.ids("StoreIDs"), params.given("Codes")
    codes = codes and codes.split(",")
    totals = params.given("Totals")
    totals = totals and {Decimal(t) * 10_000 for t in totals.split(",")}
    for row in VISITS:
        if ((stores is None or row[1] in stores) and (codes is None or row[2] in codes)
                and (totals is None or row[4] in totals)
                and (first is None or row[3] >= first) and (last is None or row[3] < last)):
            yield list(row)


def table(make, endpoint, params, request, state):
    columns = endpoint.columns
    if endpoint.key == "/test/echo":
        row = [request.method, request.message.path.partition("?")[2],
               request._read_bytes.decode("utf-8", "replace"), params.canonical()]
        return make(columns, iter([row]), 1)
    if endpoint.key == "/test/sales":
        rows = list(_sales_rows(params))
        return make(columns, iter(rows), len(rows))
    if endpoint.key == "/test/ledger":
        rows = list(state.ledger.selected(params))
        return make(columns, iter(rows), len(rows))
    if endpoint.key == "/test/things":
        return things.table(make, columns, params, state.settings["edition"])
    if endpoint.key == "/test/visits":
        rows = list(_visits_rows(params))
        return make(columns, iter(rows), len(rows))
    count, width = params.integer("Count"), params.integer("Width", 0)
    if count < 0 or not 0 <= width <= 1 << 20:
        raise BadRequest("Count or Width is out of range.")
    return make(columns, iter(()), count,
                lambda encoding: _row_blocks(encoding, count, width))
