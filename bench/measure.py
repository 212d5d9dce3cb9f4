"""One measurement: time, processor time and memory of one answer."""

import contextlib
import os
import subprocess
import time
from typing import NamedTuple, Optional

from .processes import HelperWatch, cpu_seconds, peak_bytes, thread_seconds


class Sample(NamedTuple):
    wall: float                 # seconds
    cpu: float                  # seconds of all processes that took part
    peak: Optional[int]         # bytes of the backend; None without one
    growth: Optional[int]       # bytes more than when it was idle
    helper_peak: int            # bytes of the largest other process; 0: none
    answer: object              # rows, or their number
    threads: Optional[float] = None     # the part of cpu in the backend's threads


def run_sql(connect, sql, helpers=False, others=None):
    """Runs a statement in a fresh backend.  helpers: the backend starts programs.
    others(): the pids of other backends that work for this one only."""
    with contextlib.closing(connect()) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
        idle_cpu, idle_threads, idle_peak = cpu_seconds(pid), thread_seconds(pid), peak_bytes(pid)
        with HelperWatch(pid) if helpers else contextlib.nullcontext() as watch:
            start = time.perf_counter()
            cursor.execute(sql)
            answer = cursor.fetchall() if cursor.description else cursor.rowcount
            wall = time.perf_counter() - start
        cpu, peak = cpu_seconds(pid) - idle_cpu, peak_bytes(pid)
        threads = thread_seconds(pid) - idle_threads
        helper_peak = watch.peak if helpers else 0
        for other in others() if others else ():
            cpu += cpu_seconds(other)
            helper_peak = max(helper_peak, peak_bytes(other))
    return Sample(wall, cpu, peak, peak - idle_peak, helper_peak, answer, threads)


def run_command(command, output=None):
    """Runs a program.  Its output is the answer, or goes to a file."""
    with open(output, "wb") if output else contextlib.nullcontext() as file:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stdout=file or subprocess.PIPE)
        with _killed_at_the_end(process):
            answer = None if file else process.stdout.read().decode()
            cpu, peak = _wait(process)
            wall = time.perf_counter() - start
    return Sample(wall, cpu, None, None, peak, answer)


def run_client(command):
    """Runs a PostgreSQL client that, when it has finished, prints its backend's pid and
    waits for the end of its input."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with _killed_at_the_end(process):
        backend = int(process.stdout.readline() or _wait(process)[0])
        wall = time.perf_counter() - start
        backend_cpu, backend_peak = cpu_seconds(backend), peak_bytes(backend)
        process.stdin.close()
        cpu, peak = _wait(process)
    return Sample(wall, cpu + backend_cpu, backend_peak, None, peak, None)


@contextlib.contextmanager
def _killed_at_the_end(process):
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()


def _wait(process):
    """(processor seconds, peak bytes of the largest) of a process and its children."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
