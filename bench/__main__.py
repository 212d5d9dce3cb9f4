"""Runs the benchmark in the cluster that the environment names; see README.md."""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import time

import psycopg2
import psycopg2.extensions
import psycopg2.extras

from . import machine, report
from .checks import Answers, checksum_query
from .contestants import ALL, LOAD, QUERIES, REFERENCE, TRANSFER
from .latency import small_reply
from .planning import planning
from .quiet import Quiet
from .results import Results
from .service import Service

SETTINGS = {                    # the same for all; see README.md
    "autovacuum": "off", "checkpoint_timeout": "'1d'", "jit": "off",
    "max_parallel_workers_per_gather": "0",
}
ORDER = (LOAD, *QUERIES, TRANSFER)


def say(*words):
    print(*words, file=sys.stderr, flush=True)


class Bench:
    """What contestants work with: the data, the service, the cluster."""

    def __init__(self, data, service, home):
        self.data, self.service = os.path.abspath(data), service
        self.scratch = os.path.join(home, "scratch")    # the file for an answer
        for name, value in SETTINGS.items():
            self.execute("ALTER SYSTEM SET %s = %s" % (name, value))
        self.execute("SELECT pg_reload_conf()")
        while self.query("SHOW jit") != [("off",)]:
            time.sleep(0.05)
        for extension in ("dataconnect_fdw", "file_fdw", "postgres_fdw"):
            self.execute("CREATE EXTENSION IF NOT EXISTS " + extension)
        self.execute("CREATE SERVER bench_files FOREIGN DATA WRAPPER file_fdw")

    def connect(self):
        connection = psycopg2.connect("")
        connection.autocommit = True
        return connection

    def query(self, sql):
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None

    execute = query

    def checksum(self, relation):
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(checksum_query(relation))
            return {column.name: str(value) for column, value
                    in zip(cursor.description, cursor.fetchone())}

    def file(self, kind, records):
        return os.path.join(self.data, "%d.%s" % (records, kind))

    def missing_extension(self, name):
        found = self.query("SELECT 1 FROM pg_available_extensions WHERE name = '%s'" % name)
        return None if found else "PostgreSQL has no extension " + name

    def loopback_backends(self):
        return [pid for pid, in self.query(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'postgres_fdw'")]

    def forget_answer(self):
        self.execute("DROP TABLE IF EXISTS bench_result")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.scratch)

    def known_answers(self, records):
        """The generator's own answers: {question: answer}."""
        with open(self.file("sha256", records), encoding="ascii") as file:
            sums = dict(line.split()[::-1] for line in file if line[0] != "#")
        return {"the bytes of " + kind: sums["%d.%s" % (records, kind)]
                for kind in ("json", "json.gz")}


def entrants(bench, results, records, chosen):
    """The contestants that take part, prepared; results gets the reasons of the others."""
    ready = []
    for contestant in chosen:
        reason = contestant.missing(bench)
        memory = contestant.memory * records
        if not reason and memory > machine.available_memory():
            reason = "it takes about %.0f GB of memory" % (memory / 1e9)
        if not reason:
            try:
                contestant.prepare(bench, records)
            except psycopg2.Error as error:
                if not contestant.optional:
                    raise
                reason = str(error).splitlines()[0]
        if reason:
            results.skip(contestant, records, reason)
            say("skipped: %s: %s" % (contestant.label, reason))
        else:
            ready.append(contestant)
    return ready


def asked(contestant, query, records, options):
    """Without patience, slow contestants answer only once."""
    if contestant.slow and not options.patience and query != LOAD:
        return False
    return query in contestant.queries_for(records)


def rehearse(bench, contestants, records, options):
    """The warm-up, which compares all answers in full.  Returns the samples of each
    contestant as {query: sample}."""
    answers, samples = Answers(), {contestant: {} for contestant in contestants}
    for question, answer in bench.known_answers(records).items():
        answers.add(question, "the generator", answer)
    answers.add("count", "the generator", [[str(records)]])
    for contestant in contestants:
        say("%d records: warm-up: %s" % (records, contestant.label))
        for query in ORDER:
            if not asked(contestant, query, records, options):
                continue
            sample, found = contestant.rehearse(bench, query)
            bench.forget_answer()
            for question, answer in found.items():
                answers.add(question, contestant.name, answer)
            samples[contestant][query] = sample
    lines = answers.disagreements(REFERENCE.name)
    if lines:
        raise SystemExit("\n".join(["the contestants disagree:"] + lines))
    return samples


def check_again(contestant, query, records, sample, expected):
    """Compare the measured answers, as far as they can be read."""
    if query in ("count", "group"):
        answer = sorted([str(value) for value in row] for row in sample.answer)
    else:
        answer = sample.answer
        expected.setdefault(query, records)
    if answer is not None and answer != expected.setdefault(query, answer):
        raise SystemExit("the contestants disagree: %s of %d records: %s has another answer"
                         % (query, records, contestant.name))


def ask(bench, contestant, query, quiet):
    """One measurement.  Those of slow contestants, which take minutes, are not repeated
    if they were disturbed."""
    def run():
        bench.forget_answer()
        return contestant.run(bench, query)
    return run() if contestant.slow else quiet.measure(run)


def measure(bench, results, warm_up, records, options, quiet):
    """All rounds.  A slow contestant leaves out rounds once it has used up the patience;
    if it leaves out all, its warm-up counts."""
    times, expected = {}, {}
    for contestant, samples in warm_up.items():
        times[contestant] = options.rounds
        if contestant.slow:
            slowest = max(sample.wall for sample in samples.values())
            times[contestant] = min(options.rounds,
                                    int(options.rounds * options.patience / slowest))
        if not times[contestant]:
            for query, sample in samples.items():
                results.add(records, contestant, query, 0, sample)
    contestants, start = list(warm_up), time.monotonic()
    for number in range(max(times.values())):
        if number and time.monotonic() - start > options.seconds:
            break
        say("%d records: round %d" % (records, number + 1))
        turn = number % len(contestants)
        for query in ORDER:
            for contestant in contestants[turn:] + contestants[:turn]:
                if number < times[contestant] and asked(contestant, query, records,
                                                            options):
                    sample = ask(bench, contestant, query, quiet)
                    check_again(contestant, query, records, sample, expected)
                    bench.forget_answer()
                    results.add(records, contestant, query, number + 1, sample)


def arguments():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--data", required=True, help="the generator's folder")
    parser.add_argument("--results", required=True, help="a folder for the results")
    parser.add_argument("--name", default="full", help="what their files are called")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patience", type=float, default=20, metavar="SECONDS",
                        help="of the slow, who takes longer is in fewer rounds")
    parser.add_argument("--seconds", type=float, default=float("inf"),
                        help="no round begins after so many, but for the first")
    parser.add_argument("--quiet", type=float, default=300, metavar="SECONDS",
                        help="to lose at the most, of the most records, for an undisturbed"
                        " machine; 0: as it is")
    parser.add_argument("--only", default="", metavar="NAME,…",
                        help="these contestants: " + " ".join(c.name for c in ALL))
    parser.add_argument("records", type=int, nargs="+")
    return parser.parse_args()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Without this a signal is not handled before a query ends.
    psycopg2.extensions.set_wait_callback(psycopg2.extras.wait_select)
    options = arguments()
    names = options.only.split(",") if options.only else [c.name for c in ALL]
    chosen = [c for c in ALL if c.name in names or c is REFERENCE]
    results = Results()
    with tempfile.TemporaryDirectory(prefix="dataconnect.") as home, \
            Service(options.data, home) as service:
        bench = Bench(options.data, service, home)
        results.facts = machine.facts(bench)
        quiet = Quiet(options.quiet)
        as_it_comes = Quiet(0)
        for records in sorted(options.records):
            contestants = entrants(bench, results, records, chosen)
            measure(bench, results, rehearse(bench, contestants, records, options), records,
                    options, quiet if records == max(options.records) else as_it_comes)
        results.facts += quiet.facts()
        psycopg2.extensions.set_wait_callback(None)
        results.latency = small_reply(bench)
        results.planning = planning(bench)
    report.write(results, options.results, options.name)


main()
