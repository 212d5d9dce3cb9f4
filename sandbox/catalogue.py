"""The endpoints of the catalogue, read from catalogue/endpoints.json."""

import json
import os

CATALOGUE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                         "catalogue", "endpoints.json")


class Column:
    """One field of a record; `kind` decides how a raw value is written.

    Raw values: None is null; a str is written as it stands (a number's text,
    where the kind is numeric); an int of kind decimal counts ten-thousandths;
    an int of kind datetime counts milliseconds since 1970, UTC.
    """

    __slots__ = ("name", "type", "kind", "example", "number")

    def __init__(self, name, type=None, kind="string", example="", **rest):
        self.name = name
        self.type = type
        self.kind = {"date": "datetime"}.get(kind, kind or "string")
        self.example = example or ""
        self.number = rest.get("as") == "bigint"     # a text of digits


class Parameter:
    __slots__ = ("name", "required", "type", "values", "example", "all",
                 "required_when", "used_when")

    def __init__(self, name, required=False, type="string", values=None, example="",
                 all=(), required_when=None, used_when=None, **rest):
        self.name = name
        self.required = required
        self.type = type
        self.values = values
        self.example = example
        self.all = all
        self.required_when = required_when
        self.used_when = used_when


# Columns of endpoints for which the catalogue has none.
UNKNOWN = (("StoreID", "INT", "integer", "1"), ("StoreName", "NVARCHAR(MAX)", "string"),
           ("DateCreated", "DATETIME", "datetime"), ("Amount", "MONEY", "decimal", "1.5"))


class Endpoint:
    def __init__(self, entry):
        self.path = entry["path"]
        self.key = self.path.lower()
        self.method = entry.get("method", "GET")
        self.parameters = [Parameter(**p) for p in entry.get("parameters", ())]
        self.forms = entry.get("forms", ())
        self.columns = [Column(**c) for c in entry.get("columns", ())]
        if not self.columns and not entry.get("variants"):
            self.columns = [Column(*c) for c in UNKNOWN]
        self.variants = [(v["parameter"], v["value"], [Column(**c) for c in v["columns"]])
                         for v in entry.get("variants", ())]

    def parameter(self, name):
        """The parameter of this name, whose case does not matter, or None."""
        for p in self.parameters:
            if p.name.lower() == name.lower():
                return p
        return None

    def columns_for(self, values):
        """The columns of the variant that these parameters choose."""
        for parameter, value, columns in self.variants:
            if (values.get(parameter) or "").lower() == (value or "").lower():
                return columns
        return self.columns or self.variants[0][2]


def load():
    """{lower-case path: Endpoint}"""
    with open(CATALOGUE, encoding="utf-8") as file:
        return {e.key: e for e in map(Endpoint, json.load(file))}
