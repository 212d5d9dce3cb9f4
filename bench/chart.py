"""The chart, by gnuplot: bars for each query, as ratios to the reference."""

import subprocess

from .contestants import QUERIES, REFERENCE, DataConnect
from .results import TITLES

OURS, REFERENCES, OTHERS = 0x1F6FB4, 0x404040, 0xB4B4B4
LIMIT = 1.6                     # longer bars are cut, and labelled


def draw(results, name):
    records = results.sizes()[-1]
    contestants = [c for c in results.contestants(records)
                   if any(results.summary(records, c, query) for query in QUERIES)]
    subprocess.run(["gnuplot"], input="\n".join(_script(results, records, contestants, name)),
                   text=True, check=True)


def _script(results, records, contestants, name):
    count, left, gap = len(contestants), 0.31, 0.015
    width, height = (1 - left) / len(QUERIES), 80 + 30 * count
    yield "set terminal svg size 1280,%d font 'sans-serif,12' noenhanced background 'white'" \
        % height
    yield "set output '%s'" % name.replace("'", "''")
    yield "set multiplot"
    yield "set title '' noenhanced"
    yield "set label 1 'Time as a ratio to file_fdw on the local CSV (dotted line),"\
        " %s records; less is better. Bars with an arrow are cut.'" \
        " at screen 0.01,screen %g left font ',14'" % (f"{records:,}", 1 - 18 / height)
    yield "set yrange [%g:0.4]" % -(count - 0.4)
    yield "set xrange [0:%g]" % (LIMIT * 2)
    yield "set border 0; unset key; unset xtics; set style fill solid noborder"
    yield "set arrow 1 from 1,%g to 1,0.5 nohead dt 3 lc rgb '#404040' front" % -(count - 0.5)
    yield "set tmargin at screen %g; set bmargin at screen 0.01" % (1 - 66 / height)
    for panel, query in enumerate(QUERIES):
        yield "$bars << END"
        for row, contestant in enumerate(contestants):
            yield _line(results, records, contestant, query, row)
        yield "END"
        start = left + panel * width
        yield "set lmargin at screen %g; set rmargin at screen %g" % (start, start + width - gap)
        yield "set title '%s' offset 0,-0.5" % TITLES[query]
        if panel == 0:
            yield "set ytics scale 0 (%s)" % ", ".join(
                '"%s" %d' % (c.label.replace('"', "'"), -row)
                for row, c in enumerate(contestants))
        else:
            yield "unset ytics; unset label 1"
        yield "plot $bars using 1:2:(0):1:($2-0.36):($2+0.36):4 with boxxyerror lc rgb variable," \
            " '' using 1:2:3 with labels left offset 0.4,0"
    yield "unset multiplot"


def _line(results, records, contestant, query, row):
    summary = results.summary(records, contestant, query)
    if not summary:
        return '0 %d "–" %d' % (-row, OTHERS)
    ratio = results.ratio(records, contestant, query)
    color = OURS if isinstance(contestant, DataConnect) else \
        REFERENCES if contestant is REFERENCE else OTHERS
    return '%g %d "%s%s× · %s s" %d' % (
        min(ratio, LIMIT), -row, "→ " if ratio > LIMIT else "", _short(ratio),
        _short(summary.wall), color)


def _short(number):
    return "%.2f" % number if number < 10 else "%.0f" % number
