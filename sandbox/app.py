"""The way of one request, from its log entry to its reply."""

import datetime
import json
import re
import traceback
from urllib.parse import unquote

from . import (admin, auth, excel, faults, formats, params as parameters, relations, sessions,
               ways, wire)
from .endpoints import Endpoints, TooMany
from .params import BadRequest

JSON = "application/json; charset=utf-8"
PING = {"ApplicationName": "DataConnect", "ApplicationVersion": "sandbox"}
LIMIT_MESSAGE = ("The request was estimated to return about %d records, more than the "
                 "%d that are allowed. Narrow the request.")
TOKEN_PATH = "/v1/oauth2/token"
ABANDON_PATH = "/session/abandon"


def error(status, message, headers=()):
    body = json.dumps({"Error": True, "Message": message}, ensure_ascii=False)
    return wire.Reply(status, JSON, [body.encode()], headers)


def document(status, value, headers=()):
    return wire.Reply(status, JSON, [json.dumps(value).encode()], headers)


class Place:
    """A request's place among those being answered, whose number is limited."""

    def __init__(self, state, key, entry):
        self.state = state
        # The token service is a service of its own, with a limit of its own.
        by_company = state.settings["limit_by"] == "company" and key != TOKEN_PATH
        self.scope = "company" if by_company else key
        self.entry = entry
        self.refused = False       # with a 429; then it is not counted
        entry.place = self

    def __enter__(self):
        active = self.state.active.get(self.scope, 0)
        self.entry.Concurrent = active + 1
        self.state.active[self.scope] = active + 1

    def __exit__(self, *exception):
        if not self.refused:
            self._leave()
            self.state.full.discard(self.scope)

    def _leave(self):
        self.state.active[self.scope] -= 1

    def refuses(self):
        """Whether to refuse this request; if so, it gives up its place."""
        settings = self.state.settings
        before = self.entry.Concurrent - 1
        full = self.scope in self.state.full and before > 0
        chance = self.state.chance.randrange(1000) < settings["refused_by_chance"]
        if before < settings["concurrency"] and not full and not chance:
            return False
        self.refused = True
        self._leave()
        if settings["refuse_until_end"]:
            self.state.full.add(self.scope)
        return True


