"""Makes a table of records for a path and its parameters."""

import zlib

from . import catalogue, fields, lists, params as parameters, relations, reports, testdata, ways
from .sales import Sales
from .scope import Scope

# The estimate is off by at most this part of the true count, either way.
ESTIMATE_ERROR = 0.04


class TooMany(Exception):
    def __init__(self, estimate):
        super().__init__(estimate)
        self.estimate = estimate


class Table:
    """Columns, rows that are made when they are read, and the service's estimate."""

    def __init__(self, columns, rows, estimate=0, raw_blocks=None):
        self.columns = columns
        self.rows = rows
        self.estimate = estimate
        self.raw_blocks = raw_blocks or (lambda encoding: None)


def estimated(key, params, count):
    """A count that is slightly wrong, but always the same."""
    noise = zlib.crc32(("%s?%s" % (key, params.canonical())).encode()) % 2001 / 1000 - 1
    return int(count * (1 + ESTIMATE_ERROR * noise))


# Parameters that have the name of a column but do not restrict it, or that the
# report itself handles.
NO_EQUALITY = {"startdate", "stopdate", "locationtype", "categorynumber", "status",
               "binstatus", "trafficcount", "priority", "enabled", "storetype", "storetypeid",
               "storeidloggedin", "table", "typeofcustomer", "reasoncode", "cardtype",
               "companyid"}
ALIASES = {"ponumber": "purchaseorderidbystore", "storeids": "storeid",
           "serialnumberfilter": "serialnumber", "locationentityids": "locationentityid"}


def equalities(endpoint, columns, params):
    """[(column's index, allowed texts)] for parameters that restrict a column."""
    places = {c.name.lower(): i for i, c in enumerate(columns)}
    found = []
    for parameter in endpoint.parameters:
        name = ALIASES.get(parameter.name.lower(), parameter.name.lower())
        value = params.given(parameter.name)
        if name in NO_EQUALITY or name not in places or value in (None, "-1", "*"):
            continue
        if parameter.used_when and not parameters.applies(params, parameter.used_when):
            continue
        if parameter.type in ("int_list", "bigint_list"):
            found.append((places[name], {v.strip() for v in value.split(",")}))
        elif parameter.type in ("int", "bigint", "string"):
            found.append((places[name], {value}))
    return found


class Endpoints:
    def __init__(self, state, company):
        self.state = state
        self.company = company
        self.sales = Sales(company, state)
        self.catalogue = catalogue.load()
        self.catalogue.update((e.key, e) for e in testdata.ENDPOINTS)

    def table(self, key, params, request):
        """The Table, or None if there is no such endpoint; raises BadRequest."""
        endpoint = self.catalogue.get(key)
        settings = self.state.settings
        if endpoint is None or not ways.has_path(settings, endpoint, request.path):
            return None
        ways.check(settings, endpoint, params)
        parameters.check(endpoint, params)
        if settings["unknown_parameters"] == "refused" and key != "/test/echo":
            parameters.check_known(endpoint, params)
        columns = endpoint.columns_for(params)
        if key in relations.RELATIONSHIPS.values():
            return Table(columns, relations.rows(self.state, endpoint))
        if key.startswith("/test/"):
            return testdata.table(Table, endpoint, params, request, self.state)
        scope = Scope(self.company, endpoint, params)
        made = (lists.rows(self, endpoint, columns, scope)
                or reports.rows(self, endpoint, columns, scope))
        columns, rows, count = made
        checks = equalities(endpoint, columns, params)
        if checks:
            rows = (row for row in rows
                    if all(ways.keeps(settings, str(row[i]), allowed) for i, allowed in checks))
        rows = fields.translated(columns, rows,
                                 self.company.translations(params.given("LanguageCode")))
        return Table(columns, rows, estimated(key, params, count))
