# dataconnect_fdw: build, install and test. `make help` lists the targets.

EXTENSION   = dataconnect_fdw
MODULE_big  = dataconnect_fdw

# The version is written in the control file alone.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" \
                $(EXTENSION).control)

# The script that leads to this version is built: its changes, the mirror, conformance. It
# begins at the last version that a script which is there leads to.
PREVIOUS   := $(shell ls $(EXTENSION)--*.sql | sed 's/.*--//; s/\.sql$$//' | \
                grep -vx '$(EXTVERSION)' | sort -V | tail -n 1)
DATA_built  = $(EXTENSION)--$(PREVIOUS)--$(EXTVERSION).sql
MIRROR_SQL  = $(patsubst %,src/mirror/%.sql,state source create load \
                pending refresh whole verify guard views)
CONFORMANCE_SQL = $(patsubst %,src/conformance/%.sql,ask plan form check report)
DATA        = $(filter-out $(DATA_built), \
                $(sort $(wildcard $(EXTENSION)--*.sql)))

# The catalogue of endpoints, as it is called among the extensions' files.
CATALOGUE   = $(EXTENSION)-endpoints.json

CORE_SRC   := $(sort $(wildcard src/core/*.c))
SRC        := dataconnect_fdw.c $(sort $(wildcard src/*/*.c))
OBJS        = $(SRC:.c=.o)

# Tests run in this order; one that is missing here runs after these.
REGRESS_ORDER = options security columns column_timezone origins missing_keys new_keys types values nulls pushdown sent_values empty_values unknown_parameters periods joins batches \
                split estimates equivalence required weighed_plans errors explain formats formats_csv_xml \
                limit_rescan_cursors once copies catalogue import import_bridge companies describe \
                drift
