"""Answers requests from a recording."""

import asyncio
import json
import sys
import zlib

from . import recording, wire

UNANSWERED = 404        # nothing was recorded for the request
UNUSABLE = 500          # the reply was recorded without its body


def _grouped(pairs):
    """{name in lower case: (name, sorted values)}"""
    grouped = {}
    for name, value in pairs:
        grouped.setdefault(name.lower(), (name, []))[1].append(value)
    return {key: (name, sorted(values)) for key, (name, values) in grouped.items()}


def differences(recorded, asked):
    """What distinguishes two requests, one text for each parameter."""
    found = []
    for key in sorted(set(recorded) | set(asked)):
        if key not in recorded:
            found.append("%s=%s was not sent" % (asked[key][0], ",".join(asked[key][1])))
        elif key not in asked:
            found.append("%s=%s is missing" % (recorded[key][0], ",".join(recorded[key][1])))
        elif recording.REPLACED not in recorded[key][1] and recorded[key][1] != asked[key][1]:
            found.append("%s was %s" % (recorded[key][0], ",".join(recorded[key][1])))
    return found


class Series:
    """The exchanges of one request: they answer in turn, the last one from then on."""

    def __init__(self, exchange):
        self.exchanges = [exchange]
        self.next = 0

    def prefer_whole(self):
        """Whoever gave up a reply will do so again: let him have all of another one."""
        whole = [e for e in self.exchanges if e.ended == "complete"]
        self.exchanges = [
            next((w for w in whole if w.status() == e.status()), e) if e.ended == "given up"
            else e for e in self.exchanges]

    def take(self):
        exchange = self.exchanges[min(self.next, len(self.exchanges) - 1)]
        self.next += 1
        return exchange