class Sandbox:
    def __init__(self, state, company):
        self.state = state
        self.company = company
        self.companies = {}        # {number: Endpoints of its data}

    def _endpoints(self, number):
        if number not in self.companies:
            self.companies[number] = Endpoints(self.state,
                                               relations.make(self.company, number))
        return self.companies[number]

    async def handle(self, request):
        """The aiohttp handler of every request."""
        target = request.message.path
        target = re.sub(r"\A[a-z]+://[^/]*", "", target)
        raw_path, _, query = target.partition("?")
        path = unquote(raw_path)
        body = await request.read()
        if path.startswith("/_sandbox/"):
            return await admin.handle(self.state, request, path, query, body)
        key = path.lower()
        try:
            params = parameters.read(query, body, request.headers.get("Content-Type", ""))
            problem = None
        except BadRequest as bad:
            params, problem = None, str(bad)
        entry = self.state.log_request(
            sessions.sent(request), Method=request.method, Path=raw_path, Query=query,
            Body=body.decode("utf-8", "replace"),
            Params=params.canonical() if params else "",
            Auth=auth.scheme(request, params),
            Cookie=request.headers.get("Cookie", ""),
            Headers=json.dumps(dict(request.headers), ensure_ascii=False),
            Connection=request.protocol.number)
        fault = faults.take(self.state, request.method, path, params, entry.Auth)
        self.state.open_requests += 1
        try:
            if self.state.replay:
                return await self.state.replay.answer(self.state, request, path, query, body,
                                                      entry)
            await self._turn(request, key, entry)
            with Place(self.state, key, entry):
                return await self._answer(request, key, params, problem, fault, entry)
        except wire.Gone:
            return wire.Written(False)
        except Exception:
            # A bug in the sandbox: the client must not take half a reply for a whole one.
            traceback.print_exc()
            if request.transport is not None:
                request.transport.abort()
            return wire.Written(False)
        finally:
            self.state.end(entry)
            self.state.open_requests -= 1

    async def _turn(self, request, key, entry):
        """Wait for the requests of the same session that came before."""
        if key == TOKEN_PATH:
            return
        session = sessions.join(self.state, request, entry)
        if session and self.state.settings["session_lock"]:
            await session.turn(entry, request.protocol)

    async def _answer(self, request, key, params, problem, fault, entry):
        if fault and (fault.never or "raw_reply" in fault.spec):
            if fault.processed:
                self._own_reply(request, key, params, problem, fault, entry)
            return await self._unanswered(request, entry, fault)
        reply = self._reply(request, key, params, problem, fault, entry)
        if fault:
            self._spoil(reply, fault)
        written = await wire.send(self.state, request, entry, reply, fault)
        if entry.whole and request.transport is not None:
            await wire.flush(request.transport)
        return written

    async def _unanswered(self, request, entry, fault):
        """Send no reply, or the fault's raw bytes in place of one."""
        writer = wire.Writer(self.state, request, entry, fault)
        try:
            if "raw_reply" in fault.spec:
                await writer.raw(fault._fixed("raw_reply"))
            else:
                await writer.hold()
            await writer.end("reset" if fault.cut and fault.cut["how"] == "reset" else "close")
        except ConnectionError:
            pass
        return wire.Written(False)

    def _reply(self, request, key, params, problem, fault, entry):
        if not fault or not fault.replaces():
            return self._own_reply(request, key, params, problem, fault, entry)
        if fault.processed:
            self._own_reply(request, key, params, problem, fault, entry)
        return wire.Reply(fault.status or 200, JSON, [fault.replacement()])

    def _own_reply(self, request, key, params, problem, fault, entry):
        if problem:
            return error(400, problem)
        if request.method not in ("GET", "POST"):
            return error(405, "Only GET and POST are allowed.", [("Allow", "GET, POST")])
        if key == TOKEN_PATH:
            if request.method != "POST":
                return error(405, "Only POST is allowed.", [("Allow", "POST")])
            return document(*auth.token_reply(self.state, params))
        if key == "/ping":
            return document(200, PING)
        if (fault and fault.expired_token) or not auth.accepted(self.state, request, params):
            return error(401, "The token is invalid or has expired.")
        if self.state.settings["stale_session"] == "refused" and entry.sent and not entry.session:
            return error(401, "The session has ended.")
        reply = self._authenticated(request, key, params, entry)
        for cookie in sessions.start(self.state, entry) if key != ABANDON_PATH else ():
            reply.headers.append(("Set-Cookie", cookie))
        return reply

    def _authenticated(self, request, key, params, entry):
        settings = self.state.settings
        params.stray_days = settings["stray_days"]
        params.settings = settings
        if entry.place.refuses():
            return self._rate_limited(entry.Concurrent - 1)
        if key == ABANDON_PATH:
            sessions.abandon(self.state, entry)
            return document(200, {"Error": False, "Message": "The session has ended."})
        saved = admin.find_document(self.state, key, params)
        if saved:
            return wire.Reply(200, saved.content_type, [saved.body])
        if key == "/session" and (params.given("Response") or "json").lower() == "json":
            return document(200, auth.session_record(self.state, params))
        try:
            number, reached = relations.reach(self.state, key, params)
            endpoints = self._endpoints(number)
            table = endpoints.table(key if key in endpoints.catalogue else reached,
                                    params, request)
            if table is None:
                return error(404, "There is no endpoint %s." % request.path)
            if table.estimate > settings["max_records"]:
                raise TooMany(table.estimate)
            name = formats.choose(params)
            if name == "json" and self._writes_xml():
                return wire.Reply(200, formats.CONTENT_TYPES["xml"], [b"<Table />"])
            style = formats.Style(settings, made_up=not key.startswith("/test/"))
            encoding = formats.Encoding(name, table.columns, params, style)
            if name == "json":
                instead, table.rows = ways.empty(settings, table.rows)
                if instead:
                    return instead
        except BadRequest as bad:
            return error(400, str(bad))
        except relations.Denied as denied:
            return error(403, str(denied))
        except TooMany as many:
            return error(413, LIMIT_MESSAGE % (many.estimate, settings["max_records"]))
        blocks = table.raw_blocks(encoding) or encoding.blocks(table.rows)
        headers = ()
        if name == "excel":
            blocks = [excel.package(blocks)]
            headers = [("Content-Disposition", "attachment;filename=%s-%s.xlsx"
                        % (key.rpartition("/")[2], datetime.date.today()))]
        if params.given("Email.To"):
            return self._mail(key, params, encoding, blocks)
        return wire.Reply(200, encoding.content_type, blocks, headers)

    def _writes_xml(self):
        """Whether an empty XML table replaces this JSON report."""
        every = self.state.settings["xml_table_for_json"]
        self.state.json_reports += 1 if every else 0
        return every > 0 and self.state.json_reports % every == 0

    def _rate_limited(self, active):
        settings = self.state.settings
        words = "%d active requests are already in progress." % active
        headers = [(n, str(v)) for n, v in settings["rate_limit_headers"].items()]
        if settings["rate_limit_body"] == "text":
            return wire.Reply(429, "text/plain; charset=utf-8",
                              [("Rate limiting: " + words).encode()], headers)
        return error(429, "Rate Limiting Applied. " + words, headers)

    def _mail(self, key, params, encoding, blocks):
        """Deliver the report by e-mail: it goes to the mail box, not into the reply."""
        body = b"".join(blocks)
        self.state.mail.append({
            "To": params.given("Email.To"), "Cc": params.given("Email.Cc"), "Path": key,
            "Params": params.canonical(), "ContentType": encoding.content_type,
            "Bytes": len(body), "Body": body[:1 << 20].decode("utf-8", "replace")})
        return document(200, {"Error": False, "Message":
                              "The report will be sent to %s." % params.given("Email.To")})

    @staticmethod
    def _spoil(reply, fault):
        """Apply the fault to the reply, before the reply is encoded for the wire."""
        spec = fault.spec
        if fault.changes_body():
            reply.blocks = iter([fault.change(b"".join(reply.blocks))])
        if fault.content_type() is not None:
            reply.content_type = fault.content_type()
        for name, value in spec.get("headers", {}).items():
            reply.set_header(name, str(value))
        cookies = spec.get("set_cookie", [])
        for cookie in [cookies] if isinstance(cookies, str) else cookies:
            reply.headers.append(("Set-Cookie", cookie))
