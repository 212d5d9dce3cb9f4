"""What the project's README.md says of the results: a table and a sentence, between
markers.

    python3 -m bench.readme     # puts results/full.speed.md there
"""

import os
import textwrap

from .contestants import QUERIES, REFERENCE
from .inventory import ROOT

README = os.path.join(ROOT, "README.md")
SOURCE = os.path.join(ROOT, "bench", "results", "full.speed.md")
BEGIN = "<!-- bench/results/full.speed.md: written by make bench -->"
END = "<!-- end -->"

# The lines of the table, and what they are called.
LABELS = {
    "dc_gzip": "this extension, JSON gzipped",
    "dc_plain": "this extension, JSON not compressed",
    "dc_csv": "this extension, CSV gzipped",
    "dc_xml": "this extension, XML gzipped",
    "file": "`file_fdw`, a local CSV file",
    "heap": "a local table",
    "program": "`file_fdw`, `program 'curl …'`, CSV",
    "postgres": "`postgres_fdw`, a table of the same server",
    "duckdb_json": "DuckDB, the same JSON gzipped, all processors",
    "jq": "`COPY FROM PROGRAM 'curl … \\| jq …'`",
    "python": "a Python script with requests and psycopg2",
}


def speed(results):
    """The lines of markdown for the largest size of a run."""
    records = results.sizes()[-1]
    by_name = {contestant.name: contestant for contestant in results.contestants(records)}
    yield "| | `count(*)` | sums, `GROUP BY` | `COPY` out | `CREATE TABLE AS` | memory |"
    yield "|---|---|---|---|---|---|"
    for name, label in LABELS.items():
        if name in by_name:
            yield "| %s | %s | %s |" % (
                label, " | ".join(_ratio(results, records, by_name[name], query)
                                  for query in QUERIES),
                _memory(results, records, by_name[name]))
    if results.latency:
        yield ""
        yield from _latency(results.latency)


def _ratio(results, records, contestant, query):
    ratio = results.ratio(records, contestant, query)
    if ratio is None:
        return ""
    if contestant is REFERENCE:
        return "1"
    return "%.2f" % ratio if ratio < 10 else "%.0f" % ratio


def _memory(results, records, contestant):
    """The most of all queries: of the backend's growth, or of a program beside it."""
    found = [summary for query in QUERIES
             for summary in [results.summary(records, contestant, query)] if summary]
    most = max(max(one.growth or 0, one.helper_peak) for one in found) / 2 ** 20
    return "%.0f MB" % most if most < 1000 else "%.1f GB" % (most / 1024)


def _latency(latency):
    own = latency.own()
    yield from textwrap.wrap(
        "A small reply on a warm connection takes %.2f ms longer than with curl%s." % (
            latency.more() * 1000,
            "" if own is None else ". Of these, %.2f ms are the extension's own; the others are what"
            " PostgreSQL needs for the same rows of a local table" % (own * 1000)), 110)


def fill(text, speed_text):
    """A README with the lines between its markers replaced."""
    begin, rest = text.split(BEGIN + "\n")
    _, end = rest.split("\n" + END + "\n")
    return begin + BEGIN + "\n\n" + speed_text + "\n" + END + "\n" + end


def main():
    with open(SOURCE, encoding="utf-8") as file:
        speed_text = file.read()
    with open(README, encoding="utf-8") as file:
        filled = fill(file.read(), speed_text)
    with open(README, "w", encoding="utf-8") as file:
        file.write(filled)


if __name__ == "__main__":
    main()
