"""A service that thinks before it answers, and counts its requests."""

import http.server
import os
import socket
import threading
import time


class SlowService:
    """Runs during a `with` block, in threads of this process. Any path and parameters give
    the same gzipped JSON file, after so many seconds."""

    def __init__(self, path, delay):
        self.path, self.delay = path, delay
        self.requests = 0           # since the start
        self._lock = threading.Lock()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self._server.server_address[1]

    def __enter__(self):
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.service = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self):
        with self._lock:
            self.requests += 1


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self):
        service = self.server.service
        service.count()
        time.sleep(service.delay)
        with open(service.path, "rb") as file:
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            self.connection.sendfile(file)

    def log_message(self, format, *arguments):
        pass
