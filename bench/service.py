"""nginx, which serves the benchmark's files as a DataConnect endpoint."""

import os
import shutil
import socket
import subprocess
import time

from .inventory import ENDPOINT

CONFIG = """
daemon off;
worker_processes 1;
pid {home}/pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 600s;
    keepalive_requests 1000000;
    gzip off;
    gzip_static on;
    log_format connections '$connection $connection_requests';
    server {{
        listen 127.0.0.1:{port};
        location ~ ^/json/(?<records>[0-9]+){endpoint}$ {{
            types {{ }}
            default_type "application/json; charset=utf-8";
            alias {data}/$records.json;
        }}
        location ~ ^/xml/(?<records>[0-9]+){endpoint}$ {{
            types {{ }}
            default_type "text/xml; charset=utf-8";
            alias {data}/$records.xml;
        }}
        location ~ ^/csv/(?<records>[0-9]+){endpoint}$ {{
            types {{ }}
            default_type "text/csv; charset=utf-8";
            alias {data}/$records.csv;
        }}
        # A compressed file as it is, for programs that ask for ranges of it.
        location /files/ {{
            alias {data}/;
        }}
        # Tables of many columns.
        location ~ ^/wide/(?<table>[a-z0-9_]+){endpoint}$ {{
            types {{ }}
            default_type "application/json; charset=utf-8";
            alias {home}/wide/$table.json;
        }}
        # The small reply; the log shows on which connections it was requested.
        location ~ ^/logged/(?<records>[0-9]+){endpoint}$ {{
            types {{ }}
            default_type "application/json; charset=utf-8";
            alias {data}/$records.json;
            access_log {home}/connections connections;
        }}
    }}
}}
"""


def find_nginx():
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin"
    program = shutil.which("nginx", path=path)
    if not program:
        raise SystemExit("there is no nginx: run tools/setup bench")
    return program


class Service:
    """Runs during a `with` block; ignores query strings."""

    def __init__(self, data, home):
        self.data, self.home = os.path.abspath(data), home
        self.program = find_nginx()
        self.process = None

    def base(self, kind, records):
        """The url of a foreign server for so many records."""
        return "http://127.0.0.1:%d/%s/%s" % (self.port, kind, records)

    def url(self, kind, records):
        return self.base(kind, records) + ENDPOINT

    def file(self, kind, records):
        """The url of a file of the generator as it is."""
        return "http://127.0.0.1:%d/files/%d.%s" % (self.port, records, kind)

    def connections(self):
        """[(connection, number of the request on it)] of the small reply so far."""
        with open(os.path.join(self.home, "connections"), encoding="ascii") as file:
            return [tuple(map(int, line.split())) for line in file]

    def __enter__(self):
        for _ in range(5):      # another program may take the port first
            if self._start():
                return self
        raise SystemExit("nginx did not start: " + self._errors())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def _start(self):
        self.port = _free_port()
        config = os.path.join(self.home, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(home=self.home, port=self.port, data=self.data,
                                     endpoint=ENDPOINT))
        with open(os.path.join(self.home, "errors"), "wb") as errors:
            # nginx ends with this process, however that ends.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", self.program, "-e", "stderr", "-c", config],
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        for _ in range(200):
            if self.process.poll() is not None:
                return False
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.05)
        self.__exit__()
        return False

    def _errors(self):
        with open(os.path.join(self.home, "errors"), encoding="utf-8") as file:
            return file.read()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
