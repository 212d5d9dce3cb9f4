"""Reports that sum up invoices, and those that list stores and people."""

import datetime

from .changing import changed_customer
from .company import MONEY, mix
from .params import DAY_MS, EPOCH
from .sales import TAXES


class Tax:
    """ProductDetailReport, part 2: one tax on one line."""

    def __init__(self, line, id, name, amount):
        self.line = line
        self.tax_id = id
        self.tax_name = name
        self.amount = amount
        self.key = line.key
        self.at = line.invoice.at


class TaxColumn:
    """ProductDetailReport, part 3: the name of a tax's column."""

    key = at = 0

    def __init__(self, id, name):
        self.tax_id = id
        self.tax_name = name


def tax_columns():
    return [TaxColumn(id, name) for id, name, _ in TAXES]


def _line_of(subject):
    return getattr(subject, "line", subject)


TAX = {
    "TaxID": lambda t: t.tax_id,
    "TaxName": lambda t: t.tax_name,
    "ColName": lambda t: t.tax_id,
    "ColCaption": lambda t: t.tax_name,
    "CreditCardPaymentType": lambda t: None,
    "Amount": lambda t: t.amount,
    "SaleInvoiceID": lambda s: _line_of(s).invoice.id,
    "GlobalProductID": lambda s: _line_of(s).product.id,
    "Priority": lambda s: _line_of(s).number,
    "SerialNumber": lambda s: _line_of(s).serial,
}

# Functions of an invoice's first line.
SALES_BY_INVOICE = {
    "Adjustment": lambda l: 0,
    "TotalInvoiced": lambda l: l.invoice.invoiced,
    "TotalSales": lambda l: l.invoice.sales,
    "TotalCost": lambda l: l.invoice.cost,
    "TotalProfit": lambda l: l.invoice.profit,
    "TotalCoupon": lambda l: l.invoice.coupon,
    "TotalAfterTax": lambda l: l.invoice.invoiced + l.invoice.tax,
    "TotalDonations": lambda l: l.invoice.donation,
    "TotalGiftCard": lambda l: sum(x.total for x in l.invoice.lines if x.product.special == 3),
    "TotalDownPayment": lambda l: 0,
    "TotalExtraCharges": lambda l: 0,
    "TotalNRP": lambda l: 0,
    "RoundingVariance": lambda l: l.invoice.variance,
    "FinancedAmount": lambda l: 0,
    "Earned": lambda l: None,
    "Redeemed": lambda l: None,
    "RefundCodeID": lambda l: None,
    "InvoiceEmailed": lambda l: l.invoice.id % 2 == 0,
}


class Group:
    """Sums over lines; a coupon counts once, at its invoice's first line."""

    def __init__(self, key, subject, at=0):
        self.key = key
        self.subject = subject
        self.at = at
        self.sold = self.refunded = 0
        self.sales = self.cost = self.coupon = self.discount = 0

    def add(self, line, coupon):
        if line.quantity > 0:
            self.sold += line.quantity
        else:
            self.refunded += line.quantity
        self.sales += line.total
        self.cost += line.total_cost
        self.discount += line.discount
        if coupon and line.number == 1:
            self.coupon += line.invoice.coupon

    @property
    def profit(self):
        return self.sales - self.cost - self.coupon

    @property
    def invoiced(self):
        return self.sales - self.coupon


def _grouped(lines, key_of, keep=None):
    """{key: Group} in order of key; key_of gives (key, subject, at)."""
    groups = {}
    for line in lines:
        if keep is None or keep(line):
            key, subject, at = key_of(line)
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group(key, subject, at)
            # A coupon belongs to the invoice, not to a product.
            group.add(line, keep is None)
    return (groups[key] for key in sorted(groups))


def _product_filter(scope, always_category=True):
    """A function that tells whether a line counts; None if all count."""
    params = scope.params
    sku = params.given("ProductIdentifier")
    if always_category and scope.category and sku:
        return lambda l: scope.has_product(l.product) and l.product.sku == sku
    if sku:
        return lambda l: l.product.sku == sku
    if always_category and scope.category:
        return lambda l: scope.has_product(l.product)
    return None


