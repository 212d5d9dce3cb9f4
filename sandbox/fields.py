"""How a column gets its value: known names first, made up by kind otherwise.

A row's subject is a sales.Line, or anything else with a `key` and an `at`.
"""

import base64
import re

from .company import MONEY, guid, mix

# Columns whose texts depend on LanguageCode.
TRANSLATED = {"StoreTypeName", "StoreType", "LocationTypeName", "CategoryPath", "CategoryName",
              "Description", "PaymentName", "Status", "ReasonCodeDescription",
              "EntryTypeDescription", "Message", "ReasonCode", "Refund", "Taxable",
              "Adjusted", "Reconciled"}

YES_NO = ("No", "Yes")


def yes(flag):
    return "Yes" if flag else "No"


# Functions that take a column's value from a sales.Line.
STORE = {
    "StoreID InvoicedAt_StoreID InvoicedBy_StoreID LocationID StoreID1": lambda s: s.id,
    "StoreName Location LocationName InvoicedAt InvoicedBy TenderedAt ReceiveAt RedeemedAt "
    "StoreName2 BillingStoreName ReceivingStoreName": lambda s: s.name,
    "StoreTypeName StoreType LocationTypeName": lambda s: s.type.name,
    "DistrictName ReceivingDistrictName": lambda s: s.district.name,
    "RegionName ReceivingRegionName": lambda s: s.region.name,
    "ChannelName ReceivingChannelName": lambda s: s.channel.name,
    "RegionID": lambda s: s.region.id,
    "DistrictID": lambda s: s.district.id,
    "Abbreviation GLCode": lambda s: s.abbr,
    "LocationEntityID": lambda s: s.entity,
    "LocationType": lambda s: s.type.id,
}
EMPLOYEE = {
    "EmployeeID EmployeeID1 InvoicedByEmployeeID": lambda e: e.id,
    "EmployeeName EmployeeName1 SoldBy InvoicedByEmployee SalesPersonName "
    "PrimarySalesPersonName CreatedByEmployee Employee_Name": lambda e: e.name,
    "EmployeeUsername EmployeeUsername1 SoldByUserName SalesPersonUsername "
    "PrimarySalesPersonUsername CreatedByEmployeeUsername Username": lambda e: e.username,
    "FirstName": lambda e: e.first,
    "LastName EmployeeLastName": lambda e: e.last,
}
TENDER = {
    "TenderedBy_EmployeeID CompletedBy": lambda e: e.id,
    "TenderedBy TenderEmployeeName EmployeeName2 CompletedByEmployeeName "
    "CompletedEmployeeName": lambda e: e.name,
    "TenderedByUserName TenderedByUsername TenderEmployeeUsername EmployeeUsername2 "
    "CompletedByUsername": lambda e: e.username,
}
CUSTOMER = {
    "CustomerID CustomerID1": lambda c: c.id,
    "CustomerName CustomerName1 Customer BorrowerName CardholderName": lambda c: c.name,
    "Customer_CompanyName CustomerCompanyName": lambda c: c.company,
    "Customer_LastName CustomerLastName": lambda c: c.last,
    "CustomerFirstName": lambda c: c.first,
    "CustomerAddress Address": lambda c: c.address,
    "CustomerCity City": lambda c: c.city,
    "CustomerProvinceOrState Province": lambda c: c.province,
    "CustomerCountry Country": lambda c: c.country,
    "CustomerPostalCode CustomerPostalOrZipCode PostalCode Postal_code": lambda c: c.postal,
    "CustomerPhoneNumber PhoneNumber ContactNumber": lambda c: c.phone,
    "TypeOfCustomer": lambda c: c.type,
}
PRODUCT = {
    "GlobalProductID": lambda p: p.id,
    "ProductIdentifier ProductSKU DeviceSKU": lambda p: p.sku,
    "ProductName DeviceDescription PhoneDescription": lambda p: p.name,
    "CategoryNumber category_number": lambda p: p.category.number,
    "CategoryPath": lambda p: p.category.path,
    "CategoryName": lambda p: p.category.name,
    "VendorID": lambda p: p.vendor.id,
    "VendorName": lambda p: p.vendor.name,
    "SpecialProductID": lambda p: p.special,
    "Serialized": lambda p: p.serialized,
}
LINE = {
    "Quantity": lambda l: l.quantity,
    "UnitPrice Price AdjustedUnitPrice SoldForUnitPrice": lambda l: l.price,
    "OriginalUnitPrice ListPrice": lambda l: l.list_price,
    "UnitCost": lambda l: l.cost,
    "TotalPrice ExtendedUnitPrice": lambda l: l.total,
    "TotalCost ExtendedUnitCost Cost": lambda l: l.total_cost,
    "TotalDiscount": lambda l: l.discount,
    "Profit ExtendedUnitProfit": lambda l: l.total - l.total_cost,
    "SerialNumber DeviceSerialNumber": lambda l: l.serial,
    "Priority": lambda l: l.number,
    "Amount": lambda l: l.total,
    "ProductRowID SaleInvoiceProduct_RowID": lambda l: guid("line", l.key),
}
INVOICE = {
    "SaleInvoiceID InvoiceID": lambda i: i.id,
    "InvoiceIDByStore SaleInvoiceIDByStore StoreInvoiceID InvoiceNumber": lambda i: i.number,
    "DateCreated DateCreatedUTC InvoiceDate DateInvoiced AuthDateUTC": lambda i: i.at,
    "Comments InvoiceComments CommentsFromInvoice": lambda i: i.comments,
    "InvoiceRowID SaleInvoice_RowID": lambda i: guid("invoice", i.id),
    "PaymentName": lambda i: i.payment,
}


