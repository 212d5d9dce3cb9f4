"""python3 -m sandbox.control VERB …: tell a running sandbox what to do.

The sandbox's address comes from DATACONNECT_SANDBOX_URL and is never printed.

  fault JSON                 misbehave on the next matching request
  clear                      forget the faults
  release [NAME]             let held replies go on; with NAME only those of such faults
  reset                      as freshly started
  settings [JSON]            change settings; without JSON print them
  document PATH[?NAME=VALUE] TEXT|@FILE|--base64 TEXT [--type CONTENT-TYPE]
  ledger JSON                change rows of /test/ledger
  records JSON               add, change or delete customers, or records of a bridge table
  expire                     end the access tokens issued so far
  wait held=1|in_flight=0|requests=3 …  [timeout=SECONDS]
  listen MODE [PORT]         open a port (print it), or change what it does: silent,
                             close, garbage, refuse, service
  log [--path GLOB] [--fields method,path,params,status] [--clear]
                             print the requests; --clear: and forget them
  log-clear
  mail                       one line a mail: to, path, params
  traffic                    one line a row of /Import/TrafficCount: id, store, count, start, end
"""

import json
import os
import socket
import sys
from urllib.parse import quote, urlencode, urlsplit


LOG_FIELDS = ("seq", "method", "path", "query", "body", "params", "auth", "cookie", "headers",
              "connection", "session", "concurrent", "status", "at", "bytessent", "ended")


class Failed(Exception):
    pass


def call(method, path, body=None, content_type="application/json"):
    base = os.environ.get("DATACONNECT_SANDBOX_URL")
    if not base:
        raise Failed("DATACONNECT_SANDBOX_URL is not set")
    try:
        status, text = exchange(urlsplit(base.rstrip("/") + "/_sandbox/" + path), method, body,
                                content_type)
    except (OSError, ValueError, IndexError):
        raise Failed("the sandbox does not answer") from None
    if status // 100 != 2:
        try:
            message = json.loads(text)["Message"]
        except (ValueError, KeyError):
            message = "status %d" % status
        raise Failed(message)
    return json.loads(text) if text else None


def exchange(url, method, body, content_type):
    """Send a request; returns the status and body of the reply.

    The regression tests run this program hundreds of times: it starts four times as fast
    without urllib.request.
    """
    head = "%s %s?%s HTTP/1.0\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (
        method, url.path, url.query, url.netloc, content_type, len(body or b""))
    port = url.port or (443 if url.scheme == "https" else 80)
    with socket.create_connection((url.hostname, port), timeout=60) as connection:
        if url.scheme == "https":
            # The sandbox signs its own certificate; control requests hold no secrets.
            import ssl
            connection = ssl._create_unverified_context().wrap_socket(connection)
        connection.sendall(head.encode() + (body or b""))
        reply = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, text = reply.partition(b"\r\n\r\n")
    return int(head.split()[1]), text


def take(arguments, option):
    """Take an option out of the arguments; returns its value, or None."""
    if option not in arguments:
        return None
    at = arguments.index(option)
    if at + 1 == len(arguments):
        raise Failed("%s needs a value" % option)
    value = arguments[at + 1]
    del arguments[at:at + 2]
    return value


def fault(spec):
    call("POST", "fault", spec.encode())


def settings(spec=None):
    if spec is None:
        print(json.dumps(call("GET", "settings"), sort_keys=True))
    else:
        call("POST", "settings", spec.encode())


def document(path, *arguments):
    arguments = list(arguments)
    kind = take(arguments, "--type") or "application/octet-stream"
    coded = take(arguments, "--base64")
    if coded is not None:
        import base64
        body = base64.b64decode(coded, validate=True)
    elif arguments[0].startswith("@"):
        with open(arguments[0][1:], "rb") as file:
            body = file.read()
    else:
        body = arguments[0].encode("utf-8", "surrogateescape")
    path, _, wanted = path.partition("?")
    query = "path=" + quote(path) + ("&" + wanted if wanted else "")
    call("PUT", "document?" + query, body, kind)


def release(name=None):
    call("POST", "release" + ("?" + urlencode({"name": name}) if name else ""))


def change(path, spec):
    print(json.dumps(call("POST", path, spec.encode()), sort_keys=True))


def wait(*conditions):
    call("GET", "wait?" + "&".join(conditions))


def listen(mode, port=None):
    spec = {"mode": mode} if port is None else {"mode": mode, "port": int(port)}
    print(call("POST", "listen", json.dumps(spec).encode())["port"])


def log(*arguments):
    arguments = list(arguments)
    path = take(arguments, "--path")
    names = (take(arguments, "--fields") or "method,path,params,status").split(",")
    clear = "--clear" in arguments
    if clear:
        arguments.remove("--clear")
    if arguments:
        raise Failed("unknown argument: %s" % arguments[0])
    unknown = [name for name in names if name.lower() not in LOG_FIELDS]
    if unknown:
        raise Failed("unknown field: %s" % unknown[0])
    for entry in call("GET", "log" + ("?" + urlencode({"path": path}) if path else "")):
        known = {name.lower(): value for name, value in entry.items()}
        values = [known[n.lower()] for n in names]
        print(" ".join("-" if v in (None, "") else str(v).replace("\n", "\\n")
                       for v in values))
    if clear:
        call("DELETE", "log")


def mail():
    for message in call("GET", "mail"):
        print(message["To"], message["Path"], message["Params"])


def traffic():
    for row in call("GET", "traffic"):
        print(*(row[n] for n in ("TrafficCountID", "StoreID", "TrafficCount", "StartDate",
                                 "StopDate")))


VERBS = {
    "fault": fault, "release": release, "settings": settings, "document": document,
    "wait": wait, "listen": listen, "log": log, "mail": mail, "traffic": traffic,
    "clear": lambda: call("DELETE", "fault"),
    "ledger": lambda spec: change("ledger", spec),
    "records": lambda spec: change("records", spec),
    "reset": lambda: call("POST", "reset"),
    "expire": lambda: call("POST", "expire"),
    "log-clear": lambda: call("DELETE", "log"),
}


def main(arguments):
    if not arguments or arguments[0] not in VERBS:
        sys.exit(__doc__.strip())
    try:
        VERBS[arguments[0]](*arguments[1:])
    except (Failed, OSError, ValueError) as problem:
        sys.exit("sandbox.control %s: %s" % (arguments[0], problem))
    except (TypeError, IndexError):
        sys.exit("sandbox.control %s: wrong number of arguments" % arguments[0])


if __name__ == "__main__":
    main(sys.argv[1:])
