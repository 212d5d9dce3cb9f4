"""The parts of a run, and which of them --only names."""

from .contestants import ALL, REFERENCE

PARTS = ("queries", "latency", "planning", "wide", "concurrency")


def selection(only):
    """(parts, contestants) of the names in --only; without one all but the extra
    contestants."""
    names = set(filter(None, only.split(",")))
    contestants = [c for c in ALL if c.name in names]
    parts = [part for part in PARTS
             if not names or part in names or part == "queries" and contestants]
    if not contestants:
        return parts, [c for c in ALL if not c.extra]
    return parts, [c for c in ALL if c in contestants or c is REFERENCE]