def _spread(groups):
    known = {}
    for take, group in groups:
        for names, value in group.items():
            for name in names.split():
                known[name] = lambda line, take=take, value=value: value(take(line))
    return known


KNOWN = _spread((
    (lambda l: l.invoice.store, STORE),
    (lambda l: l.invoice.seller, EMPLOYEE),
    (lambda l: l.invoice.tender, TENDER),
    (lambda l: l.invoice.customer, CUSTOMER),
    (lambda l: l.product, PRODUCT),
    (lambda l: l, LINE),
    (lambda l: l.invoice, INVOICE),
))

BY_STORE = re.compile(r"[A-Z0-9]{4,6}(IN|PO|RE|TR|SB|CA|LI|IA|CB|FC)\d+\Z")


def _integer(column):
    try:
        base = abs(int(column.example))
    except ValueError:
        base = None
    top = {"TINYINT": 255, "SMALLINT": 32767}.get(column.type, 2 ** 31 - 1)

    def value(subject):
        h = mix(subject.key, column.name)
        if column.type == "BIT":
            return h % 2
        if base is None:
            return None if h % 3 else h % 10
        if base < 1000:
            return h % min(top, max(3, 2 * base))
        return min(top, base + h % 1000)
    return value


def _decimal(column):
    maybe_null = column.example == "null"

    def value(subject):
        h = mix(subject.key, column.name)
        if h % 4 == 0:
            return None if maybe_null else 0
        # Whole, in cents, or with all four decimals.
        return h // 4 % 5_000_000 // (step := (10000, 100, 100, 1)[h % 4]) * step
    return value


def _boolean(column):
    if column.example == "null":
        return lambda subject: (None, True, False)[mix(subject.key, column.name) % 3]
    return lambda subject: bool(mix(subject.key, column.name) & 1)


def _guid(column):
    def made(subject):
        return guid(column.name, subject.key)
    if column.example == "null":
        return lambda subject: (None, "null", made(subject))[mix(subject.key, column.name) % 3]
    return made


