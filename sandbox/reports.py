"""The reports, and the sources of their rows."""

import zlib

from . import fields, inventory, summaries
from .company import DAYS, FIRST_DAY, mix
from .params import DAY_MS
from .sales import LINES, PER_DAY, Invoice, Line, clamp, inside

R = "/reports/"
EVENTS_A_DAY = 3        # rows per day in a report that is not about sales, at scale 1
SNAPSHOT_ROWS = 3       # rows per store in a report without a window


class Source:
    """A report's subjects, its own columns, and its number of rows per day.

    `per_day` counts all stores at scale 1; the estimate is made from it and
    the window asked for, before a row exists.
    """

    def __init__(self, subjects, special=None, per_day=None):
        self.subjects = subjects
        self.special = special or {}
        self.per_day = per_day


def _matching(lines, scope):
    return (l for l in lines if scope.has_product(l.product))


def _lines(keep=lambda line: True):
    def subjects(endpoints, endpoint, scope):
        lines = endpoints.sales.lines(scope.window, scope.stores)
        return (l for l in _matching(lines, scope) if keep(l))
    return subjects


def _invoices(keep=lambda invoice: True):
    """One subject for each invoice: its first line."""
    def subjects(endpoints, endpoint, scope):
        return (i.lines[0] for i in endpoints.sales.invoices(scope.window, scope.stores)
                if keep(i))
    return subjects


def _history(endpoints, endpoint, scope):
    """All invoices here are Tendered (3); InvoiceStatus -1 means any."""
    if scope.params.integer("InvoiceStatus") not in (-1, 3):
        return iter(())
    return _invoices()(endpoints, endpoint, scope)


def _event(company, rng, id, at):
    store = rng.choice(company.stores)
    invoice = Invoice(id, at, store, rng.choice(store.employees),
                      rng.choice(store.employees),
                      company.customer(rng.randint(1, company.customers)))
    product = rng.choice(company.products)
    serial = "%015d" % rng.getrandbits(48) if product.serialized else ""
    line = Line(invoice, 1, product, rng.randint(1, 5), product.price, serial)
    invoice.lines.append(line)
    invoice.sum()
    return line


def _events(endpoints, endpoint, scope):
    """Events: a few a day, which no other report has."""
    company = endpoints.company
    start = zlib.crc32(endpoint.key.encode()) % 50000
    for day in clamp(scope.window):
        rng = company.rng(endpoint.key, day)
        count = rng.randint(1, 2 * EVENTS_A_DAY - 1) * company.scale
        times = sorted(rng.randrange(DAY_MS) for _ in range(count))
        for number, at in enumerate(times):
            id = start + (day - FIRST_DAY) * 10 * company.scale + number
            line = _event(company, rng, id, day * DAY_MS + at)
            if (scope.has_store(line.invoice.store) and scope.has_product(line.product)
                    and inside(line.invoice.at, scope.window)):
                yield line


def _snapshot(endpoints, endpoint, scope):
    """A snapshot: a few rows for each store, without a date."""
    company = endpoints.company
    for store in company.stores:
        rng = company.rng(endpoint.key, "store", store.id)
        for number in range(SNAPSHOT_ROWS):
            at = (FIRST_DAY + rng.randrange(DAYS)) * DAY_MS + rng.randrange(DAY_MS)
            line = _event(company, rng, store.id * 10 + number, at)
            line.invoice.store = store
            line.invoice.seller = line.invoice.tender = rng.choice(store.employees)
            if scope.has_store(store) and scope.has_product(line.product):
                yield line


def _detail_lines(endpoints, endpoint, scope):
    """ProductDetailReport: SearchMethod says which parameter chooses the lines."""
    params, method = scope.params, scope.params.given("SearchMethod")
    lines = endpoints.sales.lines(scope.window, scope.stores)
    if method == "1" and params.given("ProductIdentifier"):
        return (l for l in lines if l.product.sku == params.given("ProductIdentifier"))
    if method == "2" and params.integer("ManufacturerID", -1) != -1:
        wanted = params.integer("ManufacturerID")
        return (l for l in lines if l.product.manufacturer.id == wanted)
    if method == "4" and params.given("InvoiceIDByStore"):
        return (l for l in lines if l.invoice.number == params.given("InvoiceIDByStore"))
    return _matching(lines, scope) if method == "3" else lines


def _product_detail(endpoints, endpoint, scope):
    """ReportPart 1: the lines; 2: their taxes; 3: the names of the tax columns."""
    part = scope.params.given("ReportPart")
    lines = _detail_lines(endpoints, endpoint, scope)
    if part == "1":
        yield from lines
    elif part == "2":
        for line in lines:
            for tax in line.taxes():
                yield summaries.Tax(line, *tax)
    else:
        yield from summaries.tax_columns()


DETAIL = {
    "Refund": lambda l: l.quantity < 0 if hasattr(l, "invoice") else None,
    "SoldAsUsed": lambda l: False,
    "VendorSKU": lambda l: "" if l.key % 3 else "V-%d" % l.product.id,
    "CarrierPrice": lambda l: None if l.key % 2 else l.list_price,
    "ProductCouponDiscount": lambda l: 0,
    **summaries.TAX,
}

