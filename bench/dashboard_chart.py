"""The chart of the dashboard, by gnuplot: seconds of a refresh, for each way to have it."""

import subprocess

from .dashboard import AT_ONCE, LABELS, SEQUENTIAL

CACHE, OTHERS = 0x1F6FB4, 0xB4B4B4


def draw(dashboard, name):
    subprocess.run(["gnuplot"], input="\n".join(script(dashboard.refreshes, name)), text=True,
                   check=True)


def script(refreshes, name):
    """A row of two panels for each size: one after another, at once."""
    sizes = list(dict.fromkeys(one.records for one in refreshes))
    ways = [way for way in LABELS if any(one.way == way for one in refreshes)]
    left, gap, head, row = 0.3, 0.03, 40, 30
    panel = row * len(ways) + 60
    height = head + panel * len(sizes)
    yield "set terminal svg size 1000,%d font 'sans-serif,12' noenhanced background 'white'" \
        % height
    yield "set output '%s'" % name.replace("'", "''")
    yield "set multiplot"
    yield "set label 1 'Seconds until all tiles of a dashboard have their rows; less is better'" \
        " at screen 0.01,screen %g left font ',14'" % (1 - 18 / height)
    yield "set yrange [%g:0.5]" % -(len(ways) - 0.5)
    yield "set border 0; unset key; unset xtics; set style fill solid noborder"
    for line, records in enumerate(sizes):
        longest = max(one.wall for one in refreshes if one.records == records)
        yield "set xrange [0:%g]" % (longest * 1.6)
        top = 1 - (head + panel * line + 30) / height
        yield "set tmargin at screen %g; set bmargin at screen %g" % (
            top, top - row * len(ways) / height)
        for column, how in enumerate((SEQUENTIAL, AT_ONCE)):
            yield "$bars << END"
            for number, way in enumerate(ways):
                one, = [o for o in refreshes if (o.records, o.way, o.how) == (records, way, how)]
                yield '%g %d "%s" %d' % (
                    one.wall, -number, label(one), CACHE if way in ("cold", "warm") else OTHERS)
            yield "END"
            start = left + column * (1 - left) / 2
            yield "set lmargin at screen %g; set rmargin at screen %g" % (
                start, start + (1 - left) / 2 - gap)
            yield "set title '%s records, %s' offset 0,-0.5" % (f"{records:,}", how)
            if column == 0:
                yield "set ytics scale 0 (%s)" % ", ".join(
                    '"%s" %d' % (LABELS[way], -number) for number, way in enumerate(ways))
            else:
                yield "unset ytics"
            yield "plot $bars using 1:2:(0):1:($2-0.36):($2+0.36):4 with boxxyerror" \
                " lc rgb variable, '' using 1:2:3 with labels left offset 0.4,0"
            yield "unset label 1"
    yield "unset multiplot"


def label(one):
    requests = "1 request" if one.requests == 1 else "%d requests" % one.requests
    return "%s s%s" % ("%.2f" % one.wall if one.wall < 10 else "%.0f" % one.wall,
                       ", " + requests if one.requests else "")
