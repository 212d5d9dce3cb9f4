"""/lists/…, /bridge/…, /session as a table, and the import."""

from types import SimpleNamespace
from zoneinfo import ZoneInfo

from . import fields
from .company import FIRST_DAY, LANGUAGES, guid, mix
from .params import DAY_MS, BadRequest, local_ms
from .scope import COMPANY_ID, LOCATION_TYPES

COMPANY_NAME = "KENTEL Corp"
COMPANY_ENTITY = 14146
BRIDGE_TABLES = ("CarrierIntegrationCustomerHandsets", "iQclerk_ARPaymentInvoice",
                 "iQclerk_Stores", "iQclerk_Products")
BRIDGE_ROWS = 400       # rows of each bridge table, at scale 1


def places(company, kind):
    """[(id, name, entity)] of a location type."""
    if kind == "company":
        return [(COMPANY_ID, COMPANY_NAME, COMPANY_ENTITY)]
    some = getattr(company, {"region": "regions", "district": "districts", "store": "stores",
                             "channel": "channels"}[kind])
    return [(p.id, p.name, p.entity) for p in some]


def _location_ids(c, scope):
    return places(c, scope.params.given("LocationType").lower())


def _location_ids_of(c, scope):
    wanted = scope.params.ids("LocationTypeIDs")
    return [row for row in _location_ids(c, scope) if wanted is None or row[0] in wanted]


def _categories(c, scope):
    """Number and name, and two columns seen in use: the parent and the path."""
    return [(k.number, k.name, k.number[:-2] or None, k.path) for k in c.categories]


def _products(c, scope):
    """CategoryNumbers include subcategories; SearchTerm matches a part of the name."""
    params = scope.params
    numbers = (params.given("CategoryNumbers") or "").split(",")
    term = (params.given("SearchTerm") or "").lower()
    return [(p.sku, p.name, p.category.number, True, p.special, p.id) for p in c.products
            if any(p.category.number.startswith(n) for n in numbers) and term in p.name.lower()]


def _for_who_ids(c, scope):
    number = scope.params.integer("ForWho")
    return places(c, LOCATION_TYPES[number - 1]) if number and 1 <= number <= 5 else []


def _named(*names, first=1):
    return lambda c, scope: [(i, n) for i, n in enumerate(names, first)]


REASONS = ("Scratched", "Damaged", "Unexplained \"loss\"")

LISTS = {
    "carriersip": _named("Nextel", "AT&T", "Verizon", "SaskTel", first=10),
    "couponid": _named("TEST2", "10% off", "Back to school, 2026", first=1144),
    "financingid": _named("Import", "24 months", "36 months"),
    "groupid": _named("100% (35% GP)", "Managers", "Part-time"),
    "locationids": _location_ids_of,
    "locationtype": lambda c, s: [(t.capitalize(),) for t in LOCATION_TYPES],
    "nonsellablereasoncode": lambda c, s: [(guid("reason", r), r) for r in REASONS],
    "producttype": _named("Regular Global Product", "Vendor Rebate", "Non-Stocked",
                          "Gift Card", first=0),
    "storetypes": lambda c, s: [(t.id, t.name) for t in c.store_types],
    "vendorid": lambda c, s: [(v.id, v.name) for v in c.vendors],
    "cardtypes": lambda c, s: [(1, "Visa", "VI", 16, 3), (2, "Mastercard", "MC", 16, 3),
                               (3, "American Express", "AX", 15, 4)],
    "categorynumber": _categories,
    "employees": lambda c, s: [(e.id, e.entity, e.name, e.first, e.last)
                               for e in c.employees],
    "entrytypes": lambda c, s: [(1, "Swiped", "Swiped"), (2, "Keyed", "Keyed"),
                                (3, "Chip", None)],
    "forwhoid": lambda c, s: [(str(i), t.capitalize())
                              for i, t in enumerate(LOCATION_TYPES, 1)],
    "forwhoids": _for_who_ids,
    "languages": lambda c, s: [(code,) for code in LANGUAGES],
    "manufactureid": lambda c, s: [(str(m.id), m.name) for m in c.manufacturers],
    "productidentifier": _products,
    "reasoncode": lambda c, s: [(str(i), r) for i, r in enumerate(
        ("Write Off", "Unexplained Shrinkage", "Theft, \"other\""), 1)],
    "requesttypes": lambda c, s: [(i, n, None, None) for i, n in enumerate(("Report", "List"), 1)],
    "stores": lambda c, s: [(p.id, p.entity, p.name) for p in c.stores],
}


def _bridge_subjects(endpoints, table):
    """Rows of a bridge table, each with the instant of its last change."""
    company, records = endpoints.company, endpoints.state.records_of(table)
    start = BRIDGE_TABLES.index(table) * 100000
    seed = company.seed if isinstance(company.seed, int) else company.entities   # another company's
    count = BRIDGE_ROWS * company.scale
    for number in records.numbers(count):
        key = start + number - 1 + seed * 1_000_000
        first = FIRST_DAY * DAY_MS + mix(key, "changed") % (900 * DAY_MS)
        yield SimpleNamespace(key=key, at=first, changed=records.changed.get(number, 0),
                              updated=records.times.get(number, first),
                              inserted=records.added.get(number, first),
                              store=mix(key, "store") % len(company.stores) + 1)


