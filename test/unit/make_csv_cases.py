#!/usr/bin/env python3
"""Writes csv_cases.h: CSV documents, and what they mean.

    python3 test/unit/make_csv_cases.py > test/unit/csv_cases.h

What the fields of a document are, Python's csv module says. What it takes and
the reader must not is said by a grammar, that of RFC 4180 with LF beside CRLF:
the module takes a bare carriage return for a line end, a quote inside a field
without quotes for itself, and rows of any length. Which fields are null only the
grammar knows: the module does not tell.
"""

import csv
import io
import itertools
import re

KEYS = ["a", "b", "ID #", "naïve", "", 'q"\\']
FIELD = r'(?:"(?:[^"]|"")*"|[^",\r\n]*)'
REST = r"%s(?:,%s)*" % (FIELD, FIELD)
LINE = r"%s\r?\n" % REST
DOCUMENT = re.compile("(?:%s)*(?:%s)?" % (LINE, REST))


def rows_of(text):
    """The csv module's rows; it reads an empty line as none."""
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    return [row or [""] for row in rows]


def nulls_of(text):
    """Whether each field of each line is empty and without quotes."""
    lines = []
    while text:
        # A last line gets what it lacks.
        found = re.match(LINE, text) or re.match(LINE, text + "\n")
        lines.append(found.group())
        text = text[found.end():]
    return [[field == "" for field in re.findall("(%s)(?:,|\r?\n)" % FIELD, line)]
            for line in lines]


