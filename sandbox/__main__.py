"""python3 -m sandbox: starts the look-alike and prints where it listens."""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile

try:
    import aiohttp  # noqa: F401
except ImportError:
    sys.exit("sandbox: Python's aiohttp is missing; on Debian install python3-aiohttp")

from . import auth, recording, replay, tls
from .app import Sandbox
from .company import Company
from .state import State, check_settings
from .wire import Connection


def setting(text):
    """A pair from NAME=VALUE; the value is JSON or, if that fails, text."""
    name, _, value = text.partition("=")
    try:
        value = json.loads(value)
    except ValueError:
        pass
    check_settings({name: value})
    return name, value


def arguments():
    parser = argparse.ArgumentParser(prog="python3 -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--tls", action="store_true", help="speak https")
    parser.add_argument("--tls-dir", help="where ca.pem and the server's key are kept")
    parser.add_argument("--scale", type=int, default=1, help="times the number of stores")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], type=setting,
                        metavar="NAME=VALUE", help="a setting that a reset leaves so")
    parser.add_argument("--replay", metavar="DIR",
                        help="answer from a recording, whatever credentials are sent")
    parser.add_argument("--delays", action="store_true",
                        help="with --replay: when the bytes came, too")
    parser.add_argument("--until-eof", action="store_true", help="end with standard input")
    for name, value in vars(auth.Accounts()).items():
        parser.add_argument("--" + name.replace("_", "-"), default=value)
    return parser.parse_args()


def watch_stdin(loop, stop):
    def readable():
        if not os.read(0, 4096):
            loop.remove_reader(0)
            stop.set()
    try:
        loop.add_reader(0, readable)
    except PermissionError:
        # One cannot wait for a regular file or /dev/null: treat it as ended.
        stop.set()


# A saved document may be large, such as a list of thousands of tables.
MAX_BODY = 64 * 1024 * 1024


async def serve(args):
    from aiohttp import web
    loop = asyncio.get_running_loop()
    accounts = auth.Accounts(**{n: getattr(args, n) for n in vars(auth.Accounts())})
    state = State(accounts, dict(args.set), max(1, args.scale))
    if args.replay:
        state.replay = replay.load(args.replay, args.delays)
    sandbox = Sandbox(state, Company(args.seed, args.scale))
    manager = web.Server(
        sandbox.handle, access_log=None, max_line_size=65536, max_field_size=65536,
        request_factory=lambda *parts: web.BaseRequest(*parts, loop,
                                                       client_max_size=MAX_BODY))
    context = None
    if args.tls:
        with tempfile.TemporaryDirectory(prefix="sandbox-tls-") as spare:
            context = tls.context(args.tls_dir or spare)
    server = await loop.create_server(
        lambda: Connection(manager, loop=loop, **manager._kwargs),
        "127.0.0.1", args.port, ssl=context, backlog=256)
    port = server.sockets[0].getsockname()[1]
    state.base_url = "%s://127.0.0.1:%d" % ("https" if args.tls else "http", port)
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    if args.until_eof:
        watch_stdin(loop, stop)
    print("listening on " + state.base_url, flush=True)
    await stop.wait()
    server.close()


def main():
    try:
        asyncio.run(serve(arguments()))
    except subprocess.CalledProcessError:
        sys.exit("sandbox: openssl could not make the certificates")
    except (OSError, recording.BadRecording) as error:
        sys.exit("sandbox: %s" % error)


if __name__ == "__main__":
    main()
