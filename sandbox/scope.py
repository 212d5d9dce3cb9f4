"""The scope of a request: which stores, days and categories."""

from .company import DAYS
from .params import DAY_MS

LOCATION_TYPES = ("company", "region", "district", "store", "channel")
COMPANY_ID = 0


class Scope:
    """The restrictions of one request, read from its parameters.

    LocationType with LocationTypeIDs; ForWho (1 company to 5 channel) with
    ForWhoIDs only where LocationType is not given.  CategoryNumber takes a
    category with all below it: 10 is the root; -1, * and all are the root too.
    """

    def __init__(self, company, endpoint, params):
        self.company = company
        self.params = params
        self.stores = self._stores(endpoint)
        self.category = self._category()
        start, stop = "StartDate", "StopDate"
        if endpoint.parameter("InvoiceStartDate"):
            start, stop = "InvoiceStartDate", "InvoiceStopDate"
        self.window = params.window(start, stop)

    def _kind(self):
        kind = self.params.given("LocationType")
        if kind:
            return kind.lower(), self.params.ids("LocationTypeIDs")
        number = self.params.integer("ForWho", 1)
        kind = LOCATION_TYPES[number - 1] if 1 <= number <= 5 else "company"
        return kind, self.params.ids("ForWhoIDs")

    def _stores(self, endpoint):
        """Store numbers; None for all."""
        kind, ids = self._kind()
        stores = self.company.stores
        if kind == "company":
            if ids is None or ids & {COMPANY_ID, 1}:
                found = None
            else:
                found = set()
        elif ids is None:
            found = None
        else:
            def place(s):
                return s.id if kind == "store" else getattr(s, kind).id
            found = {s.id for s in stores if place(s) in ids}
        for name in ("StoreTypeID", "StoreType"):
            type_ = self.params.integer(name, -1)
            if endpoint.parameter(name) and type_ != -1:
                found = {s.id for s in stores if s.type.id == type_
                         and (found is None or s.id in found)}
        return found

    def _category(self):
        number = self.params.given("CategoryNumber")
        if number is None or number.lower() in ("-1", "*", "all", "10"):
            return ""
        return number

    def has_store(self, store):
        return self.stores is None or store.id in self.stores

    def has_product(self, product):
        return product.category.number.startswith(self.category)

    def share(self):
        """The fraction of all stores that the request selects."""
        if self.stores is None:
            return 1.0
        return len(self.stores) / len(self.company.stores)

    def days(self):
        """The number of days in the window, with data or without."""
        first, last = self.window
        if first is None or last is None:
            return DAYS
        return max(0, (last - first + DAY_MS - 1) // DAY_MS)
