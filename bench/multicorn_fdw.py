"""The report as a foreign data wrapper in Python, as multicorn's examples do it."""

import requests
from multicorn import ForeignDataWrapper

from .inventory import COLUMNS


class Inventory(ForeignDataWrapper):
    def __init__(self, options, sql_columns):
        super().__init__(options, sql_columns)
        self.url = options["url"]
        self.keys = {column.name: column.key for column in COLUMNS}

    def execute(self, quals, wanted):
        reply = requests.get(self.url, timeout=600)
        reply.raise_for_status()
        for record in reply.json():
            yield {name: record[self.keys[name]] for name in wanted}
