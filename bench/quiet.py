"""Waiting until nothing disturbs the machine.

A virtual machine's processors are slower by half while others use the same core,
for seconds up to minutes, and not both at the same time. That would fall on one
contestant and not on another. So a short piece of work is timed on each processor
before and after a measurement, and compared with the least that it ever took."""

import json
import os
import time

LIMIT = 1.5                     # a disturbance is more than so many times the least
REPETITIONS = 3                 # the least of so many counts, for each processor
PAUSE = 0.2                     # seconds
_DOCUMENT = json.dumps([{"Name": "product %d" % i, "Quantity": i * 7} for i in range(8000)])


def _work():
    """Times some work, which takes a few milliseconds; in seconds."""
    start = time.perf_counter()
    json.loads(_DOCUMENT)
    return time.perf_counter() - start


class Quiet:
    """patience: seconds to wait in all; 0: do not look for disturbances."""

    def __init__(self, patience, work=_work, sleep=time.sleep):
        self.left = patience
        self.repeated = 0       # measurements
        self.waited = 0         # seconds
        self._patient, self._work, self._sleep = patience > 0, work, sleep
        self._least = {}        # by processor
        if self._patient:
            for _ in range(10):
                self.is_quiet()
                self._sleep(PAUSE)

    def is_quiet(self):
        """Whether every processor runs at full speed."""
        if not self._patient:
            return True
        usual = os.sched_getaffinity(0)
        try:
            return all([self._is_quiet(processor) for processor in sorted(usual)])
        finally:
            os.sched_setaffinity(0, usual)

    def _is_quiet(self, processor):
        os.sched_setaffinity(0, {processor})
        took = min(self._work() for _ in range(REPETITIONS))
        least = self._least[processor] = min(took, self._least.get(processor, took))
        return took <= LIMIT * least

    def measure(self, run):
        """Calls run() until it is not disturbed; returns its result."""
        while True:
            while not self.is_quiet() and self.left > 0:
                self._spend(PAUSE, self._sleep)
            start = time.perf_counter()
            result = run()
            if self.left <= 0 or self.is_quiet():
                return result
            self.repeated += 1
            self._spend(time.perf_counter() - start)

    def _spend(self, seconds, sleep=lambda seconds: None):
        sleep(seconds)
        self.left -= seconds
        self.waited += seconds

    def facts(self):
        """[(name, value)], for the results."""
        if not self._patient:
            return [("disturbances", "not looked for")]
        return [("disturbances", "%d measurements repeated, %.0f s lost%s" % (
            self.repeated, self.waited,
            "" if self.left > 0 else "; patience ended, and the rest was taken as it came"))]
