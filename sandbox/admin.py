"""The control paths, /_sandbox/…: they need no credentials and are not logged."""

import asyncio
import datetime
import fnmatch
import json
from urllib.parse import parse_qsl

from aiohttp import web

from .company import CUSTOMERS
from .faults import BadFault, Fault
from .lists import BRIDGE_ROWS, BRIDGE_TABLES
from .listeners import MODES, Listener, service_port
from .state import check_settings


class Document:
    """A reply that a test has set for a path, perhaps only with certain parameters."""

    def __init__(self, path, wanted, body, content_type):
        self.path = path.lower()
        self.wanted = wanted
        self.body = body
        self.content_type = content_type


def find_document(state, key, params):
    """The document for this path with the most matching parameters; the last such one."""
    found = [d for d in state.documents if d.path == key
             and all(params.get(n) == v for n, v in d.wanted.items())]
    return max(reversed(found), key=lambda d: len(d.wanted), default=None)


def _json(value, status=200):
    return web.json_response(value, status=status)


def _done():
    return web.Response(status=204)


def _add_fault(state, request, query, body):
    spec = json.loads(body)
    for one in spec if isinstance(spec, list) else [spec]:
        state.faults.append(Fault(one))
    return _done()


def _clear_faults(state, request, query, body):
    for fault in state.faults:
        fault.released.set()
    state.faults = []
    return _done()


def _release(state, request, query, body):
    """Release held requests; the present faults hold no request from now on.

    With name, this concerns only the faults of that name, and no sessions.
    """
    name = query.get("name")
    found = [f for f in state.faults if name is None or f.name == name]
    if name is not None and not found:
        raise BadFault("no fault is called " + name)
    for fault in found:
        fault.released.set()
    if name is None:
        state.free_sessions()
    return _done()


def _reset(state, request, query, body):
    state.reset()
    return _done()


def _log(state, request, query, body):
    pattern = query.get("path", "*").lower()
    return _json([e.record() for e in state.log
                  if fnmatch.fnmatchcase(e.Path.lower(), pattern)])


def _clear_log(state, request, query, body):
    state.clear_log()
    return _done()


def _overlaps(state, request, query, body):
    return _json(state.overlaps)


def _clear_overlaps(state, request, query, body):
    state.overlaps = []
    return _done()


def _settings(state, request, query, body):
    return _json(state.settings)


def _set(state, request, query, body):
    changes = json.loads(body)
    check_settings(changes)
    if "xml_table_for_json" in changes:
        state.json_reports = 0
    state.settings.update(changes)
    return _done()


def _mail(state, request, query, body):
    return _json(state.mail)


def _traffic(state, request, query, body):
    """The rows of /Import/TrafficCount in the order of their ids; times are in UTC."""
    def moment(ms):
        return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).isoformat()[:-6]
    return _json([{"TrafficCountID": id, "StoreID": store, "TrafficCount": count,
                   "StartDate": moment(start), "StopDate": moment(stop)}
                  for id, start, stop, count, store, _ in
                  (row for _, row in sorted(state.traffic.items()))])


def _document(state, request, query, body):
    wanted = dict(query)
    path = wanted.pop("path")
    kind = request.headers.get("Content-Type")
    if kind in (None, "application/octet-stream"):
        kind = "application/json; charset=utf-8"
    state.documents = [d for d in state.documents
                       if (d.path, d.wanted) != (path.lower(), wanted)]
    state.documents.append(Document(path, wanted, body, kind))
    return _done()


def _drop_documents(state, request, query, body):
    state.documents = []
    return _done()


def _numbers(spec, name):
    found = spec.pop(name, [])
    if not all(isinstance(n, int) for n in found):
        raise ValueError("%s must be a list of numbers" % name)
    return found


def _ledger(state, request, query, body):
    """Change rows of /test/ledger, all at one moment."""
    spec = json.loads(body)
    put, delete = spec.pop("put", []), _numbers(spec, "delete")
    if spec:
        raise ValueError("unknown: " + ", ".join(spec))
    state.ledger.change(put, delete)
    return _json({"AsOf": state.ledger.as_of})


