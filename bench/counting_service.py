"""What the benchmark's own services share: they run in this process, and count requests."""

import http.server
import socket
import threading


class CountingService:
    """Runs during a `with` block, in threads of this process. A handler finds it as
    self.server.service."""

    handler = None                  # a CountingHandler

    def __init__(self):
        self.requests = 0           # since the start
        self._lock = threading.Lock()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self._server.server_address[1]

    def __enter__(self):
        self._server = _Server(("127.0.0.1", 0), self.handler)
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


class CountingHandler(http.server.BaseHTTPRequestHandler):
    """A GET is counted, and then answered by answer(), which a subclass has."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self):
        self.server.service.count()
        self.answer(self.server.service)

    def log_message(self, format, *arguments):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