BRIDGE_COLUMNS = {
    "StoreID": lambda r: r.store,
    "DepositAmount": lambda r: ("0.00" if r.key % 4 and not r.changed
                                else mix(r.key, "deposit" + "+" * r.changed) % 10 ** 6),
    "RowThumbprint": lambda r: guid("RowThumbprint", r.key, *[r.changed] * (r.changed > 0)),
    "RowInserted": lambda r: r.inserted - r.inserted % 1000,
    "RowUpdated": lambda r: r.updated,
    "Operation": lambda r: "Updated" if r.key % 3 == 0 or r.changed else "Inserted",
}


def _bridge_table(params):
    wanted = params.given("Table").lower()
    for table in BRIDGE_TABLES:
        if table.lower() == wanted:
            return table
    raise BadRequest("There is no table %s." % params.given("Table"))


def _bridge_data(endpoints, endpoint, columns, scope):
    table = _bridge_table(scope.params)
    functions = fields.resolve(columns, None, BRIDGE_COLUMNS)
    rows = [[f(r) for f in functions] for r in _bridge_subjects(endpoints, table)]
    return columns, iter(rows), len(rows)


def _bridge_delta(endpoints, endpoint, columns, scope):
    """How many rows changed at or after RowDateTime, and perhaps how many were deleted."""
    table, since = _bridge_table(scope.params), scope.params.stamp("RowDateTime")
    count = sum(r.updated >= since for r in _bridge_subjects(endpoints, table))
    if endpoints.state.settings["delta_counts_deletions"]:
        records = endpoints.state.records_of(table)
        count += sum(records.times[n] >= since for n in records.deleted)
    end = (FIRST_DAY + 900) * DAY_MS
    seconds = min(max(0, (end - since) // 1000), 2 ** 31 - 1)
    return columns, iter([[count, seconds, table]]), 1


def _bridge_schema(endpoints, endpoint, columns, scope):
    types = {"integer": ("int", None), "decimal": ("money", None), "boolean": ("bit", None),
             "datetime": ("datetime", None), "guid": ("uniqueidentifier", None)}
    data = endpoints.catalogue["/bridge/current/data"].columns
    rows = []
    for table in BRIDGE_TABLES:
        for place, column in enumerate(data, 1):
            kind, length = types.get(column.kind, ("varchar", 50))
            rows.append([table, column.name, length, place, kind])
    return columns, iter(rows), len(rows)


def _session(endpoints, endpoint, columns, scope):
    from .auth import session_record
    record = session_record(endpoints.state, scope.params)
    columns = [c for c in columns if c.name in record]
    return columns, iter([[record[c.name] for c in columns]]), 1


def _partner_categories(endpoints, endpoint, columns, scope):
    rows = [[k.number, k.name, k.path] for k in endpoints.company.categories]
    return columns, iter(rows), len(rows)


def _partner_stores(endpoints, endpoint, columns, scope):
    rows = [[s.id, "Regina", "1 Main St.", s.name] for s in endpoints.company.stores]
    return columns, iter(rows), len(rows)


def _traffic(endpoints, endpoint, columns, scope):
    """Add a count, or change the one that TrafficCountID names."""
    params, state = scope.params, endpoints.state
    store_id = params.integer("StoreID")
    store = next((s for s in endpoints.company.stores if s.id == store_id), None)
    if store is None:
        raise BadRequest("There is no store %d." % store_id)
    id = params.integer("TrafficCountID")
    if id is None:
        id = 656 + len(state.traffic)
    elif id not in state.traffic:
        raise BadRequest("There is no traffic count %d." % id)
    row = [id, params.stamp("StartDate"), params.stamp("StopDate"),
           params.integer("TrafficCount"), store.id, store.abbr]
    state.traffic[id] = row
    zone = ZoneInfo(state.settings["traffic_timezone"])
    shown = [id, *(local_ms(ms, zone) for ms in row[1:3]), *row[3:]]
    return columns, iter([shown]), 1


SPECIAL = {
    "/bridge/current/data": _bridge_data,
    "/bridge/current/delta": _bridge_delta,
    "/bridge/current/schema": _bridge_schema,
    "/session": _session,
    "/partner/envysion/categories": _partner_categories,
    "/partner/envysion/stores": _partner_stores,
    "/import/trafficcount": _traffic,
}


def rows(endpoints, endpoint, columns, scope):
    """(columns, rows, count), or None for an endpoint of another module."""
    special = SPECIAL.get(endpoint.key)
    if special:
        return special(endpoints, endpoint, columns, scope)
    if not endpoint.key.startswith("/lists/"):
        return None
    found = LISTS[endpoint.key[len("/lists/"):]](endpoints.company, scope)
    return columns, iter([list(row) for row in found]), len(found)
