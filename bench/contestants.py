"""The contestants, and what each does to answer the same queries.

A contestant answers some of QUERIES. What it does for each record count is set
up by prepare(), outside of the measured time. Most are a relation that plain SQL
is run on; a loader fills a table first, and that time is part of each answer;
a command is no PostgreSQL at all.
"""

import csv
import io
import os
import shlex
import sys

from .checks import as_texts, file_sum, lines_sum
from .inventory import COLUMNS, ENDPOINT, ROOT
from .measure import run_client, run_command, run_sql

# The queries, in order. {0} is the relation.
QUERIES = {
    "count": "SELECT count(*) FROM {0}",
    "group": "SELECT store_name, sum(quantity), sum(total_cost) FROM {0} GROUP BY store_name",
    "copy": "COPY (SELECT * FROM {0}) TO '/dev/null'",
    "ctas": "CREATE UNLOGGED TABLE bench_result AS SELECT * FROM {0}",
}
TRANSFER = "transfer"           # the query of a command that only fetches
LOAD = "load"                   # a loader's work before the queries
GB_PER_RECORD = 1e9 / 1_048_576

COLUMN_DEFINITIONS = ", ".join("%s %s" % (c.name, c.type) for c in COLUMNS)


def literal(text):
    return "'%s'" % text.replace("'", "''")


class Contestant:
    """A relation in PostgreSQL, found under self.relation."""

    name = label = ""
    queries = tuple(QUERIES)
    helpers = False             # the backend starts other programs
    slow = False                # measured less often
    memory = 0                  # bytes needed for each record, if that is much
    optional = False            # if not installed, left out with a note
    pinned = False              # also measured with the cluster on one processor
    extra = False               # only takes part if it is named

    @property
    def relation(self):
        return "bench_" + self.name

    def missing(self, bench):
        """Why the contestant cannot take part; None if it can."""
        return None

    def queries_for(self, records):
        return self.queries

    def prepare(self, bench, records):
        """Prepares for so many records; the relation may exist already."""
        raise NotImplementedError

    def run(self, bench, query):
        """Answers a query as measured; returns a Sample."""
        return self.run_sql(bench, QUERIES[query].format(self.relation))

    def run_sql(self, bench, sql):
        return run_sql(bench.connect, sql, self.helpers)

    def rehearse(self, bench, query):
        """Answers a query in such a way that the whole answer can be compared.  Returns
        a Sample and {question: answer}."""
        if query == "copy":
            sample = self.run_sql(bench, QUERIES[query].format(self.relation).replace(
                "/dev/null", bench.scratch))
            return sample, {query: lines_sum(bench.scratch)}
        sample = self.run(bench, query)
        if query == "ctas":
            return sample, {"all values": bench.checksum("bench_result")}
        return sample, {query: as_texts(sample.answer)}


class DataConnect(Contestant):
    pinned = True

    def __init__(self, name, label, kind, settings=None, **server_options):
        self.name, self.label = name, "dataconnect_fdw, " + label
        self.kind, self.settings, self.options = kind, settings or {}, server_options

    def missing(self, bench):
        known = bench.query("LOAD 'dataconnect_fdw'; SELECT name FROM pg_settings"
                            " WHERE name LIKE 'dataconnect_fdw.%'")
        unknown = set(self.settings) - {name for name, in known}
        return "there is no setting " + ", ".join(sorted(unknown)) if unknown else None

    def run_sql(self, bench, sql):
        return run_sql(lambda: bench.connect(**self.settings), sql)

    def prepare(self, bench, records):
        options = dict(self.options, url=bench.service.base(self.kind, records))
        if self.kind in ("csv", "xml"):
            options["format"] = self.kind
        bench.execute("DROP SERVER IF EXISTS %s CASCADE" % self.relation)
        bench.execute("CREATE SERVER %s FOREIGN DATA WRAPPER dataconnect_fdw OPTIONS (%s)" % (
            self.relation, ", ".join("%s %s" % (k, literal(v)) for k, v in options.items())))
        bench.execute("CREATE USER MAPPING FOR CURRENT_USER SERVER %s"
                      " OPTIONS (token 'made-up')" % self.relation)
        bench.execute("CREATE FOREIGN TABLE %s (%s) SERVER %s OPTIONS (endpoint %s, rows '%d')" % (
            self.relation,
            ", ".join("%s %s OPTIONS (name %s)" % (c.name, c.type, literal(c.key))
                      for c in COLUMNS),
            self.relation, literal(ENDPOINT), records))


