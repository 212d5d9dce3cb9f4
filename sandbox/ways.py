"""Ways in which the service may differ from its documentation, chosen by settings."""

import itertools

from . import wire
from .params import BadRequest


def has_path(settings, endpoint, path):
    """Whether the endpoint is found by this spelling of its path."""
    return settings["path_case"] == "any" or path in (endpoint.path, endpoint.path + "/")


def check(settings, endpoint, params):
    """Forget or refuse parameters in a spelling or form that the settings exclude."""
    if settings["parameter_case"] == "exact":
        params.forget_other_cases([p.name for p in endpoint.parameters])
    if settings["date_form"] == "full":
        for parameter in endpoint.parameters:
            value = params.given(parameter.name)
            if parameter.type == "datetime" and value is not None and "T" not in value:
                raise BadRequest("Parameter %s must have a time." % parameter.name)


def keeps(settings, text, allowed):
    """Whether a record with this text passes a filter with the allowed texts."""
    way = settings["filters"]
    if way == "ignored":
        return True
    if way == "contains":
        return any(value.lower() in text.lower() for value in allowed)
    if way == "any_case":
        return text.lower() in {value.lower() for value in allowed}
    if way == "first_only":
        return text == min(allowed)
    return text in allowed


def empty(settings, rows):
    """(the reply that replaces an empty one, or None; the rows)"""
    way = settings["empty_result"]
    if way == "array":
        return None, rows
    rows = iter(rows)
    first = next(rows, None)
    if first is not None:
        return None, itertools.chain([first], rows)
    body = {"blank": b"", "table": b"<Table />", "null": b"null"}[way]
    return wire.Reply(200, "application/json; charset=utf-8", [body]), ()
