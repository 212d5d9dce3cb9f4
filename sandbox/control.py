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
  log [--path GLOB] [--fields method,path,params,status]
  log-clear
  mail                       one line a mail: to, path, params
"""

import base64
import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode


LOG_FIELDS = ("seq", "method", "path", "query", "body", "params", "auth", "cookie", "headers",
              "connection", "session", "concurrent", "status", "at", "bytessent", "ended")


class Failed(Exception):
    pass


def call(method, path, body=None, content_type="application/json"):
    base = os.environ.get("DATACONNECT_SANDBOX_URL")
    if not base:
        raise Failed("DATACONNECT_SANDBOX_URL is not set")
    request = urllib.request.Request(base.rstrip("/") + "/_sandbox/" + path, body,
                                     {"Content-Type": content_type}, method=method)
    # The sandbox signs its own certificate; control requests hold no secrets.
    unchecked = ssl._create_unverified_context()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                         urllib.request.HTTPSHandler(context=unchecked))
    try:
        with opener.open(request, timeout=60) as reply:
            text = reply.read()
    except urllib.error.HTTPError as error:
        try:
            message = json.load(error)["Message"]
        except (ValueError, KeyError):
            message = "status %d" % error.code
        raise Failed(message) from None
    except OSError:
        raise Failed("the sandbox does not answer") from None
    return json.loads(text) if text else None


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


def mail():
    for message in call("GET", "mail"):
        print(message["To"], message["Path"], message["Params"])


VERBS = {
    "fault": fault, "release": release, "settings": settings, "document": document,
    "wait": wait, "listen": listen, "log": log, "mail": mail,
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
