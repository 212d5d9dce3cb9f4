"""The cluster on one processor, as a stand-in for a server without an idle one."""

import contextlib
import os

from .processes import pin


class Pinning:
    """postmaster, server: pids of PostgreSQL's first process and of the web server's."""

    def __init__(self, postmaster, server, pin_process=pin):
        self.processors = sorted(os.sched_getaffinity(0))
        self._postmaster, self._server, self._pin = postmaster, server, pin_process

    def is_possible(self):
        return len(self.processors) >= 2

    @contextlib.contextmanager
    def one_processor(self):
        """While a `with` block runs, the whole cluster has the first processor, and the
        web server the last one."""
        try:
            self._pin(self._postmaster(), self.processors[:1])
            self._pin(self._server, self.processors[-1:])
            yield
        finally:
            self._pin(self._postmaster(), self.processors)
            self._pin(self._server, self.processors)
