"""Writes one reply to the transport, with control over every byte.

aiohttp reads the requests; replies are written here, because a reply that
is cut, dripped or promises more than it sends is not one aiohttp would write.
"""

import asyncio
import email.utils
import socket
import struct
import time
import zlib
from http import HTTPStatus

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

SMALL = 64 * 1024       # smaller replies have a Content-Length
SLICE = 256 * 1024


class Gone(ConnectionError):
    """The connection has ended: the client or a fault closed it."""


class Connection(RequestHandler):
    """A RequestHandler with a number, and with an event that its end sets."""

    count = 0

    def connection_made(self, transport):
        Connection.count += 1
        self.number = Connection.count
        self.ended = asyncio.Event()
        super().connection_made(transport)

    def connection_lost(self, exc):
        self.ended.set()
        super().connection_lost(exc)


class Written(web.StreamResponse):
    """Tells aiohttp that the reply is on the wire already."""

    def __init__(self, keep_alive):
        super().__init__()
        self._keep = keep_alive

    @property
    def keep_alive(self):
        return self._keep

    async def prepare(self, request):
        return None

    async def write_eof(self, data=b""):
        return None


class Reply:
    """Status, headers and an iterable of body blocks."""

    def __init__(self, status, content_type, blocks, headers=()):
        self.status = status
        self.content_type = content_type
        self.blocks = iter(blocks)
        self.headers = list(headers)

    def set_header(self, name, value):
        self.headers = [h for h in self.headers if h[0].lower() != name.lower()]
        self.headers.append((name, value))


def compressor(encoding):
    """gzip or deflate (in zlib's format, as in RFC 9110), at level 1."""
    return zlib.compressobj(1, zlib.DEFLATED, 31 if encoding == "gzip" else 15)


def compressed(blocks, encoding):
    packer = compressor(encoding)
    for block in blocks:
        packed = packer.compress(block)
        if packed:
            yield packed
    yield packer.flush()


def accepted_encoding(request):
    """The coding that the client accepts, gzip before deflate; q=0 excludes one."""
    allowed = []
    for item in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, quality = item.strip().partition(";")
        if quality.replace(" ", "").rstrip("0.") != "q=":
            allowed.append(name.strip())
    return next((e for e in ("gzip", "deflate") if e in allowed), None)


def date(offset):
    """The header Date of a clock that is so many seconds ahead; None: no header."""
    if offset is None:
        return []
    return [("Date", email.utils.formatdate(time.time() + offset, usegmt=True))]


