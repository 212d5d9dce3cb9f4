"""Values in the place of others: equal for equal ones, and of the same shape."""

import datetime
import random
import re
import unicodedata

SHORTEST = 3            # shorter texts stay, and whole numbers of fewer digits

# What stands for no value, or for one of two.
KEPT = {"null", "true", "false", "yes", "no", "nan", "inf", "-inf", "infinity", "-infinity",
        "replaced"}

NUMBER = re.compile(r"([+-]?)(0*)(\d*)(\.\d*)?([eE][+-]?\d+)?\Z")
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)([T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?"
                  r"(Z|[+-]\d\d(?::?\d\d)?)?\Z")
DAY_NUMBER = re.compile(r"(\d{4})(\d\d)(\d\d)\Z")
SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})( .*)?\Z")
NET_DATE = re.compile(r"(\\?/Date\()(-?\d+)([+-]\d{4})?(\)\\?/)\Z")
TIME = re.compile(r"(-?(?:\d+\.)?\d{1,2}:)(\d\d)(:\d\d(?:\.\d+)?)?( ?[AaPp][Mm])?\Z")
DURATION = re.compile(r"-?P[\dTYMWDHS.,]+\Z")
HEX = re.compile(r"\{?(?:0x[0-9a-f]+|[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?\Z",
                 re.I)

# Dates outside of these years mean that there is none, such as 0001-01-01.
FIRST_YEAR, LAST_YEAR = 1901, 2199
DAY_MS = 24 * 60 * 60 * 1000
WHOLE = (2 ** 15 - 1, 2 ** 31 - 1, 2 ** 63 - 1)     # limits of PostgreSQL's integers
TRIES = 300


def _date(year, month, day):
    """The date, or None if it is none that is moved."""
    try:
        found = datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def _same_kind(char, chance):
    """Another letter of the same alphabet, case and length in UTF-8."""
    if "a" <= char <= "z":
        return chr(97 + chance.randrange(26))
    kind = unicodedata.category(char)
    start = ord(char) & ~63
    found = [chr(c) for c in range(start, start + 64)
             if c >= 128 and not 0xd800 <= c < 0xe000 and unicodedata.category(chr(c)) == kind]
    return chance.choice(found)


def _folded(text):
    """In lower case, character by character."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _like(original, new):
    """new, in lower case, with the case of the original's characters."""
    return "".join(n.upper() if o != o.lower() and len(n.upper()) == 1 else n
                   for o, n in zip(original, new))


