# shellcheck shell=sh
# Functions that the scripts in tools/, demo/, bench/ and examples/ share. To be
# sourced, with the path from the script's folder to the root in `up` if it is not ..

root=$(CDPATH='' cd "$(dirname "$0")/${up:-..}" && pwd)
cd "$root" || exit 1

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# The version of the extension, which is written in the control file alone.
extension_version()
{
	sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" dataconnect_fdw.control
}

# The same as a semantic version.
distribution_version()
{
	extension_version | sed 's/^[0-9]*\.[0-9]*$/&.0/'
}

# Runs a command and waits for it. A signal to this script reaches the command at
# once, and `cleanup`, which the caller defines, runs in any case. The command reads
# this script's input. If that is a terminal, or if DATACONNECT_INTERACTIVE is set,
# the command runs in the foreground and handles Ctrl-C itself.
run_then_cleanup()
{
	child=
	trap 'finish' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	if [ -n "${DATACONNECT_INTERACTIVE:-}" ] || [ -t 0 ]
	then
		trap : INT
		"$@"
		exit
	fi
	# Without a redirection a shell gives its background commands no input.
	{ "$@" <&3 3<&- & } 3<&0
	child=$!
	wait "$child"
	status=$?
	child=
	exit "$status"
}

finish()
{
	status=$?
	trap '' HUP INT TERM
	trap - EXIT
	if [ -n "$child" ]
	then
		kill -TERM "$child" 2>/dev/null
		wait "$child" 2>/dev/null
	fi
	cleanup
	exit "$status"
}

# The directory of the PostgreSQL programs in use.
pg_bindir()
{
	"${PG_CONFIG:-pg_config}" --bindir
}

# An extension without which one TAP test cannot run.
pg_cron_test=t/192_mirror_pg_cron.pl
has_pg_cron()
{
	libraries=$("${PG_CONFIG:-pg_config}" --pkglibdir 2>/dev/null)
	[ -f "$libraries/pg_cron.so" ] || [ -f "$libraries/pg_cron.dylib" ]
}

# The first Python that has these modules; by default, those of the sandbox.
find_python() # find_python [MODULE…]
{
	modules=${*:-aiohttp}
	for python in ${PYTHON:+"$PYTHON"} python3 /usr/bin/python3
	do
		if "$python" -c "import $(echo "$modules" | sed 's/ /, /g')" 2>/dev/null
		then
			command -v "$python"
			return
		fi
	done
	return 1
}

# The benchmark's web server, which is not in the PATH of Debian's normal users.
find_nginx()
{
	PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v nginx
}

# A browser that can be driven without a screen.
find_chromium()
{
	for browser in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome
	do
		command -v "$browser" && return
	done
	return 1
}

# Sets sudo to a command prefix that runs a command as root. If there is none, fails
# with the reason in why.
find_sudo()
{
	sudo=
	[ "$(id -u)" != 0 ] || return 0
	why="not root, and there is no sudo"
	command -v sudo >/dev/null || return
	why="not root, and sudo wants a password"
	sudo -n true 2>/dev/null || [ -t 0 ] || return
	sudo=sudo
}

# Ends a child process of this shell: by SIGTERM, later by SIGKILL.
stop_child()
{
	kill -TERM "$1" 2>/dev/null
	tries=0
	while kill -0 "$1" 2>/dev/null && [ "$tries" -lt 50 ]
	do
		sleep 0.1
		tries=$((tries + 1))
	done
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}