INVOICE_HISTORY = {
    "CompletedOn": lambda l: l.invoice.at + mix(l.key, "done") % 7200 * 1000,
    "CreatedWorkstationName": lambda l: "MAIN",
    "CompletedWorkstationName": lambda l: "MAIN",
    "PaymentTakenWorkstationName": lambda l: "MAIN" if l.key % 5 else None,
    "Status": lambda l: 3,
    "InvoiceSubtotal": lambda l: l.invoice.sales,
    "InvoiceAmount": lambda l: l.invoice.sales + l.invoice.tax,
    "PaymentTaken": lambda l: True,
    "RefundCode": lambda l: "Return" if l.invoice.refund else "",
    "RefundComments": lambda l: "changed \"mind\"" if l.invoice.refund else None,
    "DiscountCode": lambda l: "",
}

TAX_DETAILS = {
    "Invoiced": lambda l: l.invoice.invoiced,
    "Sales": lambda l: l.invoice.sales,
    "Cost": lambda l: l.invoice.cost,
    "Profit": lambda l: l.invoice.profit,
    "Coupons": lambda l: l.invoice.coupon,
    "TaxCollected": lambda l: l.invoice.tax,
    "Refund": lambda l: fields.yes(l.invoice.refund),
    "Taxable": lambda l: "Yes",
    "Adjusted": lambda l: "No",
}

SOURCES = {
    R + "salesbyinvoicereport":
        Source(_invoices(), summaries.SALES_BY_INVOICE, PER_DAY),
    R + "invoicehistoryreport": Source(_history, INVOICE_HISTORY, PER_DAY),
    R + "taxdetailsreport": Source(_invoices(), TAX_DETAILS, PER_DAY),
    R + "paymentintegrationtransactionbydatereport":
        Source(_invoices(lambda i: i.payment in ("Visa", "Mastercard")),
               {"Amount": lambda l: l.invoice.sales + l.invoice.tax,
                "CardType": lambda l: l.invoice.payment,
                "CardTypeID": lambda l: 1 if l.invoice.payment == "Visa" else 2}, PER_DAY * .4),
    R + "donationssummaryreport":
        Source(_invoices(lambda i: i.donation),
               {"DonationValue": lambda l: l.invoice.donation}, PER_DAY * .05),
    R + "productdetailreport": Source(_product_detail, DETAIL, PER_DAY * LINES),
    R + "discountsummaryreport":
        Source(_lines(lambda l: l.discount), None, PER_DAY * LINES * .25),
    R + "refundsummaryreport":
        Source(_lines(lambda l: l.quantity < 0), {"Refund": lambda l: "Yes"},
               PER_DAY * LINES * .06),
    R + "activationgrossprofitreport":
        Source(_lines(lambda l: l.product.category.number == "101110"), None, PER_DAY * .7),
    R + "agedserializedsalesstatusreport":
        Source(_lines(lambda l: l.product.category.number.startswith("1010")), None,
               PER_DAY * .9),
    R + "vendorrebatehistoryreport":
        Source(_lines(lambda l: l.product.special == 1), None, PER_DAY * .3),
    R + "salesbylocationreport": Source(summaries.by_location, summaries.TOTALS),
    R + "salesbyemployeereport": Source(summaries.by_employee, summaries.TOTALS),
    R + "salesbycustomerreport": Source(summaries.by_customer, summaries.TOTALS),
    R + "salesbycategoryreport": Source(summaries.by_category, summaries.TOTALS),
    R + "productsummaryreport": Source(summaries.by_product, summaries.TOTALS),
    R + "dailysalessummaryreport": Source(summaries.by_day, summaries.TOTALS),
    R + "inventorylistingreport": Source(inventory.listing, inventory.LISTING),
    R + "agedseralizedinventoryreport": Source(inventory.aged, inventory.AGED),
    R + "inventorytotalsbylocationreport":
        Source(inventory.totals, inventory.STOCK),
    R + "inventoryavailabilitysummaryreport":
        Source(inventory.totals, inventory.STOCK),
    R + "employeelistreport": Source(summaries.employees, summaries.EMPLOYEES),
    R + "employeemasterlistreport": Source(summaries.employees, summaries.EMPLOYEE_MASTER),
    R + "customerlistreport": Source(summaries.customers, summaries.CUSTOMERS),
    R + "locationmasterlistreport": Source(summaries.stores, summaries.LOCATIONS),
    R + "locationtreereport": Source(summaries.stores, summaries.LOCATIONS),
}
for _suffix in ("_bycategoryandemployees", "_bycategoryandstore"):
    SOURCES[R + "vendorrebatehistoryreport" + _suffix] = SOURCES[R + "vendorrebatehistoryreport"]


def source_of(endpoint):
    found = SOURCES.get(endpoint.key)
    if endpoint.key.startswith("/partner/"):
        found = SOURCES.get(R + endpoint.key.rsplit("/", 1)[1])    # the same report
    if found:
        return found
    if endpoint.parameter("StartDate") or endpoint.parameter("InvoiceStartDate"):
        return Source(_events, None, EVENTS_A_DAY)
    return Source(_snapshot)


def _probe(subjects):
    """(first subject or None, all of them)"""
    subjects = iter(subjects)
    first = next(subjects, None)

    def all_of_them():
        if first is not None:
            yield first
            yield from subjects
    return first, all_of_them()


def rows(endpoints, endpoint, columns, scope):
    """(columns, rows, the count that the service would estimate)"""
    source = source_of(endpoint)
    count = 0
    if source.per_day:
        count = source.per_day * endpoints.company.scale * scope.days() * scope.share()

    def make():
        probe, subjects = _probe(source.subjects(endpoints, endpoint, scope))
        functions = fields.resolve(columns, probe, source.special)
        for subject in subjects:
            yield [f(subject) for f in functions]
    return columns, make(), count
