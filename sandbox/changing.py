"""Data that tests change while the service runs: /test/ledger, bridge tables, customers."""

import copy
import time
from decimal import Decimal, InvalidOperation

from .params import parse_stamp

COLUMNS = "Id:int StoreID:int DateCreated:date Amount:money Note:text AsOf:int"
PARAMETERS = "StartDate:datetime StopDate:datetime StoreID:int StoreIDs:int_list Zone:string"
FIELDS = ("Id", "StoreID", "DateCreated", "Amount", "Note")


def _amount(value):
    try:
        return int(Decimal(str(value)) * 10000)
    except InvalidOperation:
        raise ValueError("Amount must be a number") from None


def _moment(value):
    found = None if value is None else parse_stamp(value)
    if value is not None and found is None:
        raise ValueError("DateCreated must be a time")
    return found


class Ledger:
    """The rows of /test/ledger, and the number of changes that made them."""

    def __init__(self):
        self.rows = {}             # {Id: {field: value}}
        self.as_of = 0

    def change(self, put, delete):
        """Change all or, if it raises ValueError, nothing."""
        rows = dict(self.rows)
        for given in put:
            if set(given) - set(FIELDS) or not isinstance(given.get("Id"), int):
                raise ValueError("a row has an Id and some of " + ", ".join(FIELDS[1:]))
            row = dict(rows.get(given["Id"]) or dict.fromkeys(FIELDS), **given)
            if "Amount" in given and given["Amount"] is not None:
                row["Amount"] = _amount(given["Amount"])
            if "DateCreated" in given:
                row["DateCreated"] = _moment(given["DateCreated"])
            rows[row["Id"]] = row
        for id in delete:
            if rows.pop(id, None) is None:
                raise ValueError("there is no row %s" % id)
        self.rows = rows
        self.as_of += 1

    def selected(self, params):
        """Rows of the period and stores, by Id. Those without a date are in no period,
        but strays of each."""
        first, last = params.window(zone=params.zone())
        store, stores = params.integer("StoreID"), params.ids("StoreIDs")
        for _, row in sorted(self.rows.items()):
            at = row["DateCreated"]
            if at is None:
                inside = first is last is None or params.stray_days > 0
            else:
                inside = (first is None or at >= first) and (last is None or at < last)
            if (inside and (store in (None, -1) or row["StoreID"] == store)
                    and (stores is None or row["StoreID"] in stores)):
                yield [row[field] for field in FIELDS] + [self.as_of]


class Records:
    """What was changed of made-up records, which have the numbers 1 to `count`."""

    def __init__(self):
        self.added = {}            # {number: instant}
        self.changed = {}          # {number: how often it was changed}
        self.deleted = set()
        self.times = {}            # {number: instant of its last change}

    def apply(self, count, add, change, delete):
        """Returns the numbers of the added records; raises ValueError, then changes nothing."""
        now = time.time_ns() // 1_000_000
        for number in change + delete:
            if number in self.deleted or not 1 <= number <= count + len(self.added):
                raise ValueError("there is no record %s" % number)
        first = count + len(self.added) + 1
        added = list(range(first, first + add))
        self.added.update(dict.fromkeys(added, now))
        for number in change:
            self.changed[number] = self.changed.get(number, 0) + 1
        self.deleted.update(delete)
        self.times.update(dict.fromkeys(added + change + delete, now))
        return added

    def numbers(self, count):
        return (n for n in range(1, count + len(self.added) + 1) if n not in self.deleted)


def changed_customer(records, customer):
    """The customer as it is after its changes: at another address."""
    times = records.changed.get(customer.id)
    if times:
        customer = copy.copy(customer)
        customer.address += ", moved %d times" % times
    return customer