class Replay:
    def __init__(self, exchanges, delays=False):
        self.delays = delays
        self.cookies = 0
        self.series = {}           # {(method, path): [(parameters, Series)]}
        for exchange in exchanges:
            known = self.series.setdefault((exchange.method, exchange.path.lower()), [])
            pairs = _grouped(exchange.pairs)
            for recorded, series in known:
                if recorded == pairs:
                    series.exchanges.append(exchange)
                    break
            else:
                known.append((pairs, Series(exchange)))
        for known in self.series.values():
            for _, series in known:
                series.prefer_whole()

    def reset(self):
        for known in self.series.values():
            for _, series in known:
                series.next = 0

    def find(self, method, path, pairs):
        """(exchange, None), or (None, what was recorded instead)"""
        known = self.series.get((method, path.lower()), ())
        asked = _grouped(pairs)
        found = [(differences(recorded, asked), series) for recorded, series in known]
        for differs, series in found:
            if not differs:
                return series.take(), None
        if found:
            differs = min((d for d, _ in found), key=len)
            return None, "Recorded with other parameters: %s." % "; ".join(differs)
        recorded = sorted("%s %s" % key for key in self.series)
        return None, "Recorded are %s." % ", ".join(recorded)

    async def answer(self, state, request, path, query, body, entry):
        kind = request.headers.get("Content-Type", "")
        pairs = recording.pairs_of(query, body.decode("utf-8", "replace"), kind)
        exchange, instead = self.find(request.method, path, pairs)
        if exchange and exchange.form == "withheld":
            exchange, instead = None, "%s was recorded without its body." % exchange.name
            status = UNUSABLE
        else:
            status = UNANSWERED
        if exchange is None:
            message = "Not recorded: %s %s. %s" % (request.method, path, instead)
            print("sandbox: " + message, file=sys.stderr, flush=True)
            text = json.dumps({"Error": True, "Message": message}).encode()
            return await wire.send(state, request, entry, wire.Reply(
                status, "application/json; charset=utf-8", [text]))
        writer = wire.Writer(state, request, entry, None)
        try:
            stays = await self._send(writer, exchange)
            return wire.Written(stays and request.keep_alive)
        except ConnectionError:
            return wire.Written(False)

    async def _send(self, writer, exchange):
        """Send the reply; returns whether the connection stays open."""
        if exchange.ended == "no reply" or not exchange.status():
            await writer.raw(exchange.head or b"")
            return await self._end(writer, exchange)
        whole = exchange.ended == "complete"
        body = sent_body(exchange)
        head, writer.chunked, framed = self._head(exchange, len(body), whole)
        writer.entry.Status = exchange.status()
        clock = Clock(writer, exchange) if self.delays and exchange.end else None
        if clock:
            await clock.wait(exchange.end["head_ms"])
        empty = exchange.status() in (204, 304)
        if whole and not writer.chunked and (empty or not body):
            await writer.raw(head, last=True)
        else:
            await writer.raw(head)
            for data in pieces(exchange, body) if clock else [(None, body)]:
                await self._piece(writer, clock, *data)
        if not whole or not framed:
            return await self._end(writer, exchange)
        if writer.chunked:
            await writer.finish()
        else:
            writer.state.written(writer.entry, writer.transport)
        await writer.flush()
        return (exchange.header("Connection") or "").lower() != "close"

    @staticmethod
    async def _piece(writer, clock, ms, data):
        if clock:
            await clock.wait(ms)
        for at in range(0, len(data), wire.SLICE):
            await writer.raw(writer.framed(data[at:at + wire.SLICE]))

    def _head(self, exchange, size, whole):
        """(head, whether it announces chunks, whether it says where the body ends)"""
        chunked = (exchange.header("Transfer-Encoding") or "").lower() == "chunked"
        length = exchange.header("Content-Length")
        lines = []
        for line in exchange.head.splitlines():
            name = line.partition(b":")[0].strip().lower()
            if name == b"set-cookie":
                # Each session has its own.
                self.cookies += 1
                line = line.replace(recording.REPLACED.encode(),
                                    b"%s-%d" % (recording.REPLACED.encode(), self.cookies), 1)
            elif name == b"content-length" and exchange.form == "decoded":
                line = b"Content-Length: %d" % (size if whole else size + 1)
            lines.append(line)
        empty = exchange.status() in (204, 304)
        return b"\r\n".join(lines) + b"\r\n", chunked, chunked or length is not None or empty

    @staticmethod
    async def _end(writer, exchange):
        """End as the connection did; raises Gone."""
        if exchange.ended == "timed out":
            await writer.connection.ended.wait()
            raise wire.Gone()
        await writer.end("close")


class Clock:
    """Waits for the moments at which something came, counted from the request."""

    def __init__(self, writer, exchange):
        self.writer = writer
        self.loop = asyncio.get_running_loop()
        self.start = self.loop.time()
        self.connected = exchange.end.get("connected_ms", 0)

    async def wait(self, ms):
        left = self.start + (ms - self.connected) / 1000 - self.loop.time()
        if left > 0:
            await self.writer.pause(left)


def sent_body(exchange):
    """The body as it is sent, before chunks are made of it."""
    coding = (exchange.header("Content-Encoding") or "").lower()
    if exchange.form != "decoded" or coding not in ("gzip", "x-gzip", "deflate"):
        return exchange.body
    packer = wire.compressor(coding.replace("x-", ""))
    packed = packer.compress(exchange.body)
    return packed + packer.flush(
        zlib.Z_FINISH if exchange.ended == "complete" else zlib.Z_SYNC_FLUSH)


def pieces(exchange, body):
    """(ms, bytes) for each moment at which some came."""
    sent = 0
    chunks = exchange.end["chunks"]
    for at, (ms, received) in enumerate(chunks):
        # Of a body that was decoded, the same share.
        end = len(body) if at == len(chunks) - 1 else min(
            len(body), received * len(body) // max(1, exchange.end["received"]))
        yield ms, body[sent:end]
        sent = end


def load(directory, delays=False):
    """A Replay of a recording; says what it is of."""
    exchanges = recording.load(directory)
    lost = [e.name for e in exchanges if e.ended == "lost"]
    if lost:
        print("sandbox: not recorded to the end: " + ", ".join(lost), file=sys.stderr)
    return Replay(exchanges, delays)