class Unthreaded(DataConnect):
    """Reads and decompresses in the backend itself. What a thread is worth is the
    difference."""

    def __init__(self, name, label, kind, extra=False, setting="inflate", **server_options):
        super().__init__(name, label, kind, {"dataconnect_fdw.%s_in_thread" % setting: "off"},
                         **server_options)
        self.extra = extra


class LocalFile(Contestant):
    name, label = "file", "file_fdw, the CSV as a local file"
    pinned = True

    def source(self, bench, records):
        return "filename " + literal(bench.file("csv", records))

    def prepare(self, bench, records):
        bench.execute("DROP FOREIGN TABLE IF EXISTS " + self.relation)
        bench.execute("CREATE FOREIGN TABLE %s (%s) SERVER bench_files"
                      " OPTIONS (format 'csv', header 'true', %s)" % (
                          self.relation, COLUMN_DEFINITIONS, self.source(bench, records)))


class FileProgram(LocalFile):
    name, label = "program", "file_fdw, program 'curl --compressed' of the CSV"
    helpers, pinned = True, False

    def source(self, bench, records):
        return "program " + literal(curl(bench.service.url("csv", records)))


class Heap(Contestant):
    """A local table. What its COPY and CREATE TABLE AS take is PostgreSQL's own work."""

    name, label = "heap", "a local table (heap)"
    relation = "bench_base"
    pinned = True

    def prepare(self, bench, records):
        bench.fill_base(records)


class PostgresFdw(Contestant):
    name, label = "postgres", "postgres_fdw, a table in the same cluster"

    def prepare(self, bench, records):
        bench.fill_base(records)
        bench.execute("DROP SERVER IF EXISTS bench_loopback CASCADE")
        bench.execute("CREATE SERVER bench_loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS"
                      " (host %s, port %s, dbname %s, fetch_size '10000')" % tuple(
                          literal(os.environ[n]) for n in ("PGHOST", "PGPORT", "PGDATABASE")))
        bench.execute("CREATE USER MAPPING FOR CURRENT_USER SERVER bench_loopback OPTIONS (user %s)"
                      % literal(os.environ["PGUSER"]))
        bench.execute("CREATE FOREIGN TABLE %s (%s) SERVER bench_loopback"
                      " OPTIONS (table_name 'bench_base')" % (self.relation, COLUMN_DEFINITIONS))

    def run_sql(self, bench, sql):
        return run_sql(bench.connect, sql, others=bench.loopback_backends)


class PgsqlHttp(Contestant):
    name, label = "http", "pgsql-http, json_to_recordset"
    slow = True
    memory = 8 * GB_PER_RECORD
    optional = True

    def missing(self, bench):
        return bench.missing_extension("http")

    def queries_for(self, records):
        return self.queries if records <= 100_000 else ("group",)

    def prepare(self, bench, records):
        bench.execute("CREATE EXTENSION IF NOT EXISTS http")
        bench.execute("ALTER DATABASE %s SET http.timeout_msec = '3600000'"
                      % os.environ["PGDATABASE"])
        # The keys of the reply differ from the names of the columns.
        bench.execute("DROP VIEW IF EXISTS " + self.relation)
        bench.execute("CREATE VIEW %s AS SELECT %s FROM http_get(%s) reply,"
                      " json_to_recordset(reply.content::json) AS record (%s)" % (
                          self.relation,
                          ", ".join('"%s" AS %s' % (c.key, c.name) for c in COLUMNS),
                          literal(bench.service.url("json", records)),
                          ", ".join('"%s" %s' % (c.key, c.type) for c in COLUMNS)))


class Multicorn(Contestant):
    name, label = "multicorn", "multicorn2, requests"
    slow = True
    memory = 6 * GB_PER_RECORD
    optional = True

    def missing(self, bench):
        return bench.missing_extension("multicorn")

    def queries_for(self, records):
        return self.queries if records <= 100_000 else ("group",)

    def prepare(self, bench, records):
        bench.execute("CREATE EXTENSION IF NOT EXISTS multicorn")
        bench.execute("DROP SERVER IF EXISTS bench_multicorn CASCADE")
        bench.execute("CREATE SERVER bench_multicorn FOREIGN DATA WRAPPER multicorn"
                      " OPTIONS (wrapper 'bench.multicorn_fdw.Inventory')")
        bench.execute("CREATE FOREIGN TABLE %s (%s) SERVER bench_multicorn OPTIONS (url %s)" % (
            self.relation, COLUMN_DEFINITIONS, literal(bench.service.url("json", records))))