def _datetime(column):
    example = column.example
    if example not in ("", "null") and not re.match(r"\d{4}-\d\d-\d\dT", example):
        # Documented as a date, but with an example that is not one: follow the example.
        choices = YES_NO if example in YES_NO else (example,)
        return lambda subject: choices[mix(subject.key, column.name) % len(choices)]

    def value(subject):
        h = mix(subject.key, column.name)
        if example in ("", "null") and h % 3 < 2:
            return (None, example)[h % 3]
        at = subject.at + h % (5 * 86_400) * 1000 + h % 1000
        return at - at % 86_400_000 if example.endswith("T00:00:00") else at
    return value


def _binary(column):
    return lambda subject: base64.b64encode(subject.key.to_bytes(8, "big")).decode()


def _string(column):
    example = column.example
    if column.number or column.type in ("INT", "INTEGER"):
        # Numbers as texts are never null or empty.
        return lambda s: (str(mix(s.key, column.name) % 1000 + 1), None, "",
                          "10")[mix(s.key, column.name) % 4]
    by_store = BY_STORE.match(example)
    length = re.search(r"\((\d+)\)", column.type or "")
    length = int(length.group(1)) if length else 4000
    if by_store:
        return lambda s: "%s%s%d" % (s.invoice.store.abbr if hasattr(s, "invoice") else "ST001",
                                     by_store.group(1), mix(s.key, column.name) % 100000)
    if example in YES_NO:
        return lambda s: YES_NO[mix(s.key, column.name) & 1]
    if example == "null":
        choices = (None, "null", "", "text")
    elif example == "":
        choices = ("", "", "", "note", None)
    elif example.isdigit() and len(example) > 5:
        return lambda s: "%s%04d" % (example[:-4], mix(s.key, column.name) % 10000)
    else:
        choices = (example, example, (example + " 2")[:length], (example + "é")[:length])
    return lambda s: choices[mix(s.key, column.name) % len(choices)]


MAKERS = {"integer": _integer, "byte": _integer, "decimal": _decimal, "boolean": _boolean,
          "guid": _guid, "datetime": _datetime, "binary": _binary}


def made_up(column):
    """A function that makes up values by the column's kind."""
    if "StoreInStore" in column.name:
        value = {"boolean": False, "decimal": 0, "integer": 0}.get(column.kind)
        return lambda subject: value
    return MAKERS.get(column.kind, _string)(column)


def _suits(column, value):
    """Whether a value has the kind that the catalogue gives the column."""
    if value is None or column.kind == "string":
        return value is None or isinstance(value, str)
    if column.kind == "boolean":
        return isinstance(value, bool)
    if column.type == "BIT":
        return False
    return isinstance(value, str if column.kind == "guid" else int)


def resolve(columns, probe, special=None):
    """A value function for each column; `probe` is a subject to try them on."""
    special = special or {}
    known = KNOWN if hasattr(probe, "invoice") else {}
    first_date = next((c.name for c in columns if c.kind == "datetime"), None)
    dated = any(c.name in ("DateCreated", "InvoiceDate", "AuthDateUTC") for c in columns)
    functions = []
    for column in columns:
        function = special.get(column.name)
        if function is None:
            function = known.get(column.name)
            if function is not None and not (probe and _suits(column, function(probe))):
                function = None
            elif function is not None and column.kind == "decimal" and column.name == "Quantity":
                function = lambda line: line.quantity * MONEY
        if function is None and column.name == first_date and not dated:
            if re.match(r"\d{4}-", column.example):
                function = lambda subject: subject.at
        functions.append(function or made_up(column))
    return functions


def translated(columns, rows, texts):
    """The rows with the texts of another language."""
    places = [i for i, c in enumerate(columns) if c.name in TRANSLATED]
    if not texts or not places:
        return rows

    def translate():
        for row in rows:
            for i in places:
                row[i] = texts.get(row[i], row[i])
            yield row
    return translate()
