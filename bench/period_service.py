"""A service whose records are made up for each day, and that counts its requests."""

import datetime
import os
import tempfile
from urllib.parse import parse_qs, urlsplit

from .counting_service import CountingHandler, CountingService

DAY = datetime.timedelta(days=1)
STORES = 40
COLUMNS = (("SaleInvoiceID", "sale_invoice_id", "integer"), ("StoreID", "store_id", "integer"),
           ("DateCreated", "date_created", "timestamp"), ("SoldBy", "sold_by", "text"),
           ("Comments", "comments", "text"), ("Quantity", "quantity", "integer"),
           ("TotalSales", "total_sales", "numeric(19,4)"), ("IsUsed", "is_used", "boolean"))
_RECORD = ('{"SaleInvoiceID":%%d,"StoreID":%d,"DateCreated":"9999-99-99T%02d:%02d:%02d.%03d",'
           '"SoldBy":"Mary Ann O\'Brien %d","Comments":"said \\"hold\\", then paid at the till, row %d",'
           '"Quantity":%d,"TotalSales":%d.%04d,"IsUsed":%s},')


class _Handler(CountingHandler):
    def answer(self, service):
        given = {name.lower(): datetime.date.fromisoformat(values[0][:10])
                 for name, values in parse_qs(urlsplit(self.path).query).items()
                 if name.lower() in ("startdate", "stopdate")}
        offset, left = service.slice(given["startdate"], given["stopdate"])
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(left + 2))
        self.end_headers()
        self.wfile.write(b"[")
        while left:
            sent = os.sendfile(self.connection.fileno(), service.file.fileno(), offset, left)
            offset, left = offset + sent, left - sent
        self.wfile.write(b"]")


class PeriodService(CountingService):
    """Any path gives the records from StartDate to StopDate, both days inclusive, in plain
    JSON."""

    handler = _Handler

    def __init__(self, first, days, rows):
        super().__init__()
        self.first, self.days, self.rows = first, days, rows

    def __enter__(self):
        self.file = tempfile.TemporaryFile()
        self.offsets = [0]
        for block in blocks(self.first, self.days, self.rows):
            self.file.write(block)
            self.offsets.append(self.offsets[-1] + len(block))
        self.file.flush()
        return super().__enter__()

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        self.file.close()

    def slice(self, start, stop):
        """(offset, length) of the records of these days, without the last comma."""
        first = min(max((start - self.first).days, 0), self.days)
        last = min(max((stop - self.first).days + 1, first), self.days)
        offset = self.offsets[first]
        return offset, max(self.offsets[last] - offset - 1, 0)


def blocks(first, days, rows):
    """The records of each day, every one with a comma behind it."""
    template = "".join(_record(n) for n in range(rows)).encode()
    for day in range(days):
        date = (first + day * DAY).isoformat().encode()
        yield template.replace(b"9999-99-99", date) % tuple(range(day * rows + 1, (day + 1) * rows + 1))


def _record(n):
    ms = n * 7919 % 86_400_000
    return _RECORD % (n % STORES + 1, ms // 3_600_000, ms // 60_000 % 60, ms // 1000 % 60,
                      ms % 1000, n % 200, n, n % 9 - 1, n * 37 % 1500, n * 1237 % 10000,
                      "true" if n % 11 == 0 else "false")
