# shellcheck shell=sh
# Functions for roots of Debian's releases, in which other releases of PostgreSQL are
# tried. To be sourced after lib.sh. Needs root and debootstrap.

# Where the roots are kept. A root that is removed is made again.
roots=${DATACONNECT_ROOTS:-/var/cache/dataconnect-roots}

# The mirror that this machine's apt uses.
debian_mirror()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		'Label: Debian' | head -n 1
}

# A root as debootstrap makes it, in an archive: the path of the archive.
base_root() # base_root SUITE
{
	base=$roots/$1.tar
	[ ! -f "$base" ] || return 0
	[ "$(id -u)" = 0 ] || die "roots of other releases need root"
	tools/setup releases || exit
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || die "apt knows no mirror of Debian: run 'apt-get update'"
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	export http_proxy
	echo "${0##*/}: making a root of $1" >&2
	mkdir -p "$roots" && chmod 700 "$roots" || exit
	rm -rf "$roots/$1.new"
	debootstrap --variant=minbase --include=make "$1" "$roots/$1.new" "$mirror" \
		>"$roots/$1.debootstrap.log" 2>&1 || {
		tail -n 20 "$roots/$1.debootstrap.log" >&2
		die "debootstrap failed"
	}
	rm -f "$roots/$1.new"/var/cache/apt/archives/*.deb
	tar -C "$roots/$1.new" --numeric-owner -cf "$base.new" . &&
		mv "$base.new" "$base" && rm -rf "$roots/$1.new"
}

# The release of PostgreSQL that Debian experimental has and sid has not.
experimental_release=19

# Experimental is not a whole release. Its root is one of sid in which apt takes
# PostgreSQL, and nothing else, from experimental.
add_experimental() # add_experimental ROOT
{
	sed 's/ sid / experimental /' "$1/etc/apt/sources.list" \
		>"$1/etc/apt/sources.list.d/experimental.list"
	printf '%s\n' "Package: src:postgresql-$experimental_release" \
		'Pin: release a=experimental' 'Pin-Priority: 500' \
		>"$1/etc/apt/preferences.d/experimental"
	# tools/setup would install the release of sid.
	echo "PG_CONFIG=/usr/lib/postgresql/$experimental_release/bin/pg_config" \
		>"$1/etc/environment"
}

# Unpacks a root, if it is not there, and sets root_dir to its path.
need_root() # need_root SUITE NAME
{
	root_dir=$roots/$1.$2
	[ ! -d "$root_dir" ] || return 0
	case $1 in
		experimental) base_root sid ;;
		*) base_root "$1" ;;
	esac
	rm -rf "$root_dir.new"
	mkdir "$root_dir.new" &&
		tar -C "$root_dir.new" --numeric-owner -xpf "$base" || exit
	[ "$1" != experimental ] || add_experimental "$root_dir.new"
	# Also from a mirror that no longer follows Debian: sid's lists are valid for a week.
	echo 'Acquire::Check-Valid-Until "false";' >"$root_dir.new/etc/apt/apt.conf.d/lists"
	# Nothing that a package installs is started.
	printf '#!/bin/sh\nexit 101\n' >"$root_dir.new/usr/sbin/policy-rc.d"
	chmod 755 "$root_dir.new/usr/sbin/policy-rc.d"
	[ -z "${http_proxy:-}" ] ||
		echo "Acquire::http::Proxy \"$http_proxy\";" \
			>"$root_dir.new/etc/apt/apt.conf.d/proxy"
	mv "$root_dir.new" "$root_dir"
}

new_root() # new_root SUITE NAME: the same, always a new one
{
	rm -rf "${roots:?}/$1.$2"
	need_root "$1" "$2"
}

# Runs a command as root in a root, with the network of this machine and the variables
# of its /etc/environment. Its processes and mounts end with it.
in_root() # in_root ROOT COMMAND [ARGUMENT…]
{
	inside=$1
	shift
	mkdir -p "$roots/archives"
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --kill-child sh -c '
		set -e
		root=$1 archives=$2
		shift 2
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
		# Packages are fetched once for all roots.
		mount --bind "$archives" "$root/var/cache/apt/archives"
		cat /etc/resolv.conf >"$root/etc/resolv.conf"
		cat /etc/hosts >"$root/etc/hosts"
		# Not by exec: this shell, the first process there, reaps what others leave.
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
			DEBIAN_FRONTEND=noninteractive $(grep -s = "$root/etc/environment") \
			chroot "$root" "$@"
	' sh "$inside" "$roots/archives" "$@"
}

# Copies this tree, without what was built in it, to /src in a root. What was built there
# stays, for make to compare.
copy_source() # copy_source ROOT
{
	mkdir -p "${1:?}/src"
	find "$1/src" -path "$1/src/build" -prune -o -type f ! -name '*.[od]' \
		! -name '*.bc' ! -name '*.so' -exec rm -f {} +
	tar -cf - --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.bc' \
		--exclude='*.so' --exclude='*.d' --exclude='*.zip' \
		--exclude=node_modules . |
		tar --no-same-owner -xf - -C "$1/src"
}
