"""The measured report, from the catalogue of endpoints."""

import json
import os
import re
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENDPOINT = "/reports/inventorylistingreport"
SQL_TYPES = {"BIT": "boolean", "INT": "integer", "MONEY": "numeric(19,4)",
             "DATETIME": "timestamp"}


class Column(NamedTuple):
    key: str                    # in the reply
    name: str                   # in SQL
    type: str


def columns():
    """The columns in the order of the documented reply."""
    with open(os.path.join(ROOT, "catalogue", "endpoints.json"), encoding="utf-8") as file:
        for endpoint in json.load(file):
            if endpoint["path"] == ENDPOINT:
                return [Column(column["name"], snake_case(column["name"]),
                               SQL_TYPES.get(column["type"], "text"))
                        for column in endpoint["columns"]]
    raise SystemExit("the catalogue has no " + ENDPOINT)


def snake_case(key):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()


COLUMNS = columns()
