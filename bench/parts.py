"""The parts of a run, and which of them --only names."""

from .contestants import ALL, REFERENCE

PARTS = ("queries", "latency", "planning", "wide", "concurrency", "dashboard")
EXTRA = ("dashboard",)          # only measured if named


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
