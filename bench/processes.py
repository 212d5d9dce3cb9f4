"""Time and memory of processes, from Linux's /proc."""

import os
import threading

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process and of its children that have ended."""
    with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICK


def thread_seconds(pid):
    """User and system time of a process's threads, without its first one; of those that
    have ended, too."""
    def of(name):
        with open("/proc/%d/%s" % (pid, name), encoding="ascii", errors="replace") as file:
            return sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
    return max(0, of("stat") - of("task/%d/stat" % pid)) / TICK


def peak_bytes(pid):
    """A process's peak of resident memory (VmHWM)."""
    with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def children(pid):
    """All descendants of a process."""
    found = []
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
            for child in map(int, file.read().split()):
                found += [child] + children(child)
    except OSError:
        pass                    # it has ended
    return found


def pin(pid, processors):
    """Binds a process, its descendants and all their threads to some processors; what
    they start inherits this."""
    for process in [pid] + children(pid):
        try:
            for thread in os.listdir("/proc/%d/task" % process):
                os.sched_setaffinity(int(thread), processors)
        except OSError:
            pass                # it has ended


class HelperWatch:
    """The peak memory of a process's largest descendant, sampled while a `with` block
    runs.  A peak in the last hundredth of a second may be missed."""

    def __init__(self, pid):
        self.pid, self.peak = pid, 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self):
        while not self._end.wait(0.01):
            for child in children(self.pid):
                try:
                    self.peak = max(self.peak, peak_bytes(child))
                except OSError:
                    pass        # it has ended

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