def meaning(data):
    """The records as the test notes them, None where the document is refused."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    text = text.removeprefix("\ufeff")
    if not text or "\0" in text or not DOCUMENT.fullmatch(text):
        return None
    rows, nulls = rows_of(text), nulls_of(text)
    assert [len(row) for row in rows] == [len(row) for row in nulls], text
    assert not any(field for pair in zip(rows, nulls)
                   for field, null in zip(*pair) if null), text
    header = rows[0]
    if nulls[0] == [True] or any(header.count(key) > 1 for key in KEYS):
        return None
    while len(header) > 1 and len(rows) > 1 and nulls[-1] == [True]:
        del rows[-1], nulls[-1]
    if any(len(row) != len(header) for row in rows):
        return None
    lines = []
    for row, null in zip(rows[1:], nulls[1:]):
        fields = []
        for key in KEYS:
            if key not in header:
                fields.append("-")
            elif null[header.index(key)]:
                fields.append("null")
            else:
                fields.append("'%s'" % row[header.index(key)])
        lines.append(";".join(fields) + "\n")
    return "".join(lines).encode("utf-8")


def literal(data):
    """A C string literal; escapes are octal, which end after three digits."""
    return '"%s"' % "".join(
        {10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}.get(byte)
        or (chr(byte) if 32 <= byte < 127 and byte != 63 else "\\%03o" % byte)
        for byte in data)


CHOSEN = [
    # headers
    b"", b"\r\n", b"\n", b"a", b"a,b", b"a\r", b"a\r\n", b"a\n", b"a,b\r\n", b",\r\n", b",,\n",
    b'""\r\n', b'"",x\r\n1,2\r\n', b"x\r\n1\r\n", b"b,a\r\n1,2\r\n", b'"a","b"\r\n1,2\r\n',
    b'ID #,"q""\\"\r\n1,2\r\n', b'"ID #",q"\\\r\n1,2\r\n', b" a,b\r\n1,2\r\n", b"A,b\r\n1,2\r\n",
    "naïve,a\r\n1,2\r\n".encode(), '"naïve",a\r\n1,2\r\n'.encode(), b"na\xefve,a\r\n1,2\r\n",
    b'"a,b",b\r\n1,2\r\n', b'"a\nb",b\r\n1,2\r\n', b'"a"",b",b\r\n1,2\r\n', b'"",a\r\n1,2\r\n',
    b"a,a\r\n1,2\r\n", b'a,"a"\r\n', b'q"",a\r\n', b'"q""\\",a,"q""\\"\r\n1,2,3\r\n',
    b"x,a,x,b,x\r\n1,2,3,4,5\r\n", b"x,y,z\r\n1,2,3\r\n", b",a\r\n1,2\r\n", b"a,,\r\n1,2,3\r\n",
    # byte order marks
    b"\xef\xbb\xbfa,b\r\n1,2\r\n", b"\xef\xbb\xbf", b"\xef\xbb", b"\xef\xbb\xbf\xef\xbb\xbfa,b\r\n1,2\r\n",
    b"\xef\xbbx,a\r\n", "\ufb01,a\r\n1,2\r\n".encode(), b'\xef\xbb\xbf"a",b\r\n1,2\r\n', b"a\xef\xbb\xbf,b\r\n1,2\r\n",
    # nulls and empty texts
    b"a,b\r\n,\r\n", b'a,b\r\n"",""\r\n', b'a,b\r\n,""\r\n"",\r\n', b"a,b\r\n , \r\n", b"a\r\n\r\n\r\n", b'a\n""\n\n',
    # texts
    b'a,b\r\n"x,y","x""y"\r\n', b'a,b\r\n"x\r\ny","x\ny"\r\n', b'a,b\r\n"x\ry",2\r\n', b'a,b\r\n"""",""""""\r\n',
    b'a,b\r\n""",""",","\r\n', b'a,b\r\n"\r\n","\n"\r\n', b"a,b\r\n\\\"x,2\r\n", b"a,b\r\n\\,\\n\r\n", b"a,b\r\nx\ty,\x01\x1f\x7f\r\n",
    'a,b\r\n東京,"é ""q"""\r\n'.encode(), 'a,b\r\n\U0001f600,"\U0001f600"\r\n'.encode(),
    b"a,b\r\n0123456789012345678901234567890123,\"0123456789,01234567890123456789\"\"01234567\"\r\n",
    b"a,b\r\n'x',`y`\r\n", b"a,b\r\n1;2,3\t4\r\n", b"a,b\r\n12345678,1234567\xc3\xa9\r\n", b"a,b\r\nnull,NULL\r\n",
    # line ends
    b"a,b\n1,2\n3,4\n", b"a,b\r\n1,2\n3,4\r\n", b"a,b\r1,2\r", b"a,b\r\r\n1,2\r\n", b"a,b\r\n1,2\r\r\n", b"a,b\r\n1\r,2\r\n",
    b"a,b\r\n1,2", b"a,b\r\n1,2\r", b"a,b\r\n1,", b"a,b\r\n1", b'a,b\r\n1,"2', b'a,b\r\n1,"2"', b'a,b\r\n1,"2\r\n', b'a,b\r\n1,"2"\r',
    b"a\r\n1\r\n2", b"a\r\n1\r\n\"", b'a\r\n"1"', b'a\r\n""', b"a\r\n1\r\n ", b"a,b\r\n,", b'a,b\r\n1,"x\r\ny"',
    b'a,b\r\n1,"x\r\n', b"a,b\r\n1,\xc3\xa9", b"a,b\r\n1,\xc3", b"\xef\xbb\xbfa,b", b"\xef\xbb\xbfa,b\r\n1,2", b"a,b,a", b'""', b"x",
    # empty lines at the end
    b"a\r\n1\r\n\r\n", b"a,b\r\n1,2\r\n\r\n\n\r\n", b"a,b\r\n\n\n", b"a,b\r\n1,2\r\n\r", b"a,b\r\n1,2\r\n\r\n3,4", b"a,b\r\n1,2\r\n\r\r\n",
    b'a,b\r\n1,2\r\n\r\n""', b"a,b\r\n1,2\r\n ", b'"a\r\n",b\r\n1,"\r\n"\r\n\r\n', b"a,b\r\n1\r\n\r\n",
    # numbers of fields
    b"a,b\r\n1\r\n", b"a,b\r\n1,2,3\r\n", b"a,b\r\n1,2,\r\n", b"a,b\r\n\r\n", b"a,b\r\n1,2\r\n\r\n", b"a\r\n1,2\r\n", b"a,b\r\n\r\n1,2\r\n",
    # quotes where they do not belong
    b'a,b\r\n"1"x,2\r\n', b'a,b\r\n"1" ,2\r\n', b'a,b\r\n "1",2\r\n', b'a,b\r\n1"2,3\r\n', b'a,b\r\n1"",2\r\n', b'a,b\r\n"1""2,3\r\n',
    b'a,b\r\n"1"\r2,3\r\n', b'a"b,b\r\n', b'"a"b,b\r\n', b'"a" ,b\r\n', b'a,b\r\n"1""",2\r\n', b'a,b\r\n"1"""",2\r\n',
    # bytes that cannot be
    b"a,b\r\n\x00,2\r\n", b'a,b\r\n"\x00",2\r\n', b"a\x00,b\r\n", b"a,b\r\n\xff,2\r\n", b"a,b\r\n\xc3,2\r\n", b'a,b\r\n"\xc3",2\r\n',
    b"a,b\r\n\xc0\xaf,2\r\n", b"a,b\r\n\xed\xa0\x80,2\r\n", b"a,b\r\n\xf4\x90\x80\x80,2\r\n", b"a,b\r\n1,2\r\n\xe2\x82", b"x\xe9,a\r\n1,2\r\n",
    b"\xff\xfea\x00,\x00b\x00\r\x00\n\x00", b"<html><title>Log in</title></html>", b'[{"a":1,"b":2}]',
]


def cases():
    yield from CHOSEN
    # every body of up to four tokens
    for count in range(5):
        for tokens in itertools.product([b"x", b",", b'"', b"\n", b"\r\n"], repeat=count):
            yield b"a,b\n" + b"".join(tokens)
    # one column, where an empty line is a record
    for count in range(4):
        for tokens in itertools.product([b"x", b'"', b"\n", b"\r"], repeat=count):
            yield b"a\n" + b"".join(tokens)


print("/* Written by make_csv_cases.py: documents, and their records or NULL. */")
print("/* clang-format off */")
for case in dict.fromkeys(cases()):
    result = meaning(case)
    print("CASE(%s, %s)" % (literal(case), "NULL" if result is None else literal(result)))
print("/* clang-format on */")
