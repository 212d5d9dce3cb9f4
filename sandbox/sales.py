"""Invoices with lines and payments; each day is made from a seed of its own."""

import datetime
from collections import OrderedDict

from .company import DAYS, FIRST_DAY, MONEY, SALES_DAYS
from .params import DAY_MS, EPOCH

PER_DAY = 30            # average invoices per day in all stores, at scale 1
LINES = 4.8             # average lines per invoice
SLOTS = 100             # invoice numbers reserved for a day, at scale 1
FIRST_ID = 100000
KEPT_DAYS = 1200        # days kept in memory, at scale 1
TAXES = (("T101", "GST", 500), ("T102", "PST \"6%\"", 600))     # rate in 1/10000
PAYMENTS = ("Cash", "Visa", "Mastercard", "Debit", "Gift Card")
COMMENTS = ("", "", "", "", "Comment", "said \"hold\"", "a, b; c", "line one\nline two",
            "C:\\temp", "déjà vu ☎", "null", "5 > 3 & 2 < 4", "tab\there")


class Line:
    """One product on an invoice; quantities of refunds are negative."""

    __slots__ = ("invoice", "number", "product", "quantity", "list_price", "price",
                 "cost", "serial", "key")

    def __init__(self, invoice, number, product, quantity, price, serial):
        self.invoice = invoice
        self.number = number
        self.product = product
        self.quantity = quantity
        self.list_price = product.price
        self.price = price
        self.cost = product.cost
        self.serial = serial
        self.key = invoice.id * 16 + number

    @property
    def at(self):
        return self.invoice.at

    @property
    def total(self):
        return self.price * self.quantity

    @property
    def total_cost(self):
        return self.cost * self.quantity

    @property
    def discount(self):
        return (self.list_price - self.price) * self.quantity

    def taxes(self):
        """[(id, name, amount)], each amount rounded to the cent."""
        return [(id, name, round(self.total * rate / 10000 / 100) * 100)
                for id, name, rate in TAXES]


class Invoice:
    def __init__(self, id, at, store, seller, tender, customer):
        self.id = id
        self.at = at
        self.store = store
        self.seller = seller
        self.tender = tender
        self.customer = customer
        self.lines = []
        self.refund = False
        self.comments = ""
        self.coupon = 0
        self.donation = 0
        self.payment = "Cash"
        self.variance = 0

    @property
    def number(self):
        """InvoiceIDByStore"""
        return "%sIN%d" % (self.store.abbr, self.id)

    def sum(self):
        """Fill the totals once the lines are complete."""
        self.sales = sum(l.total for l in self.lines)
        self.cost = sum(l.total_cost for l in self.lines)
        self.tax = sum(t[2] for l in self.lines for t in l.taxes())
        self.profit = self.sales - self.cost - self.coupon
        self.invoiced = self.sales - self.coupon
        self.sold = sum(l.quantity for l in self.lines if l.quantity > 0)
        self.refunded = sum(l.quantity for l in self.lines if l.quantity < 0)


def day_of(ms):
    """Days since 1970."""
    return ms // DAY_MS


def clamp(window):
    """The days of a window [from, to) for which there are data."""
    first = FIRST_DAY if window[0] is None else max(FIRST_DAY, day_of(window[0]))
    last = FIRST_DAY + DAYS if window[1] is None else min(FIRST_DAY + SALES_DAYS,
                                                          day_of(window[1] - 1) + 1)
    return range(first, max(first, last))


def inside(at, window):
    return ((window[0] is None or at >= window[0])
            and (window[1] is None or at < window[1]))


class Sales:
    def __init__(self, company, state):
        self.company = company
        self._state = state
        self._days = OrderedDict()
        self._kept = max(64, KEPT_DAYS // company.scale)

    def day(self, day):
        """All invoices of a day, in order of time."""
        edition = self._edition(day)
        found = self._days.get((day, edition))
        if found is None:
            found = self._days[day, edition] = self._make(day, edition)
            if len(self._days) > self._kept:
                self._days.popitem(last=False)
        return found

    def _edition(self, day):
        """0 as a rule; None for a day without invoices."""
        editions = self._state.settings["day_editions"]
        text = editions and datetime.date.fromordinal(EPOCH.toordinal() + day).isoformat()
        return editions.get(text, 0) if editions else 0

    def invoices(self, window, stores=None):
        for day in clamp(window):
            for invoice in self.day(day):
                if inside(invoice.at, window) and (stores is None
                                                   or invoice.store.id in stores):
                    yield invoice

    def lines(self, window, stores=None):
        for invoice in self.invoices(window, stores):
            yield from invoice.lines

    def _make(self, day, edition):
        company = self.company
        if edition is None:
            return []
        rng = company.rng("day", day, *[edition] * (edition != 0))
        busy = PER_DAY * company.scale * (1.2 if day % 7 in (0, 1) else 0.92)
        count = int(busy * rng.uniform(0.85, 1.15))
        times = sorted(self._time(rng) for _ in range(count))
        base = FIRST_ID + (day - FIRST_DAY) * SLOTS * company.scale
        return [self._invoice(rng, base + n, day * DAY_MS + at)
                for n, at in enumerate(times)]

    @staticmethod
    def _time(rng):
        """Milliseconds of the day; sometimes its first or last one, or a whole second."""
        dice = rng.random()
        if dice < 0.004:
            return 0
        if dice < 0.008:
            return DAY_MS - 3
        at = int(rng.triangular(8, 22, 16) * 3_600_000)
        return at - at % 1000 if dice < 0.1 else at - at % 10 if dice < 0.3 else at

    def _invoice(self, rng, id, at):
        company = self.company
        store = company.stores[min(int(rng.expovariate(2.2 / len(company.stores))),
                                   len(company.stores) - 1)]
        seller = rng.choice(store.employees)
        tender = seller if rng.random() < 0.8 else rng.choice(store.employees)
        customer = company.customer(rng.randint(1, company.customers))
        invoice = Invoice(id, at, store, seller, tender, customer)
        invoice.refund = rng.random() < 0.06
        invoice.comments = rng.choice(COMMENTS)
        invoice.payment = rng.choice(PAYMENTS)
        products = rng.choices(company.products, cum_weights=company.cumulative,
                               k=rng.randint(2, 7) + (rng.random() < 0.3))
        for number, product in enumerate(products, 1):
            self._line(rng, invoice, number, product)
        if rng.random() < 0.08 and not invoice.refund:
            invoice.coupon = rng.randint(1, 20) * MONEY
        if rng.random() < 0.05:
            invoice.donation = rng.randint(1, 500) * 100
        invoice.sum()
        return invoice

    @staticmethod
    def _line(rng, invoice, number, product):
        quantity = -1 if invoice.refund else 1
        if not product.serialized and rng.random() < 0.15:
            quantity *= rng.randint(2, 4)
        price = product.price
        if rng.random() < 0.25:
            price = price * rng.randint(50, 95) // 100
            price -= price % 100
        serial = "%015d" % (350000000000000 + rng.getrandbits(40)) if product.serialized else ""
        invoice.lines.append(Line(invoice, number, product, quantity, price, serial))


