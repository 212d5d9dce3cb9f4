"""Checks that all contestants give the same answers."""

import hashlib

from .inventory import COLUMNS


def checksum_query(relation):
    """SQL for sums of hashes over each column and over whole records."""
    sums = ["count(*) AS records", "sum(hashtext(r::text)) AS whole_records"]
    for column in COLUMNS:
        sums.append("count({0}) AS {0}_present".format(column.name))
        sums.append("sum(hashtext({0}::text)) AS {0}".format(column.name))
        if column.type in ("integer", "numeric(19,4)"):
            sums.append("sum({0}) AS {0}_total".format(column.name))
    return "SELECT %s FROM %s AS r" % (", ".join(sums), relation)


def file_sum(name):
    sha = hashlib.sha256()
    with open(name, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            sha.update(block)
    return sha.hexdigest()


def lines_sum(name):
    """A sum over a file's lines that does not depend on their order, because a table
    returns its rows in any order."""
    total = count = 0
    with open(name, "rb") as file:
        for count, line in enumerate(file, 1):
            total += int.from_bytes(hashlib.blake2b(line, digest_size=8).digest(), "little")
    return "%d lines, sum %d" % (count, total)


def as_texts(answer):
    """An answer in a form that all contestants have in common: sorted lines of texts,
    or their number."""
    if not isinstance(answer, list):
        return str(answer)
    return sorted([str(value) for value in row] for row in answer)


class Answers:
    """Each contestant's answer to each question."""

    def __init__(self):
        self.given = {}                     # {question: {contestant: answer}}

    def add(self, question, contestant, answer):
        self.given.setdefault(question, {})[contestant] = answer

    def disagreements(self, reference):
        """A line for each answer that differs from the reference's or, if the reference
        has none, from the first."""
        lines = []
        for question, answers in self.given.items():
            judge = reference if reference in answers else next(iter(answers))
            for contestant, answer in answers.items():
                if answer != answers[judge]:
                    lines.append("%s: %s has %s, but %s has %s" % (
                        (question, contestant) + _difference(answer, answers[judge])[:1]
                        + (judge,) + _difference(answer, answers[judge])[1:]))
        return lines


def _difference(answer, expected):
    """Both answers, shortened as far as the difference still shows."""
    if isinstance(answer, dict) and isinstance(expected, dict):
        keys = [key for key in expected if answer.get(key) != expected[key]]
        return ("{%s}" % ", ".join("%s: %s" % (k, answer.get(k)) for k in keys),
                "{%s}" % ", ".join("%s: %s" % (k, expected[k]) for k in keys))
    if isinstance(answer, list) and isinstance(expected, list):
        return (str([row for row in answer if row not in expected][:3]),
                str([row for row in expected if row not in answer][:3]))
    return str(answer), str(expected)
