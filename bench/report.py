"""Results as a page, as raw values, and as a chart."""

import csv
import os

from . import chart
from .contestants import QUERIES, TRANSFER
from .results import TITLES

MB = 2 ** 20


def write(results, directory, name):
    """Prints the page and writes all three into a directory."""
    os.makedirs(directory, exist_ok=True)
    page, raw, picture = (os.path.join(directory, "%s.%s" % (name, kind))
                          for kind in ("md", "csv", "svg"))
    text = "\n".join(_page(results, os.path.basename(picture)))
    print(text, end="")
    with open(page, "w", encoding="utf-8") as file:
        file.write(text)
    with open(raw, "w", encoding="utf-8", newline="") as file:
        _write_raw(results, csv.writer(file, lineterminator="\n"))
    chart.draw(results, picture)


def _page(results, picture):
    yield "# Results of the benchmark"
    yield ""
    yield "Made by the benchmark; what is measured and how stands in [README.md](../README.md)."
    yield ""
    for what, which in results.facts:
        yield "- %s: %s" % (what, which)
    for contestant, records, reason in results.skipped:
        yield "- skipped at %s records: %s: %s" % (f"{records:,}", contestant.label, reason)
    yield ""
    yield "## Goals"
    yield ""
    for reached, text in results.goals():
        yield "- %s: %s" % ({True: "PASS", False: "FAIL", None: "NOT JUDGED"}[reached], text)
    yield ""
    yield "![Ratios to file_fdw on the local CSV](%s)" % picture
    yield ""
    for records in reversed(results.sizes()):
        yield "## %s records" % f"{records:,}"
        yield ""
        yield "Medians of %d rounds after a warm-up; of as many as n says, where it stands; the" \
            " warm-up itself where n is 0." % results.rounds(records)
        yield ""
        yield from _tables(results, records)
    if results.latency:
        yield "## A small reply on a warm connection"
        yield ""
        yield "Medians of %d: dataconnect_fdw %.3f ms, from the query to its rows; curl %.3f ms." \
            % (results.latency.requests, results.latency.ours * 1000,
               results.latency.curl * 1000)
        yield ""
    yield from _planning(results)


def _planning(results):
    if not results.planning:
        return
    yield "## Planning a query over foreign tables"
    yield ""
    yield "Milliseconds of processor time, medians, in brackets the ratio to postgres_fdw:"
    yield ""
    yield "| Partitions | Query | dataconnect_fdw | postgres_fdw |"
    yield "|---|---|---|---|"
    for one in results.planning:
        yield "| %s | %s | %.3f (%.2f) | %.3f |" % (
            f"{one.partitions:,}", one.query, one.ours * 1000, one.ours / one.postgres,
            one.postgres * 1000)
    yield ""


def _tables(results, records):
    yield from _table(results, records, "Seconds, and in brackets the ratio to file_fdw on the"
                      " local CSV", lambda s, ratio: "%.3f (%.2f)%s" % (
                          s.wall, ratio,
                          " n=%d" % s.times if s.times < results.rounds(records) else ""))
    yield from _table(results, records, "Seconds of processor time, of all processes but the web"
                      " server", lambda s, ratio: "%.2f" % s.cpu)
    yield from _table(results, records, "Memory in MB: the backend's peak, in brackets its growth"
                      " over an idle one; + that of the largest other process",
                      lambda s, ratio: _memory(s))
    transfers = [(c, results.summary(records, c, TRANSFER)) for c in results.contestants(records)]
    if any(summary for _, summary in transfers):
        yield "| Only fetching | seconds | of processor time |"
        yield "|---|---|---|"
        for contestant, summary in transfers:
            if summary:
                yield "| %s | %.3f | %.2f |" % (_cell(contestant), summary.wall, summary.cpu)
        yield ""


def _table(results, records, title, cell):
    yield "%s:" % title
    yield ""
    yield "| | %s |" % " | ".join(TITLES[query] for query in QUERIES)
    yield "|---" * (len(QUERIES) + 1) + "|"
    for contestant in results.contestants(records):
        found = [(results.summary(records, contestant, query),
                  results.ratio(records, contestant, query)) for query in QUERIES]
        if any(summary for summary, _ in found):
            yield "| %s | %s |" % (_cell(contestant), " | ".join(
                cell(*pair) if pair[0] else "" for pair in found))
    yield ""


def _cell(contestant):
    return contestant.label.replace("|", "\\|")


def _memory(summary):
    text = "" if summary.peak is None else "%.0f" % (summary.peak / MB)
    if summary.growth is not None:
        text += " (%.0f)" % (summary.growth / MB)
    if summary.helper_peak:
        text += " + %.0f" % (summary.helper_peak / MB)
    return text.strip()


def _write_raw(results, writer):
    writer.writerow(["records", "contestant", "query", "round", "wall_seconds", "cpu_seconds",
                     "backend_peak_bytes", "backend_growth_bytes", "helper_peak_bytes"])
    for records, contestant, query, number, sample in results.samples:
        writer.writerow([records, contestant.name, query, number, "%.6f" % sample.wall,
                         "%.2f" % sample.cpu, sample.peak, sample.growth, sample.helper_peak])