class Loader(Contestant):
    """Fills a table, on which the other queries then run."""

    queries = (LOAD, "count", "group", "copy")

    def prepare(self, bench, records):
        self.records = records

    def load(self, bench):
        raise NotImplementedError

    def run(self, bench, query):
        if query != LOAD:
            return super().run(bench, query)
        bench.execute("DROP TABLE IF EXISTS " + self.relation)
        bench.execute("CREATE UNLOGGED TABLE %s (%s)" % (self.relation, COLUMN_DEFINITIONS))
        return self.load(bench)

    def rehearse(self, bench, query):
        if query != LOAD:
            return super().rehearse(bench, query)
        return self.run(bench, query), {"all values": bench.checksum(self.relation)}


class CopyJq(Loader):
    name, label = "jq", "COPY FROM PROGRAM 'curl | jq'"
    slow = True
    memory = 5 * GB_PER_RECORD

    def load(self, bench):
        program = "%s | jq -r %s" % (
            curl(bench.service.url("json", self.records)),
            shlex.quote(".[] | [%s] | @csv" % ", ".join("." + c.key for c in COLUMNS)))
        return run_sql(bench.connect, "COPY %s FROM PROGRAM %s (FORMAT csv)" % (
            self.relation, literal(program)), helpers=True)


class Script(Loader):
    name, label = "python", "a Python script: requests, psycopg2, COPY"
    slow = True
    memory = 6 * GB_PER_RECORD

    def load(self, bench):
        script = os.path.join(ROOT, "bench", "load_by_requests")
        return run_client([sys.executable, script, bench.service.url("json", self.records),
                           self.relation])


class Curl(Contestant):
    """A command without PostgreSQL, which fetches and may inflate."""

    queries = (TRANSFER,)

    def __init__(self, name, label, command, prints="json"):
        self.name, self.label = name, label
        self.command, self.prints = command, prints

    def prepare(self, bench, records):
        self.shell = self.command.format(shlex.quote(bench.service.url("json", records)))

    def run(self, bench, query, output=os.devnull):
        return run_command(["sh", "-c", self.shell], output)

    def rehearse(self, bench, query):
        sample = self.run(bench, query, bench.scratch)
        return sample, {"the bytes of " + self.prints: file_sum(bench.scratch)}


class Inflate(Contestant):
    """ISA-L alone, from memory to memory: the least that reading a gzipped reply takes.
    The program (inflate_alone.c) tells its times, without reading the file."""

    queries = (TRANSFER,)
    optional = True

    def __init__(self, kind):
        self.name, self.kind = "isal_" + kind, kind
        self.label = "ISA-L alone in memory, gzipped " + kind.upper()

    def missing(self, bench):
        return None if os.environ.get("BENCH_INFLATE") else "it could not be built with ISA-L"

    def prepare(self, bench, records):
        self.command = [os.environ["BENCH_INFLATE"], bench.file(self.kind + ".gz", records)]

    def run(self, bench, query, output=None):
        sample = run_command(self.command + ([output] if output else []))
        wall, cpu = map(float, sample.answer.split())
        return sample._replace(wall=wall, cpu=cpu, answer=None)

    def rehearse(self, bench, query):
        sample = self.run(bench, query, bench.scratch)
        return sample, {"the bytes of " + self.kind: file_sum(bench.scratch)}


