"""The contestants' queries: a warm-up that compares answers, then rounds."""

import contextlib
import sys
import time

import psycopg2

from . import machine
from .checks import Answers
from .contestants import LOAD, QUERIES, REFERENCE, TRANSFER
from .parts import number_of_rounds

ORDER = (LOAD, *QUERIES, TRANSFER)


def say(*words):
    print(*words, file=sys.stderr, flush=True)


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


def ask(bench, contestant, query, pinned, quiet):
    """One measurement.  Those of slow contestants, which take minutes, are not repeated
    if they were disturbed."""
    def run():
        bench.forget_answer()
        with bench.pinning.one_processor() if pinned else contextlib.nullcontext():
            return contestant.run(bench, query)
    return run() if contestant.slow else quiet.measure(run)


def measure(bench, results, warm_up, records, options, quiet):
    """All rounds.  If a contestant takes part in none, its warm-up counts."""
    times, expected = {}, {}
    for contestant, samples in warm_up.items():
        times[contestant] = number_of_rounds(
            contestant, [sample.wall for sample in samples.values()], options)
        if not times[contestant]:
            for query, sample in samples.items():
                results.add(records, contestant, query, 0, sample)
    entries = [(contestant, pinned) for contestant in warm_up for pinned in (False, True)
               if not pinned or contestant.pinned and bench.pinning.is_possible()]
    start = time.monotonic()
    for number in range(max(times.values())):
        if number and time.monotonic() - start > options.seconds:
            break
        say("%d records: round %d" % (records, number + 1))
        turn = number % len(entries)
        for query in ORDER:
            for contestant, pinned in entries[turn:] + entries[:turn]:
                if number < times[contestant] and asked(contestant, query, records, options):
                    sample = ask(bench, contestant, query, pinned, quiet)
                    check_again(contestant, query, records, sample, expected)
                    bench.forget_answer()
                    results.add(records, contestant, query, number + 1, sample, pinned)
