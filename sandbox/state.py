"""The state that the control paths show and change while the sandbox runs."""

import asyncio
import random
import time

from .changing import Ledger, Records

DEFAULTS = {
    "max_records": 1048576,        # above this estimate: 413
    "concurrency": 8,              # requests answered at once; beyond that: 429
    "limit_by": "resource",        # counted for each path; "company": for all together
    "refuse_until_end": False,     # after a 429, all get one until a running request ends
    "refused_by_chance": 0,        # so many of 1000 requests get a 429, however few run
    "rate_limit_headers": {},      # headers of a 429
    "rate_limit_body": "json",     # json or text
    "expires_in": 43199,           # life of an access token, seconds
    "preferred_endpoint": None,    # in /session; null: the sandbox's own URL
    "session_cookies": True,
    "compression": True,           # compress replies if the request accepts that
    "clock_offset": 0,             # seconds that the header Date is ahead; null: no header
    "refuse_refresh": False,       # refuse refresh grants
    "login": "employee",           # employee, partner or master: see relations.py
    "company_endpoints": {},       # {CompanyID: PreferredEndpoint}; else preferred_endpoint
    "xml_table_for_json": 0,       # every Nth JSON report is <Table />; 0: none
    "fraction_digits": None,       # a time has at most so many; null: 0, 2 or 3
    "money_scale": "cut",          # cut: no trailing zeros; varied: 14.5, 14.50, 14.5000
    "null_text": False,            # some missing values are the text "null"
    "empty_values": True,          # some are "", also in columns that are not texts
    "new_keys": {},                # {name: value} added to every record
    "renamed_keys": {},            # {old name: new name}
    "unknown_parameters": "ignored",   # or "refused": 400
    "edition": 0,                  # of the data of /test/things
    "day_editions": {},            # {day: edition of its invoices; null: there are none}
    "stray_days": 0,               # replies also have rows of so many days around the period
    "delta_counts_deletions": True,    # of bridge tables
    "traffic_timezone": "UTC",     # of the times in replies of /Import/TrafficCount
    # See ways.py, params.py and formats.py.
    "path_case": "any",            # exact: only the catalogue's spelling is found
    "parameter_case": "any",       # exact: parameters in another spelling are ignored
    "date_form": "any",            # full: a date without a time is a 400
    "last_day": "counted",         # excluded: the day of StopDate is not
    "period_shift": 0,             # hours by which each period is later than asked for
    "time_of_day": "ignored",      # counts: also without DatePercision
    "date_precision": True,        # DatePercision counts
    "filters": "equal",            # any_case, contains, ignored; first_only of a list
    "empty_result": "array",       # blank, table or null: in Json
    "time_format": "iso",          # zulu, slashes or net
    "nulls": "null",               # empty or absent: in Json
    "booleans": "words",           # digits: 0 and 1
    "numbers": "numbers",          # texts, or commas: texts with a comma between thousands
    "stale_session": "new",        # refused: 401
    "session_lock": False,         # a session's requests are answered one after another
    "session_lock_stays": False,   # also after one whose connection is gone
}

CHOICES = {"limit_by": ("resource", "company"), "unknown_parameters": ("ignored", "refused"),
           "path_case": ("any", "exact"), "parameter_case": ("any", "exact"),
           "date_form": ("any", "full"), "last_day": ("counted", "excluded"),
           "time_of_day": ("ignored", "counts"),
           "filters": ("equal", "any_case", "contains", "ignored", "first_only"),
           "empty_result": ("array", "blank", "table", "null"),
           "time_format": ("iso", "zulu", "slashes", "net"),
           "nulls": ("null", "empty", "absent"), "booleans": ("words", "digits"),
           "numbers": ("numbers", "texts", "commas"), "stale_session": ("new", "refused")}


def check_settings(changes):
    """Raise ValueError for an unknown setting or a wrong value."""
    unknown = set(changes) - set(DEFAULTS)
    if unknown:
        raise ValueError("unknown setting: %s" % ", ".join(sorted(unknown)))
    for name, value in changes.items():
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError("%s must be one of %s" % (name, ", ".join(CHOICES[name])))