def head(status, headers):
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Status"
    lines = ["HTTP/1.1 %d %s" % (status, phrase)]
    lines += ["%s: %s" % header for header in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


class Writer:
    """Sends body bytes in the chosen framing; applies a fault's hold, drip and cut."""

    def __init__(self, state, request, entry, fault):
        self.state = state
        self.connection = request.protocol
        self.transport = request.protocol.transport
        self.entry = entry
        self.fault = fault
        self.sent = 0              # body bytes without framing
        self.chunked = False
        self.whole = None          # bytes of the whole reply, if known beforehand

    async def raw(self, data, last=False):
        if self.connection.transport is None or self.transport.is_closing():
            raise Gone()
        self.transport.write(data)
        self.entry.BytesSent += len(data)
        if last or self.entry.BytesSent == self.whole:
            # Do this before the client can send anything else.
            self.state.written(self.entry, self.transport)
        await self.connection._drain_helper()
        await asyncio.sleep(0)

    async def pause(self, seconds):
        """Sleep, at most until the connection ends."""
        try:
            await asyncio.wait_for(self.connection.ended.wait(), seconds)
        except asyncio.TimeoutError:
            return
        raise Gone()

    async def hold(self):
        """Wait for POST /_sandbox/release, or for the client to go away."""
        waits = [asyncio.ensure_future(e.wait())
                 for e in (self.fault.released, self.connection.ended)]
        self.state.held += 1
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.state.held -= 1
            for wait in waits:
                wait.cancel()
        if self.connection.ended.is_set():
            raise Gone()

    def framed(self, data):
        return b"%x\r\n%b\r\n" % (len(data), data) if self.chunked and data else data

    async def _frame(self, data):
        if data:
            await self.raw(self.framed(data))

    async def _slow(self, data):
        drip = self.fault.drip if self.fault else None
        if not drip:
            await self._frame(data)
            return
        size = max(1, drip.get("bytes", 1))
        for at in range(0, len(data), size):
            await self._frame(data[at:at + size])
            await self.pause(drip.get("every", 0.01))

    async def _held(self, data):
        at = self.fault.hold_after if self.fault else None
        if at is None or not self.sent <= at < self.sent + len(data):
            await self._slow(data)
            self.sent += len(data)
            return
        first = at - self.sent
        await self._slow(data[:first])
        self.sent += first
        await self.hold()
        await self._slow(data[first:])
        self.sent += len(data) - first

    async def body(self, data):
        """Send body bytes; raises Gone where the fault cuts."""
        cut = self.fault.cut if self.fault else None
        limit = cut["after"] if cut and cut["how"] in CUTTING else None
        for at in range(0, len(data), SLICE):
            part = data[at:at + SLICE]
            if limit is not None and self.sent + len(part) >= limit:
                await self._held(part[:limit - self.sent])
                await self.end(cut["how"])
            await self._held(part)

    async def end(self, how):
        """End the connection in one of the ways in CUTTING; raises Gone."""
        if how == "chunk":
            # Announce a longer chunk than is sent.
            await self.raw(b"1000\r\n[")
        await self.flush()
        if how == "reset":
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()
        raise Gone()

    async def flush(self):
        await flush(self.transport)

    async def finish(self):
        if self.chunked:
            await self.raw(b"0\r\n\r\n", last=True)


async def flush(transport):
    while transport.get_write_buffer_size() and not transport.is_closing():
        await asyncio.sleep(0.001)


# Cuts that end the connection while the body is being sent.
CUTTING = ("close", "reset", "short_length", "chunk", "close_delimited")


def _peek(blocks):
    """(first part, rest) of the body; a small body has no rest."""
    parts, size = [], 0
    for block in blocks:
        parts.append(block)
        size += len(block)
        if size > SMALL:
            return b"".join(parts), blocks
    return b"".join(parts), None


async def send(state, request, entry, reply, fault=None):
    """Write the reply; returns what the aiohttp handler must return."""
    writer = Writer(state, request, entry, fault)
    try:
        keep = await _send(writer, request, reply, fault)
    except ConnectionError:
        return Written(False)
    return Written(keep)


async def _send(writer, request, reply, fault):
    cut = fault.cut if fault else None
    how = cut["how"] if cut else None
    blocks = reply.blocks
    settings = writer.state.settings
    encoding = accepted_encoding(request) if settings["compression"] else None
    if how == "gzip":
        encoding = "gzip"
    if encoding:
        blocks = compressed(blocks, encoding)
        reply.set_header("Content-Encoding", encoding)
        reply.set_header("Vary", "Accept-Encoding")
    first, rest = _peek(blocks)
    if how in ("gzip", "truncate", "short_length"):
        first, rest = first + b"".join(rest or ()), None
        length = len(first)
        if how == "short_length":
            length = max(length, cut["after"] + 1)
        else:
            first = first[:cut["after"]]
            length = len(first)
    else:
        length = len(first) if rest is None else None

    keep = request.keep_alive and how != "close_delimited"
    headers = [("Content-Type", reply.content_type)] if reply.content_type else []
    headers += [("Server", "sandbox"), ("Cache-Control", "private")] + reply.headers
    if not any(name.lower() == "date" for name, _ in headers):
        headers += date(settings["clock_offset"])
    if reply.status in (204, 304):      # these never have a body
        first, rest = b"", None
    elif how == "close_delimited" or (request.version < (1, 1) and length is None):
        keep = False
    elif how == "chunk" or length is None:
        writer.chunked = True
        headers.append(("Transfer-Encoding", "chunked"))
    else:
        headers.append(("Content-Length", str(length)))
    if not keep:
        headers.append(("Connection", "close"))

    if fault and fault.delay_headers:
        await writer.pause(fault.delay_headers)
    if fault and fault.hold_headers:
        await writer.hold()
    writer.entry.Status = reply.status
    start = head(reply.status, headers)
    if request.method == "HEAD":
        await writer.raw(start, last=True)
        return keep
    if rest is None and not writer.chunked and how not in CUTTING:
        writer.whole = len(start) + len(first)
    if fault:
        await writer.raw(start)
        if fault.delay_body:
            await writer.pause(fault.delay_body)
        await writer.body(first)
    else:
        # Send a small reply in one write.
        await writer.raw(start + writer.framed(first))
    for block in rest or ():
        await writer.body(block)
    if how in CUTTING:
        # The cut is at or beyond the end of the body.
        await writer.end(how)
    await writer.finish()
    return keep
