"""Stock: how many of each product a store has, and where they are."""

from .company import DAYS, FIRST_DAY, SALES_DAYS, mix
from .params import DAY_MS

# BinStatus values of inventorylistingreport, in the order of their numbers.
BINS = ("InStock", "OnRMA", "TransferIn", "TransferOut", "OnLoan", "NonSellable",
        "OnOrder", "OnBackOrder")


class Stock:
    """A quantity of one product in one bin of a store; serialized: a single piece."""

    def __init__(self, store, product, bin, quantity, month, piece=0):
        self.store = store
        self.product = product
        self.bin = bin
        self.quantity = quantity
        self.key = ((store.id * 1000 + product.id) * 10 + bin) * 16 + piece
        self.serial = "%015d" % (860000000000000 + self.key) if product.serialized else ""
        self.at = (FIRST_DAY + mix(self.key, "received") % DAYS) * DAY_MS \
            + mix(self.key, "hour") % DAY_MS


def _bins(store, product, month):
    """[(bin number, quantity)] in one month."""
    h = mix(store.id * 1000 + product.id, "stock %d" % month)
    if product.special in (1, 2) or h % 5 < 2:
        return []
    limit = 4 if product.serialized else 25
    found = [(1, h // 8 % limit)]
    if h // 256 % 7 == 0:
        found.append((h // 2048 % 7 + 2, h // 16384 % 3 + 1))
    if h // 256 % 61 == 1 and not product.serialized:
        found[0] = (1, -(h // 8 % 3) - 1)
    return found


def stock(endpoints, scope, month):
    """Every bin of every requested store, also with quantity 0."""
    for store in endpoints.company.stores:
        if not scope.has_store(store):
            continue
        for product in endpoints.company.products:
            if scope.has_product(product):
                for bin, quantity in _bins(store, product, month):
                    yield store, product, bin, quantity


def _month(scope):
    """The month of DateAsOf, else the last of 2026; stock changes as long as there are sales."""
    at = scope.params.stamp("DateAsOf")
    days = DAYS if at is None else at // DAY_MS - FIRST_DAY
    return max(0, min(SALES_DAYS, days)) // 30


def listing(endpoints, endpoint, scope):
    """inventorylistingreport: a row for each serialized piece, unless BlindInventory."""
    params, month = scope.params, _month(scope)
    status, sign = params.integer("BinStatus"), params.given("QtyStatus")
    for store, product, bin, quantity in stock(endpoints, scope, month):
        if status <= 8 and bin != status or status == 9 and bin in (7, 8):
            continue
        if {"1": quantity >= 0, "2": quantity <= 0, "3": quantity != 0}.get(sign):
            continue
        if product.serialized and quantity > 0:
            for piece in range(quantity):
                yield Stock(store, product, bin, 1, month, piece)
        else:
            yield Stock(store, product, bin, quantity, month)


def aged(endpoints, endpoint, scope):
    for store, product, bin, quantity in stock(endpoints, scope, _month(scope)):
        if product.serialized and bin == 1:
            for piece in range(max(0, quantity)):
                yield Stock(store, product, bin, 1, 0, piece)


def totals(endpoints, endpoint, scope):
    """The stock, a row for each product in each store."""
    for store, product, bin, quantity in stock(endpoints, scope, _month(scope)):
        if bin == 1:
            yield Stock(store, product, bin, quantity, 0)


STOCK = {
    "StoreID": lambda s: s.store.id,
    "StoreName": lambda s: s.store.name,
    "StoreTypeName": lambda s: s.store.type.name,
    "DistrictName": lambda s: s.store.district.name,
    "RegionName": lambda s: s.store.region.name,
    "ChannelName": lambda s: s.store.channel.name,
    "GlobalProductID": lambda s: s.product.id,
    "ProductIdentifier": lambda s: s.product.sku,
    "ProductSKU": lambda s: s.product.sku,
    "ProductName": lambda s: s.product.name,
    "CategoryPath": lambda s: s.product.category.path,
    "VendorName": lambda s: s.product.vendor.name,
    "SerialNumber": lambda s: s.serial,
    "Quantity": lambda s: s.quantity,
    "UnitCost": lambda s: s.product.cost,
    "TotalCost": lambda s: s.product.cost * s.quantity,
}

LISTING = {
    **STOCK,
    "BinStatus": lambda s: "String_" + BINS[s.bin - 1],
    "BarCode": lambda s: "%012d" % (738516000000 + s.product.id),
    "DateEOL": lambda s: None if s.product.id % 7 else s.at - s.at % DAY_MS,
    "DiscontinuedDate": lambda s: "null" if s.product.id % 9 else s.at,
    "RefundPeriodLength": lambda s: None if s.product.id % 2 else 30,
    "IsUsed": lambda s: s.key % 11 == 0,
    "WriteOff": lambda s: False,
    "WarehouseLocation": lambda s: ("", "null", "Aisle 4, \"B\"")[s.key % 3],
}

AGED = {
    **STOCK,
    "SerializedCOS": lambda s: s.product.cost,
    "DateReceived": lambda s: s.at,
    "InStock": lambda s: True,
    "NonSellable": lambda s: False,
    "InTransfer": lambda s: False,
}