class LogEntry:
    """One request; Status is null until its reply starts, Ended until it ends."""

    FIELDS = ("Seq", "Method", "Path", "Query", "Body", "Params", "Auth", "Cookie",
              "Headers", "Connection", "Session", "Concurrent", "Status", "At", "BytesSent",
              "Ended")

    def __init__(self, **fields):
        self.Session = None
        self.Concurrent = None
        self.Status = None
        self.Ended = None
        self.BytesSent = 0
        self.sent = None           # the session cookie that it came with
        self.session = None
        self.whole = False         # the whole reply was written
        self.__dict__.update(fields)

    def record(self):
        return {name: getattr(self, name, None) for name in self.FIELDS}


class State:
    def __init__(self, accounts, settings=None, scale=1):
        self.accounts = accounts
        self.scale = scale
        self.started_with = settings or {}
        self.base_url = None
        self.replay = None         # a Replay, which then answers all requests
        self.open_requests = 0     # between head of request and end of reply
        self.active = {}           # {scope of the limit: requests being answered}
        self.full = set()          # scopes that refuse until a request ends
        self.sending = []          # (entry, transport): written, perhaps not yet sent
        self.held = 0              # requests waiting for a release
        self.listeners = []        # servers opened by /_sandbox/listen
        self.faults = []
        self.sessions = {}         # {DataConnectState: Session}
        self.overlaps = []         # cookies that came while another request had them
        self._open = []            # log entries of the requests that have not ended
        self._started_sessions = 0
        self._born = time.monotonic()
        self.reset()

    def reset(self):
        if self.replay:
            self.replay.reset()
        for fault in self.faults:
            fault.released.set()
        self.chance = random.Random(429)
        for server in self.listeners:
            server.close()
        self.free_sessions()
        self.settings = {**DEFAULTS, **self.started_with}
        self.faults = []
        self.clear_log()
        self.documents = []
        self.mail = []
        self.traffic = {}          # {TrafficCountID: row written by the import}
        self.ledger = Ledger()     # the rows of /test/ledger
        self.records = {}          # {"customers" or a bridge table: Records}
        self.tokens = {}           # {access token: monotonic time of expiry}
        self.refresh_tokens = set()
        self.json_reports = 0      # counted for xml_table_for_json
        self.sessions = {}
        self.listeners = []
        self._issued = 0

    def records_of(self, name):
        """What was changed of the customers, or of a bridge table."""
        return self.records.setdefault(name.lower(), Records())

    def now(self):
        return round(time.monotonic() - self._born, 3)

    def serial(self):
        """A number that is new since the last reset."""
        self._issued += 1
        return self._issued

    def session_serial(self):
        """A number that is never repeated, because clients keep cookies beyond a reset."""
        self._started_sessions += 1
        return self._started_sessions

    def free_sessions(self):
        for session in self.sessions.values():
            session.free()

    def log_request(self, cookie, **fields):
        """Log a request; cookie is the session's that it came with, or None."""
        self.settle()
        self._arrived += 1
        entry = LogEntry(Seq=self._arrived, At=self.now(), **fields)
        entry.sent = cookie
        for other in self._open:
            if cookie and cookie in (other.sent, other.Session):
                self.overlaps.append({"Cookie": cookie, "Paths": [other.Path, entry.Path],
                                      "Queries": [other.Query, entry.Query]})
        self.log.append(entry)
        self._open.append(entry)
        return entry

    def clear_log(self):
        self.log = []
        self._arrived = 0

    def written(self, entry, transport):
        """The whole reply was handed to the transport, which may not have sent it yet."""
        entry.whole = True
        self.sending.append((entry, transport))
        self.settle()

    def settle(self):
        """End the entries whose replies have been sent to the last byte."""
        for entry, transport in list(self.sending):
            if transport.is_closing() or not transport.get_write_buffer_size():
                self.end(entry)

    def end(self, entry):
        """Note that the exchange has ended, and which request was the last by then."""
        self.sending = [pair for pair in self.sending if pair[0] is not entry]
        if entry.Ended is not None:
            return
        entry.Ended = self._arrived
        if entry in self._open:
            self._open.remove(entry)
        stays = self.settings["session_lock_stays"] and not entry.whole
        if entry.session and not (stays and entry.session.exchanges[0] is entry):
            entry.session.leave(entry)

    async def wait_for(self, condition, timeout):
        """True once the condition holds, False after `timeout` seconds."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.01)
        return True
