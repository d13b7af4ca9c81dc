# ses-smtp-rotator. On a bare Debian machine: `make demo` or `make check`.
# `make help` lists the rest; V=1 shows every command.
VERSION    := $(shell git describe --always --dirty --tags 2>/dev/null || echo dev)
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/ses-smtp-rotator
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
DESTDIR    ?=
PKG_CONFIG ?= pkg-config
FLAVOUR    ?= rel
BUILD      := build/$(FLAVOUR)
PKGS       := libcurl libcrypto libssl libcjson yaml-0.1 sqlite3 expat libsodium

# What a bare Debian 12 lacks. gcc, make and the like come with
# build-essential. Tests want more; an installed program wants less.
BUILD_DEBS := build-essential pkg-config libcurl4-openssl-dev libssl-dev \
	libcjson-dev libsecret-1-dev libyaml-dev libsqlite3-dev libexpat1-dev libsodium-dev \
	libmicrohttpd-dev postfix postfix-lmdb libsasl2-modules \
	ca-certificates curl
TEST_DEBS  := $(BUILD_DEBS) libcmocka-dev clang clang-tidy clang-format \
	libclang-rt-14-dev cppcheck valgrind mandoc attr acl strace sqlite3 \
	swaks libnet-ssleay-perl gnome-keyring dbus-daemon libsecret-tools \
	systemd perl python3 python3-venv jq e2fsprogs iproute2 util-linux spin \
	openssl python3-yaml python3-nacl python3-cryptography php-cli msmtp \
	libnss-wrapper libgnutls-dane0 libnsl2 libevent-2.1-7

ifneq ($(filter-out deps deps-check help clean,$(or $(MAKECMDGOALS),all)),)
CPPFLAGS   += $(shell $(PKG_CONFIG) --cflags $(PKGS) libsecret-1 2>/dev/null)
LDLIBS     += $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lm
endif
CPPFLAGS   += -D_GNU_SOURCE -Irotator -I. -DVERSION='"$(VERSION)"'
WARN       := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wvla \
	-Wcast-qual -Wwrite-strings -Wundef -Wstrict-prototypes \
	-Wmissing-prototypes -Werror
OPT        := -O2
HARDEN     := -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection
LDHARDEN   := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
SAN        := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer

# rel: what is installed. asan: what tests run. clang: the other compiler.
# tsan: threads, for tests/e2e/fleet.t. plain: for valgrind, which knows
# neither the sanitizers nor fortify.
ifeq ($(FLAVOUR),asan)
OPT := -O1
HARDEN := $(SAN)
LDHARDEN := $(SAN) -pie
else ifeq ($(FLAVOUR),tsan)
OPT := -O1
HARDEN := -fsanitize=thread -fno-omit-frame-pointer
LDHARDEN := $(HARDEN) -pie
else ifeq ($(FLAVOUR),clang)
CC := clang
else ifeq ($(FLAVOUR),plain)
HARDEN :=
else ifeq ($(FLAVOUR),cov)
# clang 19 is the first in Debian that counts MC/DC.
CC := clang-19
OPT := -O0
HARDEN := -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc
LDHARDEN := -fprofile-instr-generate
else ifeq ($(FLAVOUR),fuzz)
CC := clang
OPT := -O1
HARDEN := $(SAN) -fsanitize=fuzzer-no-link
LDHARDEN := $(SAN) -pie
endif
ALL_CFLAGS  = -std=gnu17 $(OPT) -g -MMD -MP -fPIE $(WARN) $(HARDEN) $(CFLAGS)

ifeq ($(V),)
Q := @
say = @echo "  $(1)	$(2)";
else
say = @
endif