REGRESS_ALL  := $(sort $(basename $(notdir $(wildcard sql/*.sql))))
REGRESS       = $(filter $(REGRESS_ALL),$(REGRESS_ORDER)) \
                $(filter-out $(REGRESS_ORDER),$(REGRESS_ALL))
REGRESS_OPTS  = --encoding=UTF8 --no-locale
# Of PARTS parts, the one with number PART: each PARTS-th test.
ifdef PARTS
REGRESS      := $(shell printf '%s\n' $(REGRESS) | awk 'NR % $(PARTS) == $(PART)')
endif

LIBRARIES   = libcurl jansson expat zlib libpsl
PKG_CONFIG ?= pkg-config
MISSING    := $(shell for lib in $(LIBRARIES); do \
                $(PKG_CONFIG) --exists $$lib 2>/dev/null || echo $$lib; done)
ifeq ($(MISSING),)
# ISA-L decompresses faster than zlib, where it is; ISAL= builds without it.
ISAL       := $(shell $(PKG_CONFIG) --exists libisal 2>/dev/null && \
                echo libisal)
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARIES) $(ISAL)) \
              $(if $(ISAL),-DDCF_HAVE_ISAL)
SHLIB_LINK := $(shell $(PKG_CONFIG) --libs $(LIBRARIES) $(ISAL))
endif

# Callbacks, PostgreSQL's own among them, have arguments they do not use.
WARNINGS    = -Wall -Wextra -Wno-unused-parameter -Werror=vla \
              -Werror=implicit-function-declaration
# clang, where PostgreSQL was built with gcc: it does not know all gcc's flags.
ifneq ($(findstring clang,$(CC)),)
WARNINGS   += -Wno-unknown-warning-option -Wno-ignored-attributes \
              -Wno-ignored-optimization-argument
endif
ifeq ($(WERROR),1)
WARNINGS   += -Werror
endif
PG_CPPFLAGS = -Iinclude -DDCF_VERSION='"$(EXTVERSION)"' \
              -DDCF_CATALOGUE_NAME='"$(CATALOGUE)"' $(LIB_CFLAGS)
PG_CFLAGS   = $(WARNINGS) -MMD -MP
EXTRA_CLEAN = build $(SRC:.c=.d) $(OBJS:=.begun)

PG_CONFIG  ?= pg_config
PGXS       := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
# Debian's client package has PGXS without the headers.
PG_HEADERS := $(wildcard $(shell $(PG_CONFIG) --includedir-server \
                2>/dev/null)/postgres.h)
ifneq ($(and $(wildcard $(PGXS)),$(PG_HEADERS)),)

# PostgreSQL wants bitcode from the clang that it was built with.
BITCODE_CLANG := $(shell sed -n 's/^CLANG *= *//p' \
                   '$(dir $(PGXS))../Makefile.global')
ifeq ($(shell command -v $(firstword $(BITCODE_CLANG) no-clang)),)
override with_llvm = no
endif

include $(PGXS)

# What PostgreSQL does itself from 16 on: our calls of our own functions do not
# go by way of the dynamic linker's tables.
ifeq ($(PORTNAME),linux)
SHLIB_LINK += -Wl,-Bsymbolic-functions
endif

# Long replies are decompressed in a thread.
override CFLAGS += $(PTHREAD_CFLAGS)
SHLIB_LINK += $(PTHREAD_LIBS)

# Each row goes through functions of many files. A compiler that sees all of them
# at once, where this one can, makes an aggregate a tenth faster; LTO= builds
# without.
LTO        := $(shell printf 'int one(void);\nint one(void) { return 1; }\n' | \
                $(CC) -x c -flto=auto -fPIC -shared -o /dev/null - \
                2>/dev/null && echo -flto=auto)
override CFLAGS += $(LTO)

CATALOGUE_DIR = $(DESTDIR)$(datadir)/$(datamoduledir)
install: install-catalogue
install-catalogue:
	$(MKDIR_P) '$(CATALOGUE_DIR)'
	$(INSTALL_DATA) catalogue/endpoints.json '$(CATALOGUE_DIR)/$(CATALOGUE)'
uninstall: uninstall-catalogue
uninstall-catalogue:
	rm -f '$(CATALOGUE_DIR)/$(CATALOGUE)'

$(DATA_built): src/sql/update_$(EXTVERSION).sql $(MIRROR_SQL) $(CONFORMANCE_SQL) Makefile
	cat src/sql/update_$(EXTVERSION).sql $(MIRROR_SQL) $(CONFORMANCE_SQL) >$@.new
	mv $@.new $@

# The regression tests talk to the sandbox.
pg_regress_installcheck = tools/with-sandbox \
    $(top_builddir)/src/test/regress/pg_regress --inputdir=$(srcdir) \
    --bindir='$(bindir)' $(pg_regress_locale_flags) $(EXTRA_REGRESS_OPTS)

-include $(SRC:.c=.d)

# Headers that change while a file is compiled with them must rebuild it next time,
# so an object is as old as the start of its compilation.
%.o: %.c
	@touch $@.begun
	$(CC) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<
	@touch -r $@.begun $@ && rm $@.begun

# Objects are rebuilt when the flags or the PostgreSQL differ from last time.
BUILD_ID = $(VERSION) $(CC) $(CPPFLAGS) $(CFLAGS)
$(OBJS): build/flags
$(OBJS:.o=.bc): %.bc: %.o
build/flags: FORCE
	@mkdir -p build
	@echo '$(subst ','\'',$(BUILD_ID))' | cmp -s - $@ || \
	  echo '$(subst ','\'',$(BUILD_ID))' > $@

else

all install uninstall installcheck:
	@echo '$(PG_CONFIG) leads to no PostgreSQL server files: install them' \
	  '(Debian postgresql-server-dev-all, Fedora postgresql-server-devel,' \
	  'Homebrew postgresql@17), set PG_CONFIG, or run "make setup"' >&2
	@exit 1
clean distclean:
	rm -rf $(OBJS) $(OBJS:.o=.bc) $(DATA_built) $(EXTRA_CLEAN)

endif

ifneq ($(MISSING),)
$(OBJS): libraries
libraries: FORCE
	@echo 'missing: $(MISSING). Install' \
	  'Debian: pkg-config libcurl4-openssl-dev libjansson-dev' \
	  'libexpat1-dev zlib1g-dev libpsl-dev | Fedora: pkgconf' \
	  'libcurl-devel jansson-devel expat-devel zlib-devel libpsl-devel |' \
	  'Homebrew: pkgconf curl jansson expat zlib libpsl' >&2
	@exit 1
endif

# --- Tests that need PostgreSQL -------------------------------------------

PROVE      ?= prove
# The longest ones are first, so that none is left alone in the end.
PROVE_LONG  = $(sort $(wildcard t/*_queries.pl t/*_differential.pl t/*_conformance.pl t/*_doctor.pl))
PROVE_TESTS = $(PROVE_LONG) $(filter-out $(PROVE_LONG),$(sort $(wildcard t/*.pl)))
PGXS_TOP    = $(abspath $(dir $(PGXS))/../..)

# PostgreSQL::Test starts its own servers and a sandbox for each file.
installcheck-tap: FORCE
	rm -rf tmp_check && mkdir -p tmp_check/log
	PATH="$$($(PG_CONFIG) --bindir):$$PATH" \
	  TESTDATADIR='$(CURDIR)/tmp_check' TESTDIR='$(CURDIR)' \
	  TESTLOGDIR='$(CURDIR)/tmp_check/log' PGPORT=65432 \
	  PG_REGRESS='$(PGXS_TOP)/src/test/regress/pg_regress' \
	  top_builddir='$(CURDIR)/tmp_check' \
	  $(PROVE) -I '$(PGXS_TOP)/src/test/perl' -I t/lib \
	  $(PROVE_FLAGS) $(PROVE_TESTS)

# The same with the service as it may be, too: the requests of one session are
# answered one after another, and those of a company are limited together.
WORLD       = --set session_lock=true --set limit_by=company \
              --set refuse_until_end=true
installcheck-tap-world: FORCE
	DATACONNECT_SANDBOX_ARGS='$(WORLD)' $(MAKE) installcheck-tap

# --- Tests of src/core alone ----------------------------------------------

UNIT_DIR    = build/test/unit
UNIT_SANITIZE = -fsanitize=address,undefined
UNIT        = $(patsubst test/unit/%.c,$(UNIT_DIR)/%, \
                $(sort $(wildcard test/unit/test_*.c)))
FUZZ        = $(patsubst %.c,build/%,$(sort $(wildcard test/fuzz/fuzz_*.c)))
HEADERS_ALL = $(sort $(wildcard include/*/*.h src/*/*.h test/unit/*.h \
                test/fuzz/*.h))
CHECK_FLAGS = -std=gnu99 -O1 -g -fno-omit-frame-pointer -Iinclude \
              -Wall -Wextra -Werror -fno-sanitize-recover=all
CLANG_CC   ?= clang
FUZZ_SECONDS ?= 600

# src/core is compiled once for all unit tests, and once for the fuzzers.
CORE_UNIT   = $(CORE_SRC:src/%.c=$(UNIT_DIR)/%.o)
CORE_FUZZ   = $(CORE_SRC:src/%.c=build/test/fuzz/%.o)
$(CORE_UNIT): $(UNIT_DIR)/%.o: src/%.c $(HEADERS_ALL)
	@mkdir -p $(@D)
	$(CC) $(CHECK_FLAGS) $(UNIT_SANITIZE) -c -o $@ $<
$(CORE_FUZZ): build/test/fuzz/%.o: src/%.c $(HEADERS_ALL)
	@mkdir -p $(@D)
	$(CLANG_CC) $(CHECK_FLAGS) -fsanitize=fuzzer,address,undefined -c -o $@ $<

$(UNIT_DIR)/%: test/unit/%.c $(CORE_UNIT)
	@mkdir -p $(@D)
	$(CC) $(CHECK_FLAGS) $(UNIT_SANITIZE) -o $@ $< $(CORE_UNIT) \
	  -ljansson -lm

# Those of src/core alone, for arm64: by a cross-compiler, then in qemu's user mode,
# where the sanitizer of addresses does not work.
UNIT_CORE  := $(filter-out %/test_inflate %/test_inflate_thread %/test_deflate \
                %/test_read_thread %/test_xml_reader,$(UNIT))
unit-core: $(UNIT_CORE) FORCE
	tools/run-unit $(UNIT_CORE)
unit-arm64: FORCE
	UNIT_RUNNER=tools/run-arm64 $(MAKE) -s unit-core UNIT_DIR=build/arm64 \
	  CC=aarch64-linux-gnu-gcc \
	  UNIT_SANITIZE='-fsanitize=undefined -static-libubsan'

# Not of src/core, but pure C as well; what uses a thread also by the sanitizer
# that finds races.
INFLATE_SRC = $(sort $(wildcard src/net/inflate*.c)) src/net/worker.c
DEFLATE_SRC = $(sort $(wildcard src/net/deflate*.c))
RACES       = build/test/unit/test_inflate_thread_races \
              build/test/unit/test_read_thread_races
UNIT       += $(RACES)
$(RACES): SANITIZERS = thread
build/test/unit/test_inflate build/test/unit/test_inflate_thread \
  build/test/unit/test_deflate build/test/unit/test_read_thread: \
  SANITIZERS = address,undefined
build/test/unit/test_inflate build/test/unit/test_inflate_thread \
  build/test/unit/test_deflate build/test/unit/test_inflate_thread_races: \
  $(INFLATE_SRC)
build/test/unit/test_read_thread build/test/unit/test_read_thread_races: \
  src/net/read_thread.c src/net/worker.c
build/test/unit/test_inflate: test/unit/test_inflate.c
build/test/unit/test_deflate: test/unit/test_deflate.c $(DEFLATE_SRC)
build/test/unit/test_inflate_thread build/test/unit/test_inflate_thread_races: \
  test/unit/test_inflate_thread.c
build/test/unit/test_read_thread build/test/unit/test_read_thread_races: \
  test/unit/test_read_thread.c
build/test/unit/test_inflate build/test/unit/test_inflate_thread \
  build/test/unit/test_deflate build/test/unit/test_read_thread $(RACES): $(HEADERS_ALL)
	@mkdir -p $(@D)
	$(CC) $(CHECK_FLAGS) -Wno-unused-parameter $(LIB_CFLAGS) -pthread \
	  -fsanitize=$(SANITIZERS) -Isrc/net -o $@ $(filter %.c,$^) \
	  $(shell $(PKG_CONFIG) --libs zlib $(ISAL))

# The XML reader needs PostgreSQL's headers, but no server.
XML_SRC     = $(sort $(wildcard src/reply/xml_*.[ch]))
XML_FLAGS   = -Wno-unused-parameter -D_GNU_SOURCE -Isrc -Isrc/reply \
              -isystem $(shell $(PG_CONFIG) --includedir-server)
build/test/unit/test_xml_reader: test/unit/test_xml_reader.c $(CORE_UNIT) \
  $(XML_SRC)
	@mkdir -p $(@D)
	$(CC) $(CHECK_FLAGS) $(XML_FLAGS) -fsanitize=address,undefined -o $@ $< \
	  $(CORE_UNIT) -lexpat
build/test/fuzz/fuzz_xml: test/fuzz/fuzz_xml.c $(CORE_FUZZ) $(XML_SRC)
	@mkdir -p $(@D)
	$(CLANG_CC) $(CHECK_FLAGS) $(XML_FLAGS) \
	  -fsanitize=fuzzer,address,undefined -o $@ $< $(CORE_FUZZ) -lexpat

build/test/fuzz/%: test/fuzz/%.c $(CORE_FUZZ)
	@mkdir -p $(@D)
	$(CLANG_CC) $(CHECK_FLAGS) -fsanitize=fuzzer,address,undefined -o $@ $< \
	  $(CORE_FUZZ) -ljansson -lm

# Not a test: how fast the readers are, without PostgreSQL.
build/test/speed/%: test/speed/%.c $(CORE_SRC) $(HEADERS_ALL)
	@mkdir -p $(@D)
	$(CC) -std=gnu99 -O2 -g -Iinclude -Wall -Wextra -Werror $(LTO) -o $@ $< \
	  $(CORE_SRC)
bench-readers: build/test/speed/speed_readers
	$<

unit: $(UNIT)
	tools/run-unit $(UNIT)
fuzz: $(FUZZ)
	tools/run-fuzz $(FUZZ_SECONDS) $(FUZZ)
	$(MAKE) fuzz-queries
fuzz-quick: $(FUZZ)
	tools/run-fuzz 60 $(FUZZ)

# Of the installed extension: queries by chance, for FUZZ_SECONDS, from SEED on.
SEED       ?= $(shell date +%s)
fuzz-queries:
	DATACONNECT_KEEP=1 DATACONNECT_SEED=$(SEED) \
	  DATACONNECT_SECONDS=$(FUZZ_SECONDS) tools/unprivileged \
	  $(MAKE) -s installcheck-tap PROVE_FLAGS=-v \
	  PROVE_TESTS=t/150_queries.pl

# --- Source ---------------------------------------------------------------

C_FILES     = $(sort $(wildcard *.c include/*/*.h src/*/*.[ch] test/unit/*.[ch] \
                test/fuzz/*.[ch] test/speed/*.[ch]))
CLANG_FORMAT ?= clang-format

format:
	tools/format-check $(CLANG_FORMAT)
	$(CLANG_FORMAT) -i $(C_FILES)
format-check:
	tools/format-check $(CLANG_FORMAT) $(C_FILES)
version:
	tools/check-meta --write
lint:
	tools/lint $(C_FILES)

# The picture of the folders in doc/internals.md, from the includes.
doc-map:
	tools/doc-map >doc/map.svg.new
	mv doc/map.svg.new doc/map.svg

# The picture of the demo in README.md, from what the installed extension shows.
demo-picture:
	tools/unprivileged tools/with-sandbox tools/with-cluster demo/show | \
	  tools/demo-picture >doc/demo.svg.new
	mv doc/demo.svg.new doc/demo.svg

# --- From nothing: these install what they need ---------------------------

setup:
	@PG_CONFIG='$(PG_CONFIG)' tools/setup test
test:
	@PG_CONFIG='$(PG_CONFIG)' tools/test
# Beside `make test`, because they take long or need root (CONTRIBUTING.md).
deb:
	@tools/setup package && tools/make-deb
dist:
	@tools/make-dist
test-package:
	@tools/test-package $(SUITE)
test-dist:
	-@PG_CONFIG='$(PG_CONFIG)' tools/setup dist
	@PG_CONFIG='$(PG_CONFIG)' tools/test-dist
test-releases:
	@tools/test-releases $(SUITES)
test-arm64:
	@tools/setup arm64 && $(MAKE) -s unit-arm64
test-sanitized:
	@PG_CONFIG='$(PG_CONFIG)' CC='$(CC)' tools/test-sanitized $(TESTS)
test-clients:
	@PG_CONFIG='$(PG_CONFIG)' tools/test-clients
demo:
	@PG_CONFIG='$(PG_CONFIG)' demo/run
demo-shell:
	@PG_CONFIG='$(PG_CONFIG)' demo/run --shell

# The page over the demo's database, and its tests, which also take the picture in the
# README; `make dashboard-picture` stores it.
dashboard:
	@PG_CONFIG='$(PG_CONFIG)' examples/dashboard/run
test-dashboard:
	@PG_CONFIG='$(PG_CONFIG)' examples/dashboard/run --test build/dashboard.png
dashboard-picture:
	@PG_CONFIG='$(PG_CONFIG)' examples/dashboard/run --test doc/dashboard.png

bench:
	@PG_CONFIG='$(PG_CONFIG)' bench/run
bench-quick:
	@PG_CONFIG='$(PG_CONFIG)' bench/run --quick
bench-dashboard:
	@RECORDS="$${RECORDS:-100000 1048576}" PG_CONFIG='$(PG_CONFIG)' \
		bench/run --only dashboard --name dashboard
bench-mirror:
	@RECORDS="$${RECORDS:-10000}" PG_CONFIG='$(PG_CONFIG)' bench/run --only mirror --name mirror

# PostgreSQL with assertions, to test with by PG_CONFIG.
PG_ASSERT_DIR ?= build/postgres
assert-postgres:
	@PG_CONFIG='$(PG_CONFIG)' tools/build-postgres '$(PG_ASSERT_DIR)'

help:
	@echo 'Build and install (PG_CONFIG names the PostgreSQL, now $(PG_CONFIG)):'
	@echo '  make                         build; WERROR=1: warnings are errors;'
	@echo '                               ISAL= and LTO=: without these'
	@echo '  make install, uninstall      into the PostgreSQL of PG_CONFIG, or out of it'
	@echo '  make clean                   remove what was built'
	@echo ''
	@echo 'From a clean machine (each installs what it needs):'
	@echo '  make demo                    build, install, run the demo'
	@echo '  make demo-shell              the same, then leave you in psql'
	@echo '  make dashboard               a page over the demo; DASHBOARD_PORT=8765'
	@echo '  make test-dashboard          the tests of that page, in a browser'
	@echo '  make dashboard-picture       the same, and store the picture in doc/dashboard.png'
	@echo '  make test                    build, install, run the tests, as CI does'
	@echo '  make bench                   build, install, compare with other ways to load'
	@echo '  make bench-quick             the same in some minutes, with 100,000 records'
	@echo '  make bench-dashboard         tiles that share replies, with and without copies'
	@echo '  make bench-mirror            load and read a mirror, beside plain tables'
	@echo '  make test-clients            drivers and tools of other languages'
	@echo '  make setup                   only install what building and testing need'
	@echo '  make assert-postgres         build PostgreSQL with assertions; PG_ASSERT_DIR'
	@echo '  make deb                     Debian packages, in build/deb'
	@echo '  make dist                    the archive for PGXN, of the last commit'
	@echo ''
	@echo 'Tests of the installed extension (as root: tools/unprivileged make ...):'
	@echo '  make installcheck            regression tests, in the server of PGHOST, PGPORT;'
	@echo '                               REGRESS="types joins": only these'
	@echo '  make installcheck-tap        TAP tests; PROVE_TESTS=t/010_cancel.pl: only this;'
	@echo '                               PROVE_FLAGS=-j2: two at a time'
	@echo '  make installcheck-tap-world  the same, with locked sessions and company limits'
	@echo '  make test-sanitized          the tests, under sanitizers; TESTS=t/010_cancel.pl: only'
	@echo '                               this; installs the usual build again afterwards'
	@echo '  make fuzz-queries            random queries, compared with local tables, for'
	@echo '                               FUZZ_SECONDS=$(FUZZ_SECONDS) from SEED on'
	@echo ''
	@echo 'Tests of packages and of other releases (the first two as root, in roots of their own):'
	@echo '  make test-package            install, upgrade and purge the package; SUITE=trixie'
	@echo '  make test-releases           PostgreSQL 15, 17 and 18; SUITES="trixie sid";'
	@echo '                               SUITES=experimental: 19'
	@echo '  make test-dist               build from the archive for PGXN alone'
	@echo ''
	@echo 'Tests of the pure C code, without PostgreSQL:'
	@echo '  make unit                    unit tests, under sanitizers'
	@echo '  make test-arm64              those of src/core, for arm64, in qemu'
	@echo '  make bench-readers           nanoseconds a byte of the readers of JSON and CSV'
	@echo '  make fuzz-quick              the fuzzers share 60 seconds of processor time'
	@echo '  make fuzz                    the fuzzers share FUZZ_SECONDS; then fuzz-queries'
	@echo ''
	@echo 'Source:'
	@echo '  make format, format-check    format the C code, or only check (CLANG_FORMAT)'
	@echo '  make lint                    check the rules that no compiler knows'
	@echo '  make version                 write the version of the control file into META.json'
	@echo '  make doc-map                 draw doc/map.svg, the picture of the folders'
	@echo '  make demo-picture            draw doc/demo.svg with the installed extension'
	@echo '  make help                    show this list'

FORCE:
.PHONY: FORCE all install install-catalogue uninstall uninstall-catalogue \
  installcheck installcheck-tap installcheck-tap-world clean unit fuzz \
  fuzz-quick fuzz-queries format format-check lint doc-map demo-picture setup test \
  test-sanitized test-clients deb dist test-package test-dist \
  test-releases test-arm64 version demo \
  demo-shell dashboard test-dashboard dashboard-picture \
  bench bench-quick bench-dashboard bench-mirror bench-readers assert-postgres help