class Substitutes:
    """First note() all values, then ask for their substitutes."""

    def __init__(self, seed=None):
        self.chance = random.Random(seed)
        self.noted = set()         # all values, as keys
        self.dates = set()
        self.taken = set()         # substitutes
        self.made = {}             # {key: substitute}
        self.days = None           # by which dates move
        self.minutes = self.chance.randrange(1, 60)

    def note(self, text):
        core = text.strip()
        self.noted.add(_folded(core))
        date = self._date_of(core)
        if date:
            self.dates.add(date)
        number = self._number(core)
        if number:
            self.noted.add(number)
        return text

    def has(self, text):
        return _folded(text.strip()) in self.noted

    def replace(self, text):
        """The substitute of a text, with as many characters but for dates in words."""
        core = text.strip()
        if core.lower() in KEPT or len(core) < SHORTEST or not any(c.isalnum() for c in core):
            return text
        for change in (self._moved, self._shifted, self._renumbered, self._reworded):
            new = change(core)
            if new is not None:
                break
        start = text.index(core)
        return text[:start] + new + text[start + len(core):]

    # Dates and times.

    def _date_of(self, core):
        found = DATE.match(core) or DAY_NUMBER.match(core)
        if found:
            return _date(*found.group(1, 2, 3))
        found = SLASHES.match(core)
        if found:
            first, second, year = found.group(1, 2, 3)
            return _date(year, first, second) or _date(year, second, first)
        found = NET_DATE.match(core)
        if found:
            day = datetime.date(1970, 1, 1).toordinal() + int(found.group(2)) // DAY_MS
            if 0 < day < datetime.date.max.toordinal():
                date = datetime.date.fromordinal(day)
                return _date(date.year, date.month, date.day)
        return None

    def _move(self, date):
        """All dates by as many weeks, so that periods stay and no date comes back."""
        if self.days is None:
            weeks = list(range(53, 1000))
            self.chance.shuffle(weeks)
            near = [7 * w for w in sorted(weeks[:200])]
            self.days = next((d for d in near if not any(
                one - datetime.timedelta(d) in self.dates for one in self.dates)), near[-1])
        return date - datetime.timedelta(self.days)

    def _moved(self, core):
        date = self._date_of(core)
        if date is None:
            return core if self._means_none(core) else None
        new = self._move(date)
        found = DATE.match(core)
        if found:
            return "%04d-%02d-%02d%s" % (new.year, new.month, new.day, core[10:])
        if DAY_NUMBER.match(core):
            return "%04d%02d%02d" % (new.year, new.month, new.day)
        found = SLASHES.match(core)
        if found:
            parts = [new.month, new.day]
            if not _date(*found.group(3, 1, 2)):
                parts.reverse()
            widths = [len(found.group(1)), len(found.group(2))]
            return "%0*d/%0*d/%04d%s" % (widths[0], parts[0], widths[1], parts[1], new.year,
                                         found.group(4) or "")
        found = NET_DATE.match(core)
        return "%s%d%s%s" % (found.group(1), int(found.group(2)) - self.days * DAY_MS,
                             found.group(3) or "", found.group(4))

    @staticmethod
    def _means_none(core):
        """Whether this is a date, and none that is moved."""
        found = DATE.match(core)
        year = found.group(1) if found else None
        found = SLASHES.match(core)
        year = found.group(3) if found else year
        return bool(NET_DATE.match(core)) or \
            year is not None and not FIRST_YEAR <= int(year) <= LAST_YEAR

    def _shifted(self, core):
        found = TIME.match(core)
        if not found or int(found.group(2)) > 59:
            return None
        return "%s%02d%s%s" % (found.group(1), (int(found.group(2)) + self.minutes) % 60,
                               found.group(3) or "", found.group(4) or "")

    # Numbers.

    @staticmethod
    def _number(core):
        """The number's key: equal for 12.5, -12.50 and 012.5; None if it is none."""
        found = NUMBER.match(core)
        if not found or not (found.group(2) or found.group(3)):
            return None
        fraction = (found.group(4) or "").rstrip("0")
        return (found.group(3) or "0") + (fraction if fraction != "." else "")

    def _renumbered(self, core):
        key = self._number(core)
        if key is None:
            return None
        sign, zeros, digits, fraction, exponent = NUMBER.match(core).groups("")
        whole, _, part = key.partition(".")
        if not part and len(whole) < SHORTEST:
            return core
        new = self._pick("#" + key, lambda: self._other_number(whole, part))
        whole, _, part = new[1:].partition(".")
        if not digits:
            whole = ""
        if fraction:
            # With the zeros at the end that it had.
            fraction = "." + part + "0" * (len(fraction) - 1 - len(part))
        return sign + zeros + whole + fraction + exponent

    def _other_number(self, whole, part):
        limit = next((n for n in WHOLE if not part and int(whole) <= n), None)
        if whole != "0":
            low = 10 ** (len(whole) - 1)
            high = 10 * low - 1
            whole = str(self.chance.randint(low, min(high, limit) if limit else high))
        if part:
            part = "." + "".join(str(self.chance.randrange(10)) for _ in part[1:]) + \
                str(self.chance.randint(1, 9))
        return "#" + whole + part

    # Texts.

    def _reworded(self, core):
        key = _folded(core)
        return _like(core, self._pick(key, lambda: self._other_text(key)))

    def _other_text(self, key):
        digits, others = "0123456789", _same_kind
        start = 0
        if HEX.match(key):
            digits += "abcdef"
            others = None
            start = 2 + key.startswith("{") if key.lstrip("{").startswith("0x") else 0
        elif DURATION.match(key.upper()):
            others = None
        new = []
        for at, char in enumerate(key):
            if at < start:
                new.append(char)
            elif char in digits:
                new.append(self.chance.choice(digits))
            elif others and char.isalpha():
                new.append(others(char, self.chance))
            else:
                new.append(char)
        return "".join(new)

    def _pick(self, key, make):
        """What make() makes: always the same for a key, and nothing that there was before."""
        if key not in self.made:
            for attempt in range(2 * TRIES):
                new = make()
                # Of a few digits, all may be values.
                known = new.lstrip("#") in self.noted and attempt < TRIES
                if new not in self.taken and new != key and not known:
                    break
            else:
                new = self._free(key) or new
            self.taken.add(new)
            self.made[key] = new
        return self.made[key]

    def _free(self, key):
        """Where nearly all numbers of a length are values: one that is left, or None."""
        if not key[:1] == "#" or "." in key:
            return None
        low = 10 ** (len(key) - 2)
        free = (n for n in range(low, 10 * low) if "#%d" % n not in self.taken)
        return next(("#%d" % n for n in free if "#%d" % n != key), None)
