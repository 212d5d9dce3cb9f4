"""A service that thinks before it answers, and counts its requests."""

import os
import time

from .counting_service import CountingHandler, CountingService


class _Handler(CountingHandler):
    def answer(self, service):
        time.sleep(service.delay)
        with open(service.path, "rb") as file:
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            self.connection.sendfile(file)


class SlowService(CountingService):
    """Any path and parameters give the same gzipped JSON file, after so many seconds."""

    handler = _Handler

    def __init__(self, path, delay):
        super().__init__()
        self.path, self.delay = path, delay
