"""What the control paths can look at and change while the sandbox runs."""

import asyncio
import time

DEFAULTS = {
    "max_records": 1048576,        # above this estimate: 413
    "concurrency": 8,              # requests in flight on one path; one more: 429
    "rate_limit_headers": {},      # headers of a 429
    "rate_limit_body": "json",     # json or text
    "expires_in": 43199,           # life of an access token, seconds
    "preferred_endpoint": None,    # in /session; null: the sandbox's own URL
    "session_cookies": True,
    "refuse_refresh": False,       # refresh grants
    "login": "employee",           # employee, partner or master: whose data it reaches
    "company_endpoints": {},       # {CompanyID: PreferredEndpoint}; else preferred_endpoint
    "xml_table_for_json": 0,       # every so many JSON reports are <Table />; 0: none
    "fraction_digits": None,       # most digits of a time; null: 0, 2 or 3
    "money_scale": "cut",          # cut: no zeros at the end; varied: 14.5, 14.50, 14.5000
    "null_text": False,            # missing values are the text "null", too
    "empty_values": True,          # ... and "" in columns that are no texts
    "new_keys": {},                # name: value, in every record
    "renamed_keys": {},            # old name: new name
}


class LogEntry:
    """One request; Status is null until its reply has ended."""

    FIELDS = ("Seq", "Method", "Path", "Query", "Body", "Params", "Auth", "Cookie",
              "Headers", "Connection", "Concurrent", "Status", "At", "BytesSent")

    def __init__(self, **fields):
        self.Status = None
        self.refused = False       # with a 429: such a one is not active
        self.BytesSent = 0
        self.__dict__.update(fields)

    def record(self):
        return {name: getattr(self, name, None) for name in self.FIELDS}


class State:
    def __init__(self, accounts):
        self.accounts = accounts
        self.base_url = None
        self.in_flight = {}        # lower-case path: requests being answered
        self.refused = {}          # those among them that get a 429
        self.held = 0              # requests waiting for a release
        self.listeners = []        # servers opened by /_sandbox/listen
        self.faults = []
        self._born = time.monotonic()
        self.reset()

    def reset(self):
        for fault in self.faults:
            fault.released.set()
        for server in self.listeners:
            server.close()
        self.settings = dict(DEFAULTS)
        self.faults = []
        self.log = []
        self.documents = []
        self.mail = []
        self.traffic = {}          # TrafficCountID: row written by the import
        self.tokens = {}           # access token: monotonic time of expiry
        self.refresh_tokens = set()
        self.sessions = set()
        self.json_reports = 0      # asked for since xml_table_for_json counts
        self.listeners = []
        self._issued = 0

    def now(self):
        return round(time.monotonic() - self._born, 3)

    def serial(self):
        """A number never given before since the last reset."""
        self._issued += 1
        return self._issued

    def log_request(self, **fields):
        entry = LogEntry(Seq=len(self.log) + 1, At=self.now(), **fields)
        self.log.append(entry)
        return entry

    async def wait_for(self, condition, timeout):
        """True once the condition holds, False after `timeout` seconds."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.01)
        return True
