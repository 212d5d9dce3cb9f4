"""The machine and the programs that the benchmark ran with."""

import os
import platform
import subprocess

import psycopg2
import requests

from .service import find_nginx


def available_memory():
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


def facts(bench):
    """[(name, value)]"""
    return [
        ("machine", "%s, %d processors, %.0f GB of memory" % (
            _processor(), os.cpu_count(),
            os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2 ** 30)),
        ("load before", "%.2f" % os.getloadavg()[0]),
        ("system", "%s, Linux %s" % (_system(), platform.release())),
        ("commit", os.environ.get("BENCH_COMMIT") or "unknown"),
        ("PostgreSQL", bench.query("SHOW server_version")[0][0]),
        ("dataconnect_version()", bench.query("SELECT dataconnect_version()")[0][0]),
        ("nginx", _first_line(find_nginx(), "-v").rpartition("/")[2]),
        ("curl", _first_line("curl", "--version")),
        ("igzip", _first_line("igzip", "--version")),
        ("wrk", _first_line("wrk", "-v").partition(" [")[0]),
        ("jq", _first_line("jq", "--version")),
        ("Python", "%s, requests %s, psycopg2 %s" % (
            platform.python_version(), requests.__version__,
            psycopg2.__version__.split()[0])),
        *[("extension " + name, version) for name, version in bench.query(
            "SELECT name, default_version FROM pg_available_extensions"
            " WHERE name IN ('http', 'multicorn') ORDER BY 1")],
        *[tuple(line.split("|", 1))
          for line in os.environ.get("BENCH_CONTESTANTS", "").splitlines()],
        *_duckdb(),
    ]


def _duckdb():
    folder = os.environ.get("BENCH_DUCKDB")
    return [("DuckDB's version", _first_line(
        "node", os.path.join(folder, "duckdb.mjs"), "SELECT version()").strip('"'))] \
        if folder else []


def _processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _system():
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def _first_line(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return (run.stdout.decode(errors="replace").splitlines() or [""])[0].strip()