# Highest layer first. `make layers` links each one whole against only those
# below it: a call upwards is an undefined reference.
LAYERS     := rotator clients sigv4 base
objs        = $(patsubst %.c,$(BUILD)/%.o,$(1))
SRC_base   := $(wildcard rotator/base/*.c)
SRC_sigv4  := $(wildcard sigv4/*.c)
SRC_clients := $(wildcard clients/*.c clients/edit/*.c)
SRC_rotator := $(filter-out rotator/main.c,$(wildcard rotator/*.c))
LIBS       := $(LAYERS:%=$(BUILD)/lib%.a)

all: build/rotate build/ses-sandbox build/rotate-clients.5 ## build the program and the sandbox

build/rotate: build/rel/rotate
build/ses-sandbox: build/rel/ses-sandbox
build/rotate build/ses-sandbox:
	$(call say,CP,$@) cp $< $@
# One file a kind, so that a driver brings its own manual.
KINDS      := $(sort $(wildcard docs/kinds/*.mdoc))
build/rotate-clients.5: docs/kinds/head.in $(KINDS) docs/kinds/tail.in
	@mkdir -p $(@D)
	$(call say,MAN,$@) cat $^ >$@

ifneq ($(FLAVOUR),rel)
build/rel/rotate build/rel/ses-sandbox: force
	$(Q)$(MAKE) --no-print-directory FLAVOUR=rel $@
endif

$(BUILD)/libbase.a: $(call objs,$(SRC_base))
$(BUILD)/libsigv4.a: $(call objs,$(SRC_sigv4))
$(BUILD)/libclients.a: $(call objs,$(SRC_clients))
$(BUILD)/librotator.a: $(call objs,$(SRC_rotator))
$(BUILD)/%.a:
	$(call say,AR,$@) rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(CPPFLAGS) $(EXTRA_CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

link        = $(call say,LD,$@) mkdir -p $(@D) && $(CC) $(LDHARDEN) $(LDFLAGS) \
	$(filter %.o,$^) $(filter %.a,$^) $(LDLIBS) $(EXTRA_LIBS) -o $@

$(BUILD)/rotate: $(BUILD)/rotator/main.o $(LIBS)
	$(link)
$(BUILD)/ses-sandbox: $(call objs,$(wildcard tests/sandbox/*.c))
	$(link)
$(BUILD)/tests/sandbox/%.o: EXTRA_CPPFLAGS := -Itests/sandbox
$(BUILD)/ses-sandbox: EXTRA_LIBS := -lmicrohttpd -lpthread

$(BUILD)/demo-mailer: $(BUILD)/tests/demo/mailer.o
	$(link)

# --- tests ----------------------------------------------------------------
UNIT       := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
$(BUILD)/tests/unit/%.o: EXTRA_CPPFLAGS := -Itests/unit -Itests/sim
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(LIBS)
	$(link)
$(BUILD)/tests/unit/%: EXTRA_LIBS := -lcmocka -lmicrohttpd -lpthread
$(BUILD)/tests/conform/conform: $(call objs,$(wildcard tests/conform/*.c)) $(LIBS)
	$(link)
# What hangs is given up sooner: tests/conform/hurry.c.
$(BUILD)/tests/conform/conform: EXTRA_LIBS := -Wl,--wrap=run,--wrap=run_argv,--wrap=http_do
SIM_OBJS   := $(call objs,$(wildcard tests/sim/*.c))
$(BUILD)/tests/sim/%.o: EXTRA_CPPFLAGS := -Itests/sim
$(filter $(BUILD)/tests/unit/test_engine%,$(UNIT)): $(SIM_OBJS)
E2E_BIN    := $(BUILD)/tests/e2e/drive
$(BUILD)/tests/e2e/%: $(BUILD)/tests/e2e/%.o $(LIBS)
	$(link)
TOOLS      := $(BUILD)/tests/crash/pt $(BUILD)/tests/faults/pf \
	$(BUILD)/tests/faults/oom.so $(BUILD)/tests/model/arrows \
	$(BUILD)/tests/leak/halt $(BUILD)/tests/leak/seek \
	build/tests/matrix/hurry.so
$(BUILD)/tests/model/arrows: $(BUILD)/tests/model/arrows.o $(LIBS)
	$(link)
VFS        := $(BUILD)/tests/faults/test_store_vfs
$(VFS).o: EXTRA_CPPFLAGS := -Itests/unit
$(VFS): $(VFS).o $(LIBS)
	$(link)
$(VFS): EXTRA_LIBS := -lcmocka
TORTURE    := $(BUILD)/tests/faults/torture
$(TORTURE): EXTRA_LIBS := -Wl,--wrap=buf_add,--wrap=buf_adds,--wrap=buf_addf
$(TORTURE): $(TORTURE).o $(LIBS)
	$(link)
# What is used by several threads at a time, for `make threads`.
THREADED   := test_account test_app_accounts test_far test_fleet_turns test_seal_kms
RACE       := $(BUILD)/tests/race/race
$(RACE): $(call objs,$(wildcard tests/race/*.c)) $(LIBS)
	$(link)
PT         := $(BUILD)/tests/crash/pt_trace.o
$(BUILD)/tests/leak/halt: $(BUILD)/tests/leak/halt.o $(PT)
	$(link)
$(BUILD)/tests/leak/seek: $(BUILD)/tests/leak/seek.o
	$(link)
$(BUILD)/tests/crash/pt: $(BUILD)/tests/crash/pt.o $(BUILD)/tests/crash/pt_record.o $(PT)
	$(link)
$(BUILD)/tests/faults/pf: $(BUILD)/tests/faults/pf.o $(PT)
	$(link)
$(BUILD)/tests/faults/oom.so: tests/faults/oom.c
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(CPPFLAGS) -std=gnu17 -O2 -g $(WARN) -fPIC -shared $< -o $@
# Put before the program by tests/matrix; it fits every flavour.
build/tests/matrix/hurry.so: tests/matrix/hurry.c
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) -std=gnu17 -O2 $(WARN) -D_GNU_SOURCE -fPIC -shared $< -o $@ -ldl

FUZZ       := $(patsubst tests/fuzz/%.c,build/fuzz/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(LIBS)
	$(link)
$(BUILD)/tests/fuzz/fuzz_%: EXTRA_LIBS := -fsanitize=fuzzer

fuzz-bin: $(FUZZ)

fuzz: ## run every fuzz target for FUZZ_SECONDS (default 60) each
	$(Q)$(MAKE) --no-print-directory FLAVOUR=fuzz fuzz-bin
	$(Q)FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) prove -v tests/fuzz/fuzz.t

fuzz-soak: ## the same for an hour each (FUZZ_SECONDS); what was found joins the corpora
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(TEST_DEBS)"
	$(Q)$(MAKE) --no-print-directory FLAVOUR=fuzz fuzz-bin
	$(Q)FUZZ_KEEP=1 FUZZ_SECONDS=$(or $(FUZZ_SECONDS),3600) prove -v tests/fuzz/fuzz.t
	$(Q)tests/fuzz/merge.sh

tests-bin: $(UNIT) $(VFS) $(TORTURE) $(RACE) $(BUILD)/tests/conform/conform $(E2E_BIN) $(TOOLS) \
	$(BUILD)/rotate $(BUILD)/ses-sandbox

# Of FLAVOUR=plain: what valgrind runs, what is too slow with sanitizers, and
# what tests/mutants links again.
PLAIN      := $(shell cat tests/valgrind/tests.txt 2>/dev/null) $(patsubst \
	tests/unit/test_%.c,%,$(wildcard tests/unit/test_engine*.c))
plain-bin: $(PLAIN:%=$(BUILD)/tests/unit/test_%) $(TORTURE) $(RACE) \
	$(BUILD)/tests/conform/conform $(TOOLS) $(BUILD)/rotate $(BUILD)/ses-sandbox

check: ## install test packages, build, run every test
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(TEST_DEBS)"
	$(Q)tests/check.sh

demo: ## install build packages, build, show a whole rotation in the sandbox
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(BUILD_DEBS)"
	$(Q)$(MAKE) --no-print-directory all build/rel/demo-mailer
	$(Q)tests/demo.sh

bench: ## measure a rotation; ratios side by side, no verdict
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(BUILD_DEBS) python3"
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/bench/bench.sh

bench-fleet: ## 100 and 1,000 identities; how cost grows to 10,000
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(BUILD_DEBS) python3"
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/bench/fleet.sh

bench-docs: ## docs/performance.md from the last benchmarks
	$(Q)python3 tests/bench/report.py

unit: tests-bin ## the unit tests of this FLAVOUR
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -j2 --exec '' $(UNIT)

conform: ## the conformance suite over every driver
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(TEST_DEBS)"
	$(Q)tests/venv.sh >/dev/null
	$(Q)$(MAKE) --no-print-directory FLAVOUR=asan build/asan/tests/conform/conform
	$(Q)prove --exec '' build/asan/tests/conform/conform

live: ## real mail programs under constant mail through 20 rotations each
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(TEST_DEBS)"
	$(Q)$(MAKE) --no-print-directory FLAVOUR=asan tests-bin
	$(Q)prove -v -j2 tests/live/*.t

crash: ## kill the program at every system call of a rotation, and resume
	$(Q)$(MAKE) --no-print-directory FLAVOUR=plain tests-bin
	$(Q)prove -v tests/crash/crash.t tests/crash/recovery.t tests/crash/powerloss.t

race: ## the owner of a directory exchanges what stands in it while root writes
	$(Q)$(MAKE) --no-print-directory FLAVOUR=plain build/plain/tests/race/race
	$(Q)prove -v --exec '' build/plain/tests/race/race

threads: ## many identities side by side, under ThreadSanitizer
	$(Q)$(MAKE) --no-print-directory FLAVOUR=tsan build/tsan/rotate $(THREADED:%=build/tsan/tests/unit/%)
	$(Q)TSAN_OPTIONS=halt_on_error=1 prove --exec '' $(THREADED:%=build/tsan/tests/unit/%)
	$(Q)TSAN_OPTIONS=halt_on_error=1 ROTATE=$(CURDIR)/build/tsan/rotate prove tests/e2e/fleet.t

faults: ## every call and allocation of a rotation fails, once and for ever (hours)
	$(Q)$(MAKE) --no-print-directory FLAVOUR=plain tests-bin
	$(Q)$(MAKE) --no-print-directory FLAVOUR=asan $(VFS:$(BUILD)/%=build/asan/%)
	$(Q)prove --exec '' $(VFS:$(BUILD)/%=build/asan/%)
	$(Q)FAULTS_FULL=1 prove -v tests/faults/faults.t

matrix: ## every call, every state of SMTP, every bad certificate, times every fault
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(TEST_DEBS)"
	$(Q)$(MAKE) --no-print-directory FLAVOUR=plain tests-bin
	$(Q)MATRIX_FULL=1 prove -v tests/matrix/matrix.t

model: ## the protocol checked by Spin, in full; and without each guard
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(TEST_DEBS)"
	$(Q)$(MAKE) --no-print-directory FLAVOUR=asan build/asan/tests/model/arrows
	$(Q)MODEL_FULL=1 prove -v tests/model/model.t

hosts: ## two and three hosts in network namespaces: every boundary, every cut (long)
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(TEST_DEBS)"
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/venv.sh >/dev/null
	$(Q)HOSTS_FULL=1 prove -v tests/e2e/hosts.t

mutants: ## remove every guard in turn; a test must die (hours)
	$(Q)$(MAKE) --no-print-directory $(LIBS)
	$(Q)prove -v tests/sim/mutants.sh
	$(Q)$(MAKE) --no-print-directory FLAVOUR=plain $(LIBS:$(BUILD)/%=build/plain/%)
	$(Q)tests/venv.sh >/dev/null # dynamodb is tried over moto, too
	$(Q)tests/mutants/mutants.py engine store writer fleet dynamodb

coverage: ## branches and MC/DC of engine, store, protocol, parsers, fleet (clang 19)
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(TEST_DEBS) clang-19 llvm-19 libclang-rt-19-dev"
	$(Q)$(MAKE) --no-print-directory FLAVOUR=cov tests-bin
	$(Q)tests/coverage/coverage.sh

evidence: ## write EVIDENCE.md from what the tests printed last
	$(Q)tests/evidence.py

crash-full: ## kills until no new state comes, and every disk a power cut leaves (hours)
	$(Q)$(MAKE) --no-print-directory deps DEBS="$(TEST_DEBS)"
	$(Q)$(MAKE) --no-print-directory FLAVOUR=plain tests-bin
	$(Q)CRASH_FULL=1 prove -v tests/crash/recovery.t
	$(Q)POWERLOSS_FULL=1 POWERLOSS_JOBS=2 prove -v tests/crash/powerloss.t

soak: ## the long runs: many random rotations, every crash point, fuzzing
	$(Q)$(MAKE) --no-print-directory FLAVOUR=plain tests-bin
	$(Q)SIM_ROUNDS=$(or $(SIM_ROUNDS),250000000) SIM_JOBS=$(shell nproc) SIM_SECONDS=$(SIM_SECONDS) \
	    build/plain/tests/unit/test_engine_random
	$(Q)DISK_STEP=1 DISK_ROUNDS=20000 build/plain/tests/unit/test_engine_disk
	$(Q)CRASH_FULL=1 CRASH_PAIRS=$(or $(CRASH_PAIRS),1000) prove -v tests/crash/crash.t
	$(Q)$(MAKE) --no-print-directory fuzz

# --- static checks --------------------------------------------------------
SOURCES    := $(SRC_base) $(SRC_sigv4) $(SRC_clients) $(SRC_rotator) rotator/main.c
ALL_CODE   := $(shell find rotator sigv4 clients tests -name '*.[ch]' 2>/dev/null)

layers: $(LIBS) ## prove that no layer calls one above it
	$(Q)echo 'int main(void){return 0;}' >$(BUILD)/empty.c
	$(Q)below="$(LIBS)"; for l in $(LIBS); do below=$${below#$$l}; below=$${below# }; \
	    $(CC) $(LDHARDEN) -fPIE $(BUILD)/empty.c -Wl,--whole-archive $$l \
	    -Wl,--no-whole-archive $$below $(LDLIBS) -o $(BUILD)/empty || exit 1; done
	$(Q)tests/static/includes.sh
	$(Q)twice=$$(for l in $(LIBS); do nm -g --defined-only $$l | awk 'NF == 3 { print $$3 }'; done | \
	    sort | uniq -d); [ -z "$$twice" ] || { echo "defined in two places: $$twice"; exit 1; }

banned: ## refuse functions and habits that this tree does not allow
	$(Q)tests/static/banned.sh

budget: ## sizes: files, functions, drivers
	$(Q)tests/static/budget.sh

format: ## layout of the code
	$(Q)clang-format --dry-run -Werror $(ALL_CODE)

analyze: $(SOURCES:%.c=build/analyze/%.ok) ## gcc -fanalyzer
build/analyze/%.ok: %.c
	@mkdir -p $(@D)
	$(call say,ANALYZE,$<) $(CC) $(CPPFLAGS) -std=gnu17 -O0 -MMD -MP -MF $@.d -MT $@ -Wall -Werror \
	    -fanalyzer -c $< -o $@.o && touch $@

tidy: $(SOURCES:%.c=build/tidy/%.ok) ## clang-tidy
build/tidy/%.ok: %.c .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY,$<) clang-tidy --quiet $< -- $(CPPFLAGS) -std=gnu17 >$@.log 2>&1 \
	    || { grep -E 'error|warning' $@.log; exit 1; }; touch $@

cppcheck: ## cppcheck, errors and warnings
	$(Q)cppcheck -q --std=c11 --inline-suppr --error-exitcode=1 \
	    --enable=warning,performance,portability --suppress=memleak \
	    --suppress=resourceLeak -Irotator -I. -D_GNU_SOURCE -j2 rotator sigv4 clients

# --- installation ---------------------------------------------------------
install: build/rotate build/rotate-clients.5 ## into DESTDIR and PREFIX; units, man pages, examples
	install -D -m 755 build/rotate $(DESTDIR)$(BINDIR)/rotate
	install -D -m 644 docs/rotate.1 $(DESTDIR)$(MANDIR)/man1/rotate.1
	install -D -m 644 docs/rotate.yaml.5 $(DESTDIR)$(MANDIR)/man5/rotate.yaml.5
	install -m 644 build/rotate-clients.5 $(DESTDIR)$(MANDIR)/man5/
	install -d -m 755 $(DESTDIR)$(UNITDIR)
	sed 's|/usr/local/bin/rotate|$(BINDIR)/rotate|' deploy/rotate.service \
	    >$(DESTDIR)$(UNITDIR)/rotate.service
	install -m 644 deploy/rotate.timer $(DESTDIR)$(UNITDIR)/rotate.timer
	install -d -m 755 $(DESTDIR)$(SYSCONFDIR)/ses-smtp-rotator/clients.d
	install -d -m 755 $(DESTDIR)$(DOCDIR)
	install -m 644 README.md LICENSE deploy/RUNBOOK.md \
	    deploy/rotate.example.yaml deploy/iam-policy.json deploy/dynamodb-policy.json \
	    deploy/smtp-user-policy.json deploy/store-role-policy.json \
	    deploy/role-trust-policy.json deploy/assume-role-policy.json deploy/rotate.cron \
	    deploy/rotate.service.d/clients.conf.example \
	    docs/secret-lifetime.md $(DESTDIR)$(DOCDIR)/
	install -m 644 clients/README.md $(DESTDIR)$(DOCDIR)/clients.md

uninstall: ## remove what install put there; state and configuration stay
	rm -f $(DESTDIR)$(BINDIR)/rotate $(DESTDIR)$(MANDIR)/man1/rotate.1 \
	    $(DESTDIR)$(MANDIR)/man5/rotate.yaml.5 \
	    $(DESTDIR)$(MANDIR)/man5/rotate-clients.5 \
	    $(DESTDIR)$(UNITDIR)/rotate.service $(DESTDIR)$(UNITDIR)/rotate.timer
	rm -rf $(DESTDIR)$(DOCDIR)

# --- set-up ---------------------------------------------------------------
deps: ## install what is missing from Debian (root or sudo); else nothing
	$(Q)DEBS="$(or $(DEBS),$(BUILD_DEBS))" tests/deps.sh

compile_commands.json: ## for clangd
	bear -- $(MAKE) -B all

clean: ## remove build/
	rm -rf build compile_commands.json

help: ## this list
	@awk -F':.*## ' '/^[a-z_.-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

force:
.PHONY: all check demo bench bench-fleet bench-docs threads unit mutants coverage soak fuzz-soak crash-full evidence race crash faults live conform model matrix hosts fuzz fuzz-bin layers banned budget format analyze \
	tidy cppcheck install uninstall deps clean help tests-bin plain-bin force
.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find build -name '*.d' 2>/dev/null)