class DuckDB(Contestant):
    """DuckDB in its Node.js package, run by duckdb.mjs. It reads over HTTP if the set-up
    could get its extension httpfs, else the local file."""

    optional = True

    def __init__(self, kind):
        self.name, self.kind = "duckdb_" + kind, kind

    @property
    def label(self):
        return "DuckDB, gzipped %s %s" % (
            self.kind.upper(), "over HTTP" if self._by_http() else "as a local file")

    def missing(self, bench):
        if os.environ.get("BENCH_DUCKDB"):
            return None
        return "its package could not be installed"

    def prepare(self, bench, records):
        place = bench.service.file(self.kind + ".gz", records) if self._by_http() \
            else bench.file(self.kind + ".gz", records)
        columns = "{%s}" % ", ".join("%s: %s" % (literal(c.key), literal(c.type))
                                     for c in COLUMNS)
        reader = "read_json(%s, compression = 'gzip', format = 'array', columns = %s)" \
            if self.kind == "json" else \
            "read_csv(%s, compression = 'gzip', header = true, nullstr = ''," \
            " allow_quoted_nulls = false, columns = %s)"
        self.source = "(SELECT %s FROM %s)" % (
            ", ".join('"%s" AS %s' % (c.key, c.name) for c in COLUMNS),
            reader % (literal(place), columns))

    def run(self, bench, query, output=os.devnull):
        if query == "ctas":
            return self._call("ATTACH %s AS disk" % literal(bench.scratch + ".duckdb"),
                              "CREATE OR REPLACE TABLE disk.result AS SELECT * FROM "
                              + self.source)._replace(answer=None)
        if query == "copy":
            return self._call(self._export(self.source, output))._replace(answer=None)
        return self._call(QUERIES[query].format(self.source))

    def rehearse(self, bench, query):
        if query == "copy":
            sample = self.run(bench, query, bench.scratch)
        elif query == "ctas":
            sample = self.run(bench, query)
            self._call("ATTACH %s AS disk (READ_ONLY)" % literal(bench.scratch + ".duckdb"),
                       self._export("disk.result", bench.scratch))
        else:
            return super().rehearse(bench, query)
        bench.execute("CREATE UNLOGGED TABLE bench_result (%s)" % COLUMN_DEFINITIONS)
        bench.execute("COPY bench_result FROM %s (FORMAT csv)" % literal(bench.scratch))
        return sample, {"all values": bench.checksum("bench_result")}

    @staticmethod
    def _export(source, output):
        return "COPY (SELECT * FROM %s) TO %s (FORMAT csv, HEADER false)" % (
            source, literal(output))

    def _call(self, *statements):
        if self._by_http():
            statements = ("LOAD httpfs", *statements)
        sample = run_command(
            ["node", os.path.join(os.environ["BENCH_DUCKDB"], "duckdb.mjs"), *statements])
        return sample._replace(answer=list(csv.reader(io.StringIO(sample.answer))))

    @staticmethod
    def _by_http():
        return bool(os.environ.get("BENCH_DUCKDB_HTTPFS"))


def curl(url):
    return "curl -fsS --compressed " + shlex.quote(url)


REFERENCE = LocalFile()
MAIN = DataConnect("dc_gzip", "JSON gzipped", "json")
NO_THREAD = Unthreaded("dc_no_thread", "JSON gzipped, no thread", "json")
HEAP = Heap()
ALL = (
    MAIN,
    DataConnect("dc_plain", "JSON plain", "json", compression="false"),
    DataConnect("dc_csv", "CSV gzipped", "csv"),
    DataConnect("dc_xml", "XML gzipped", "xml"),
    NO_THREAD,
    Unthreaded("dc_no_reading", "JSON gzipped, records not read in the thread", "json", True,
               "read"),
    Unthreaded("dc_plain_no_thread", "JSON plain, no thread", "json", True,
               compression="false"),
    Unthreaded("dc_csv_no_thread", "CSV gzipped, no thread", "csv", True),
    Unthreaded("dc_csv_no_reading", "CSV gzipped, records not read in the thread", "csv", True,
               "read"),
    REFERENCE,
    HEAP,
    FileProgram(),
    PostgresFdw(),
    CopyJq(),
    Script(),
    PgsqlHttp(),
    Multicorn(),
    DuckDB("json"),
    DuckDB("csv"),
    Curl("curl_raw", "curl, gzipped JSON left as it is, to /dev/null",
         "exec curl -fsS -H 'Accept-Encoding: gzip' {}", prints="json.gz"),
    Curl("curl_gzip", "curl --compressed, to /dev/null", "exec curl -fsS --compressed {}"),
    Curl("curl_igzip", "curl | igzip -d, to /dev/null",
         "curl -fsS -H 'Accept-Encoding: gzip' {} | igzip -d"),
    Curl("curl_plain", "curl, plain JSON, to /dev/null", "exec curl -fsS {}"),
    Inflate("json"),
    Inflate("csv"),
    Inflate("xml"),
)