def _records(state, request, query, body):
    """Add, change and delete customers, or records of a bridge table."""
    spec = json.loads(body)
    counts = dict.fromkeys(map(str.lower, BRIDGE_TABLES), BRIDGE_ROWS)
    counts["customers"] = CUSTOMERS
    name = spec.pop("of").lower()
    if name not in counts:
        raise ValueError("of must be one of customers, " + ", ".join(BRIDGE_TABLES))
    add, change, delete = spec.pop("add", 0), _numbers(spec, "change"), _numbers(spec, "delete")
    if spec:
        raise ValueError("unknown: " + ", ".join(spec))
    added = state.records_of(name).apply(counts[name] * state.scale, add, change, delete)
    return _json({"added": added})


def _expire(state, request, query, body):
    """End every access token that was issued; refresh tokens stay valid."""
    state.tokens.clear()
    return _done()


async def _wait(state, request, query, body):
    """Wait until N requests are held, in flight or logged, or N connections were made."""
    counts = {"held": lambda: state.held,
              "in_flight": lambda: state.open_requests,
              "requests": lambda: len(state.log),
              "connections": lambda: sum(one.connections for one in state.listeners)}
    timeout = float(query.pop("timeout", 10))

    def reached():
        # 0 means exactly 0, which is useful for in_flight: the other counts only grow.
        return all(counts[n]() == int(v) if int(v) == 0 else counts[n]() >= int(v)
                   for n, v in query.items())
    if await state.wait_for(reached, timeout):
        return _done()
    return _json({"Error": True, "Message": "not reached: " + json.dumps(
        {n: counts[n]() for n in query})}, 408)


def _show_listener(listener):
    return {"port": listener.port, "mode": listener.mode,
            "connections": listener.connections}


def _find_listener(state, port):
    for listener in state.listeners:
        if listener.port == int(port):
            return listener
    raise BadFault("no such listener")


async def _listen(state, request, query, body):
    """Open another loopback port, or change what an open one does."""
    spec = json.loads(body)
    mode = spec.get("mode", "silent")
    if mode not in MODES:
        raise BadFault("mode must be one of " + ", ".join(MODES))
    if "port" in spec:
        listener = _find_listener(state, spec["port"])
    else:
        listener = Listener(service_port(state.base_url))
        state.listeners.append(listener)
    await listener.change(mode)
    return _json(_show_listener(listener))


def _listener(state, request, query, body):
    listener = _find_listener(state, query["port"])
    return _json(_show_listener(listener))


ROUTES = {
    ("POST", "fault"): _add_fault,
    ("DELETE", "fault"): _clear_faults,
    ("POST", "release"): _release,
    ("POST", "reset"): _reset,
    ("GET", "log"): _log,
    ("DELETE", "log"): _clear_log,
    ("GET", "overlaps"): _overlaps,
    ("DELETE", "overlaps"): _clear_overlaps,
    ("GET", "settings"): _settings,
    ("POST", "settings"): _set,
    ("GET", "mail"): _mail,
    ("GET", "traffic"): _traffic,
    ("PUT", "document"): _document,
    ("POST", "document"): _document,
    ("DELETE", "document"): _drop_documents,
    ("POST", "ledger"): _ledger,
    ("POST", "records"): _records,
    ("POST", "expire"): _expire,
    ("GET", "wait"): _wait,
    ("GET", "listen"): _listener,
    ("POST", "listen"): _listen,
}


async def handle(state, request, path, query, body):
    route = ROUTES.get((request.method, path[len("/_sandbox/"):]))
    if route is None:
        return _json({"Error": True, "Message": "no such control path"}, 404)
    try:
        reply = route(state, request, dict(parse_qsl(query, keep_blank_values=True)), body)
        return await reply if asyncio.iscoroutine(reply) else reply
    except (KeyError, ValueError, TypeError, AttributeError) as problem:
        return _json({"Error": True, "Message": str(problem) or repr(problem)}, 400)
