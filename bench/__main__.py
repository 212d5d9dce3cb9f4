"""Runs the benchmark in the cluster that the environment names; see README.md."""

import argparse
import signal
import sys
import tempfile

import psycopg2
import psycopg2.extensions
import psycopg2.extras

from . import machine, report
from .cluster import Bench
from .concurrency import concurrency
from .contestants import ALL
from .dashboard import DELAY, dashboard
from .latency import small_reply
from .mirror import mirror
from .parts import PARTS, selection
from .planning import planning
from .quiet import Quiet
from .results import Results
from .rounds import entrants, measure, rehearse, say
from .service import Service
from .wide import wide


def arguments():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--data", required=True, help="the generator's folder")
    parser.add_argument("--results", required=True, help="a folder for the results")
    parser.add_argument("--name", default="full", help="what their files are called")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patience", type=float, default=20, metavar="SECONDS",
                        help="of the slow, who takes longer is in fewer rounds")
    parser.add_argument("--budget", type=float, default=25, metavar="SECONDS",
                        help="of each other contestant; whose queries take longer is in"
                        " fewer rounds, but in at least two")
    parser.add_argument("--seconds", type=float, default=float("inf"),
                        help="no round begins after so many, but for the first")
    parser.add_argument("--quiet", type=float, default=120, metavar="SECONDS",
                        help="to lose at the most, of the most records, for an undisturbed"
                        " machine; 0: as it is")
    parser.add_argument("--repetitions", type=int, default=3,
                        help="of each measurement with many sessions or tiles")
    parser.add_argument("--duration", type=int, default=3, metavar="SECONDS",
                        help="of each run of look-ups")
    parser.add_argument("--delay", type=float, default=DELAY, metavar="SECONDS",
                        help="until the dashboard's service answers")
    parser.add_argument("--mirror-years", type=int, default=1, metavar="N",
                        help="that are loaded into a mirror")
    parser.add_argument("--mirror-rows", type=int, default=8000, metavar="N",
                        help="of each day of a mirror")
    parser.add_argument("--wide-size", type=int, default=32_000_000, metavar="BYTES",
                        help="of a reply with many columns")
    parser.add_argument("--only", default="", metavar="NAME,…",
                        help="these parts: %s; or these contestants of the part queries: %s"
                        % (" ".join(PARTS), " ".join(c.name for c in ALL)))
    parser.add_argument("records", type=int, nargs="+")
    options = parser.parse_args()
    unknown = set(filter(None, options.only.split(","))) - {c.name for c in ALL} - set(PARTS)
    if unknown:
        parser.error("--only: there is no %s" % ", ".join(sorted(unknown)))
    return options


def queries(bench, results, chosen, options):
    """Each query of each contestant, at each size."""
    # Without this a signal is not handled before a query ends.
    psycopg2.extensions.set_wait_callback(psycopg2.extras.wait_select)
    quiet, as_it_comes = Quiet(options.quiet), Quiet(0)
    for records in sorted(options.records):
        contestants = entrants(bench, results, records, chosen)
        measure(bench, results, rehearse(bench, contestants, records, options), records,
                options, quiet if records == max(options.records) else as_it_comes)
    results.facts += quiet.facts()
    psycopg2.extensions.set_wait_callback(None)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    parts, chosen = selection(options.only)
    results = Results()
    with tempfile.TemporaryDirectory(prefix="dataconnect.") as home, \
            Service(options.data, home) as service:
        bench = Bench(options.data, service, home)
        results.facts = machine.facts(bench)
        if not bench.pinning.is_possible():
            results.facts.append(("on one processor", "not measured: there is only one"))
        for part in parts:
            say("part: " + part)
            if part == "queries":
                queries(bench, results, chosen, options)
            elif part == "latency":
                results.latency = small_reply(bench)
            elif part == "planning":
                results.planning = planning(bench)
            elif part == "wide":
                results.wide = wide(bench, options.wide_size)
            elif part == "concurrency":
                results.concurrency = concurrency(bench, max(options.records), options)
            elif part == "dashboard":
                results.dashboard = dashboard(bench, options.records, options)
            elif part == "mirror":
                results.mirror = mirror(bench, options)
    report.write(results, options.results, options.name)


if __name__ == "__main__":
    main()
