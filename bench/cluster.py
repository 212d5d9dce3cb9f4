"""What contestants work with: the data, the service, the cluster."""

import contextlib
import os
import subprocess
import time

import psycopg2

from .checks import checksum_query
from .contestants import COLUMN_DEFINITIONS, literal
from .pinning import Pinning

SETTINGS = {                    # the same for all; see README.md
    "autovacuum": "off", "checkpoint_timeout": "'1d'", "jit": "off",
    "max_parallel_workers_per_gather": "0",
}


class Bench:
    def __init__(self, data, service, home):
        self.data, self.service, self.home = os.path.abspath(data), service, home
        self.scratch = os.path.join(home, "scratch")    # the file for an answer
        self._base_records = None
        self.directory = self.query("SHOW data_directory")[0][0]
        for name, value in SETTINGS.items():
            self.execute("ALTER SYSTEM SET %s = %s" % (name, value))
        self.execute("SELECT pg_reload_conf()")
        while self.query("SHOW jit") != [("off",)]:
            time.sleep(0.05)
        for extension in ("dataconnect_fdw", "file_fdw", "postgres_fdw"):
            self.execute("CREATE EXTENSION IF NOT EXISTS " + extension)
        self.execute("CREATE SERVER bench_files FOREIGN DATA WRAPPER file_fdw")
        self.pinning = Pinning(self.postmaster, service.process.pid)

    def connect(self, **settings):
        """A connection whose session begins with these settings."""
        connection = psycopg2.connect("", options=" ".join(
            "-c %s=%s" % setting for setting in settings.items()))
        connection.autocommit = True
        return connection

    def query(self, sql):
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None

    execute = query

    def postmaster(self):
        """The pid of PostgreSQL's first process."""
        with open(os.path.join(self.directory, "postmaster.pid"), encoding="utf-8") as file:
            return int(file.readline())

    @contextlib.contextmanager
    def preloaded(self):
        """While a `with` block runs, the server has the library in
        shared_preload_libraries; it is restarted before and after."""
        self.execute("ALTER SYSTEM SET shared_preload_libraries = 'dataconnect_fdw'")
        self._restart()
        try:
            yield
        finally:
            self.execute("ALTER SYSTEM RESET shared_preload_libraries")
            self._restart()

    def _restart(self):
        subprocess.run(["pg_ctl", "-D", self.directory, "-l", os.path.join(self.home, "log"),
                        "-m", "fast", "-w", "-s", "restart"], check=True,
                       stdout=subprocess.DEVNULL)

    def checksum(self, relation):
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(checksum_query(relation))
            return {column.name: str(value) for column, value
                    in zip(cursor.description, cursor.fetchone())}

    def file(self, kind, records):
        return os.path.join(self.data, "%d.%s" % (records, kind))

    def fill_base(self, records):
        """Makes bench_base a local table with so many records."""
        if self._base_records == records:
            return
        self.execute("DROP TABLE IF EXISTS bench_base")
        self.execute("CREATE UNLOGGED TABLE bench_base (%s)" % COLUMN_DEFINITIONS)
        self.execute("COPY bench_base FROM %s (FORMAT csv, HEADER)"
                     % literal(self.file("csv", records)))
        self.execute("VACUUM ANALYZE bench_base")
        self._base_records = records

    def missing_extension(self, name):
        found = self.query("SELECT 1 FROM pg_available_extensions WHERE name = '%s'" % name)
        return None if found else "PostgreSQL has no extension " + name

    def loopback_backends(self):
        return [pid for pid, in self.query(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'postgres_fdw'")]

    def forget_answer(self):
        self.execute("DROP TABLE IF EXISTS bench_result")
        for name in (self.scratch, self.scratch + ".duckdb"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)

    def known_answers(self, records):
        """The generator's own answers: {question: answer}."""
        with open(self.file("sha256", records), encoding="ascii") as file:
            sums = dict(line.split()[::-1] for line in file if line[0] != "#")
        return {"the bytes of " + kind: sums["%d.%s" % (records, kind)]
                for kind in ("json", "json.gz", "csv")}
