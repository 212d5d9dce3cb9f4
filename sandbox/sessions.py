"""Sessions of the service, which the cookie DataConnectState identifies."""

import asyncio

from .company import guid
from .wire import Gone

COOKIE = "DataConnectState"


class Session:
    """The requests of a session; if sessions are locked, only the first is answered."""

    def __init__(self, key):
        self.key = key
        self.exchanges = []        # log entries, in the order of arrival
        self.changed = asyncio.Event()

    async def turn(self, entry, connection):
        """Wait for this request's turn, or until its connection is gone."""
        gone = asyncio.ensure_future(connection.ended.wait())
        try:
            while self.exchanges[0] is not entry and not connection.ended.is_set():
                change = asyncio.ensure_future(self.changed.wait())
                await asyncio.wait([gone, change], return_when=asyncio.FIRST_COMPLETED)
                change.cancel()
        finally:
            gone.cancel()
        if self.exchanges[0] is not entry:
            raise Gone()

    def join(self, entry):
        self.exchanges.append(entry)
        entry.session = self
        entry.Session = self.key

    def leave(self, entry):
        if entry in self.exchanges:
            self.exchanges.remove(entry)
        self.changed.set()
        self.changed = asyncio.Event()

    def free(self):
        """Forget requests that have ended and still hold the session."""
        for entry in [e for e in self.exchanges if e.Ended is not None]:
            self.leave(entry)


def sent(request):
    return request.cookies.get(COOKIE)


def join(state, request, entry):
    """The session that the request's cookie names; None if it is stale or unknown."""
    session = state.sessions.get(sent(request))
    if session and state.settings["session_cookies"]:
        session.join(entry)
    return entry.session


def start(state, entry):
    """Set-Cookie values for an authenticated caller without a known session."""
    if not state.settings["session_cookies"] or entry.session:
        return []
    session = Session(guid("session", state.session_serial()))
    state.sessions[session.key] = session
    session.join(entry)
    affinity = guid("affinity", session.key).replace("-", "")
    return ["%s=%s; Path=/; HttpOnly" % (COOKIE, session.key),
            "ARRAffinity=%s; Path=/; HttpOnly" % affinity]


def abandon(state, entry):
    """End the request's session; the next request with its cookie gets a new one."""
    if entry.session:
        state.sessions.pop(entry.session.key, None)
