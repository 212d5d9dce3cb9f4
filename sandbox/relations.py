"""The companies, and which of them a login reaches: its own, its partners', its group's."""

from .company import Company

OWN = 21090

# CompanyID, CompanyName, DoingBusinessAs.
COMPANIES = (
    (OWN, "Wireless World Inc.", "Wireless World"),
    (14205, "Kentel \"Mobile\" Ltd.", "KENTEL"),
    (14300, "Téléphones du Nord, S.A.", None),
    (16001, "Prairie Cell", "Prairie"),
)

RELATIONSHIPS = {"partner": "/partner/relationships", "master": "/master/relationships"}
PREFIX = "/partner/"


class Denied(Exception):
    """Makes the reply a 403 with this message."""


def listed(login):
    """Numbers of the companies that a login's relationships list."""
    numbers = [number for number, _, _ in COMPANIES]
    return {"partner": numbers[1:], "master": numbers}.get(login, [])


def make(company, number):
    """A company's made-up data; `company` is the account's own."""
    if number == OWN:
        return company
    place = [n for n, _, _ in COMPANIES].index(number)
    return Company("%s %d" % (company.seed, place), company.scale, entities=number * 1000)


def address(state, number):
    """A company's PreferredEndpoint."""
    found = state.settings["company_endpoints"].get(str(number))
    return found or state.settings["preferred_endpoint"] or state.base_url


def rows(state, endpoint):
    """The records of a list of relationships."""
    wanted = listed(state.settings["login"])
    for number, name, brand in COMPANIES:
        if number in wanted:
            record = {"CompanyID": number, "CompanyName": name, "DoingBusinessAs": brand,
                      "PreferredEndpoint": address(state, number)}
            yield [record[column.name] for column in endpoint.columns]


def _number(params):
    number = params.integer("CompanyID")
    if number is None:
        raise Denied("The account is not mapped to an employee. Give a CompanyID.")
    return number


def reach(state, key, params):
    """(company's number, path without /partner) of a request; raises Denied."""
    login = state.settings["login"]
    if key in RELATIONSHIPS.values():
        if RELATIONSHIPS.get(login) != key:
            raise Denied("This account has no such relationships.")
        return OWN, key
    if key == "/session" or login == "employee" and not key.startswith(PREFIX):
        return OWN, key        # CompanyID is ignored
    if login == "partner" and key.startswith(PREFIX):
        number, key = _number(params), key[len(PREFIX) - 1:]
    elif login == "master" and not key.startswith(PREFIX):
        number = params.integer("CompanyID", OWN)
    else:
        raise Denied("The account is not mapped to an employee.")
    if number not in listed(login):
        raise Denied("The account has no relationship with company %d." % number)
    return number, key