def _location_filter(scope):
    """SalesByLocationReport: SearchMethod selects the lines that count."""
    method = scope.params.given("SearchMethod")
    if method == "6":
        return (lambda l: scope.has_product(l.product)) if scope.category else None
    if method == "7":
        sku = scope.params.given("ProductIdentifier")
        return lambda l: l.product.sku == sku
    special = {"2": 0, "3": 1, "4": 2, "5": 3, "9": 4}.get(method)
    return None if special is None else lambda l: l.product.special == special


def _period(text):
    """day since 1970 -> (number of its period, first instant of the period)."""
    text = (text or "").lower()

    def period(day):
        date = datetime.date.fromordinal(EPOCH.toordinal() + day)
        if text == "bymonth":
            return date.year * 100 + date.month, date.month, (day - date.day + 1) * DAY_MS
        if text == "byyear":
            first = date.replace(month=1, day=1).toordinal() - EPOCH.toordinal()
            return date.year, date.year, first * DAY_MS
        return day, date.day, day * DAY_MS
    return period if text in ("bymonth", "byyear", "byday") else None


class StorePeriod:
    def __init__(self, store, number):
        self.store = store
        self.number = number


def by_location(endpoints, endpoint, scope):
    """A row for each store, or for each store and period with ByDate."""
    period = _period(scope.params.given("ByDate"))
    start = scope.window[0] or 0

    def key_of(line):
        store = line.invoice.store
        if period is None:
            return store.id, StorePeriod(store, 0), start
        index, number, first = period(line.invoice.at // DAY_MS)
        return store.id * 10 ** 6 + index, StorePeriod(store, number), first
    lines = endpoints.sales.lines(scope.window, scope.stores)
    return _grouped(lines, key_of, _location_filter(scope))


def by_employee(endpoints, endpoint, scope):
    lines = endpoints.sales.lines(scope.window, scope.stores)
    return _grouped(lines, lambda l: (l.invoice.seller.id, l.invoice.seller, 0),
                    _product_filter(scope))


def by_customer(endpoints, endpoint, scope):
    lines = endpoints.sales.lines(scope.window, scope.stores)
    return _grouped(lines, lambda l: (l.invoice.customer.id, l.invoice.customer, 0),
                    _product_filter(scope))


def by_category(endpoints, endpoint, scope):
    lines = endpoints.sales.lines(scope.window, scope.stores)
    return _grouped(lines, lambda l: (int(l.product.category.number), l.product.category, 0),
                    scope_products(scope))


def by_product(endpoints, endpoint, scope):
    lines = endpoints.sales.lines(scope.window, scope.stores)
    return _grouped(lines, lambda l: (l.product.id, l.product, 0), scope_products(scope))


def by_day(endpoints, endpoint, scope):
    special = scope.params.given("SpecialProductID")
    lines = endpoints.sales.lines(scope.window, scope.stores)
    if special in ("0", "1", "2", "3"):
        keep = lambda l: scope.has_product(l.product) and l.product.special == int(special)
    else:
        keep = _product_filter(scope)
    return _grouped(lines, lambda l: (l.invoice.at // DAY_MS, l.invoice.at // DAY_MS,
                                      l.invoice.at // DAY_MS * DAY_MS), keep)


def scope_products(scope):
    """Rows by product or category leave out coupons, which belong to no product."""
    return lambda l: scope.has_product(l.product)


def _percent(group):
    return group.profit * 100 * MONEY // group.sales if group.sales else 0


def _of(names, default=None):
    """An attribute path of the group's subject; the default if any part is missing."""
    def value(group):
        found = group.subject
        for name in names.split("."):
            found = getattr(found, name, None)
            if found is None:
                return default
        return found
    return value


def _name(group):
    return getattr(group.subject, "name", "")


TOTALS = {
    "QtySold": lambda g: g.sold,
    "QuantitySold": lambda g: g.sold,
    "QtyRefunded": lambda g: g.refunded,
    "QuantityRefunded": lambda g: g.refunded,
    "NetQty": lambda g: g.sold + g.refunded,
    "NetQuantity": lambda g: g.sold + g.refunded,
    "TotalInvoiced": lambda g: g.invoiced,
    "Adjustment": lambda g: 0,
    "Net": lambda g: g.sales,
    "TotalSales": lambda g: g.sales,
    "TotalPrice": lambda g: g.sales,
    "Cost": lambda g: g.cost,
    "TotalCost": lambda g: g.cost,
    "Coupon": lambda g: g.coupon,
    "TotalCoupon": lambda g: g.coupon,
    "CouponTax": lambda g: 0,
    "TotalCouponTax": lambda g: 0,
    "Profit": lambda g: g.profit,
    "TotalProfit": lambda g: g.profit,
    "ExtendedUnitPrice": lambda g: g.sales,
    "ExtendedUnitCost": lambda g: g.cost,
    "ExtendedUnitProfit": lambda g: g.sales - g.cost,
    "TotalDiscount": lambda g: g.discount,
    "PercentProfit": _percent,
    "RoundingVariance": lambda g: 0,
    "TotalCommission": lambda g: 0,
    "InvoicedAtDifferentLocation": lambda g: 0,
    "DateCreated": lambda g: g.at,
    "DateName": lambda g: g.at,
    "Date": _of("number"),
    "StoreID": _of("store.id"),
    "StoreName": _of("store.name"),
    "StoreTypeName": _of("store.type.name"),
    "RegionName": _of("store.region.name"),
    "DistrictName": _of("store.district.name"),
    "ChannelName": _of("store.channel.name"),
    "EmployeeID": _of("id"),
    "EmployeeName": _name,
    "EmployeeUsername": _of("username"),
    "CustomerID": _of("id"),
    "CustomerName": _name,
    "Customer_CompanyName": _of("company"),
    "Customer_LastName": _of("last"),
    "CustomerAddress": _of("address"),
    "CustomerCity": _of("city"),
    "CustomerProvinceOrState": _of("province"),
    "CustomerCountry": _of("country"),
    "CustomerPostalCode": _of("postal"),
    "TypeOfCustomer": _of("type"),
    "CategoryNumber": lambda g: getattr(g.subject, "number", None) or g.subject.category.number,
    "CategoryPath": lambda g: getattr(g.subject, "path", None) or g.subject.category.path,
    "GlobalProductID": _of("id"),
    "ProductName": _name,
    "ProductIdentifier": _of("sku"),
    "ProductSKU": _of("sku"),
    "SpecialProductID": _of("special"),
    "VendorName": _of("vendor.name"),
}


class Person:
    """An employee, customer or store as the subject of a row."""

    def __init__(self, key, at, it):
        self.key = key
        self.at = at
        self.it = it


def _born(key):
    """A day and hour in 2015 to 2021 for hirings and openings."""
    return (16436 + mix(key, "born") % 2400) * DAY_MS + mix(key, "hour") % DAY_MS


def employees(endpoints, endpoint, scope):
    """Status (or EnabledStatus): 0 disabled, 1 enabled, 2 any."""
    status = scope.params.given("Status") or scope.params.given("EnabledStatus") or "2"
    for e in endpoints.company.employees:
        if scope.has_store(e.store) and status in ("2", "1" if e.enabled else "0"):
            yield Person(e.id, _born(e.id), e)


def customers(endpoints, endpoint, scope):
    """Customers created and last modified in the windows; TypeOfCustomer -1 means any."""
    company, (first, last) = endpoints.company, scope.window
    since, until = scope.params.window("StartDateLastModified", "StopDateLastModified")
    wanted = scope.params.integer("TypeOfCustomer", -1)
    records = endpoints.state.records_of("customers")
    for id in records.numbers(company.customers):
        customer = changed_customer(records, company.customer(id))
        modified = records.times.get(id, _modified(customer))
        store = company.stores[mix(id, "store") % len(company.stores)]
        if (scope.has_store(store) and wanted in (-1, customer.type)
                and (first is None or customer.created >= first)
                and (last is None or customer.created < last)
                and (since is None or modified >= since)
                and (until is None or modified < until)):
            person = Person(id, customer.created, customer)
            person.modified = modified
            yield person


def _modified(customer):
    """An instant within a year after the customer was created."""
    return customer.created + mix(customer.id, "modified") % (365 * DAY_MS)


def stores(endpoints, endpoint, scope):
    for store in endpoints.company.stores:
        yield Person(store.id, _born(store.id), store)


EMPLOYEES = {
    "ID_Number": lambda p: p.it.id,
    "Employee_Name": lambda p: p.it.name,
    "Last_Name": lambda p: p.it.last,
    "Username": lambda p: p.it.username,
    "Location": lambda p: p.it.store.name,
    "DefaultLocation": lambda p: p.it.store.id if p.key % 4 else None,
    "DefaultZoneForWho": lambda p: 4 if p.key % 4 else None,
    "Email": lambda p: p.it.username + "@example.com",
    "EmailAddress": lambda p: p.it.username + "@example.com",
    "PersonalEmail": lambda p: ("", "null", "me@example.com")[p.key % 3],
    "StartDate": lambda p: p.at,
    "Status": lambda p: "Enabled" if p.it.enabled else "Disabled",
    "TerminationDate": lambda p: None if p.it.enabled else p.at + 400 * DAY_MS,
    "ScheduledTerminationDate": lambda p: None if p.it.enabled else p.at + 400 * DAY_MS,
    "IsPartTime": lambda p: p.key % 3 == 0,
}

EMPLOYEE_MASTER = {
    "Employee ID": lambda p: p.it.id,
    "Employee Name": lambda p: p.it.name,
    "Employee_Name": lambda p: p.it.name,
    "Username": lambda p: p.it.username,
    "Primary Location": lambda p: p.it.store.name,
    "Disabled": lambda p: "No" if p.it.enabled else "Yes",
    "Email Address": lambda p: p.it.username + "@example.com",
    "Email Password": lambda p: "",
}

CUSTOMERS = {
    "LastDateModified": lambda p: p.modified,
    "CustomerID": lambda p: p.it.id,
    "CustomerFirstName": lambda p: p.it.first,
    "CustomerLastName": lambda p: p.it.last,
    "CustomerCompanyName": lambda p: p.it.company,
    "Address": lambda p: p.it.address,
    "City": lambda p: p.it.city,
    "Province": lambda p: p.it.province,
    "Country": lambda p: p.it.country,
    "PostalCode": lambda p: p.it.postal,
    "ContactNumber": lambda p: p.it.phone,
    "DateCreated": lambda p: p.at,
    "TypeOfCustomer": lambda p: p.it.type,
    "Email": lambda p: ("", "null", "c%d@example.com" % p.key)[p.key % 3],
    "VIPCustomer": lambda p: p.key % 2,
}

LOCATIONS = {
    "StoreID": lambda p: p.it.id,
    "LocationEntityID": lambda p: p.it.entity,
    "StoreName": lambda p: p.it.name,
    "StoreType": lambda p: p.it.type.name,
    "StoreTypeName": lambda p: p.it.type.name,
    "Abbreviation": lambda p: p.it.abbr,
    "GLCode": lambda p: p.it.abbr,
    "RegionName": lambda p: p.it.region.name,
    "RegionID": lambda p: p.it.region.id,
    "DistrictName": lambda p: p.it.district.name,
    "DistrictID": lambda p: p.it.district.id,
    "ChannelName": lambda p: p.it.channel.name,
    "ManagerEmployeeID": lambda p: p.it.employees[0].id,
    "Disabled": lambda p: 0,
    "Latitude": lambda p: 50.443559 - p.key / 100,
    "Longitude": lambda p: -104.612034 + p.key / 10,
}
