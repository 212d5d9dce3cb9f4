"""The parts of a run, which of them --only names, and how often contestants take part."""

from .contestants import ALL, REFERENCE

PARTS = ("queries", "latency", "planning", "wide", "concurrency", "dashboard", "mirror")
EXTRA = ("dashboard", "mirror")     # only measured if named
LEAST_ROUNDS = 2                # of a contestant that is not slow


def selection(only):
    """(parts, contestants) of the names in --only; without one all but the extra
    parts and contestants."""
    names = set(filter(None, only.split(",")))
    contestants = [c for c in ALL if c.name in names]
    parts = [part for part in PARTS
             if part in names or part == "queries" and contestants
             or not names and part not in EXTRA]
    if not contestants:
        return parts, [c for c in ALL if not c.extra]
    return parts, [c for c in ALL if c in contestants or c is REFERENCE]


def number_of_rounds(contestant, walls, options):
    """In how many rounds a contestant takes part whose queries took so long in the warm-up.
    The reference is in all, as every ratio depends on it."""
    if contestant.slow:
        return min(options.rounds, int(options.rounds * options.patience / max(walls)))
    if contestant is REFERENCE:
        return options.rounds
    return min(options.rounds, max(LEAST_ROUNDS, int(options.budget / sum(walls))))
