# GNU make >= 4.3. One file, no recursion; variants build side by side:
#   make                 library and tools into build/release
#   make V=asan CC=clang the same under AddressSanitizer and UBSan
#   make V=fuzz fuzzers  libFuzzer targets (always clang)
#   make V=cov unit      with coverage counters
# Sources are found by wildcard: a new file needs no line here.
V       ?= release
BUILD   := build
B       := $(BUILD)/$V
ifeq ($(origin CC),default)
CC      := cc
endif
VERSION := 0.1.0
SOVER   := 0

DESTDIR    ?=
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/bulla
INSTALL    ?= install

PKGS    := libsodium libssl libcrypto libarchive libzstd libcurl libmicrohttpd gnutls jansson

WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
           -Wformat=2 -Wvla -Wundef -Wimplicit-fallthrough -Wswitch-enum
ifdef WERROR
WARN    += -Werror
endif
HARD    := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
           -fstack-clash-protection -fPIC -ffile-prefix-map=$(CURDIR)/=
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine 2>/dev/null)),)
HARD    += -fcf-protection
endif
HARD_LD := -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all
OPT.release := -O2 -g $(HARD)
LD.release  := -pie $(HARD_LD)
OPT.asan    := -O1 -g -fno-omit-frame-pointer $(SAN)
LD.asan     := $(SAN)
OPT.fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link $(SAN)
LD.fuzz     := -fsanitize=address,undefined
OPT.cov     := -O0 -g --coverage
LD.cov      := --coverage
ifeq ($V,fuzz)
CC          := clang
endif
FUZZ_ENGINE ?= -fsanitize=fuzzer

# Goals that install what they need, or that compile nothing
BARE := clean help test demo fuzz nightly check-% bench-ledger bench-transfer uninstall
ifneq ($(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),)
MISSING := $(shell command -v pkg-config >/dev/null || echo pkg-config; \
             for p in $(PKGS); do pkg-config --exists $$p 2>/dev/null || echo $$p; done)
ifneq ($(strip $(MISSING)),)
$(error missing: $(MISSING). On Debian run: sh tests/setup.sh build)
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS)) -lpthread
endif

LIB_SRC  := $(sort $(wildcard lib/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$B/%.o)
CMD_LIB  := $(filter-out cmd/bulla-%.c cmd/bulla.c,$(sort $(wildcard cmd/*.c)))
TOOL_SRC := $(sort $(wildcard cmd/bulla-*.c cmd/bulla.c))
TOOLS    := $(TOOL_SRC:cmd/%.c=%)
TEST_SRC := $(sort $(wildcard tests/unit/test_*.c))
TESTS    := $(TEST_SRC:tests/unit/%.c=%)
FUZZ_SRC := $(sort $(wildcard fuzz/fuzz_*.c))
FUZZERS  := $(FUZZ_SRC:fuzz/%.c=%)
AID_SRC  := $(sort $(wildcard tests/tools/*.c))
AIDS     := $(AID_SRC:tests/tools/%.c=%)
BENCHES  := $(patsubst tests/bench/%.c,%,$(sort $(wildcard tests/bench/*.c)))
# to be put under a tool with LD_PRELOAD
PRELOADS := $(patsubst tests/tools/preload/%.c,%,$(sort $(wildcard tests/tools/preload/*.c)))
HEADERS  := $(sort $(wildcard include/bulla/*.h))
PAGES    := $(sort $(wildcard docs/man/*.1 docs/man/*.5))
EXERCISES := $(sort $(wildcard docs/exercises/*.exercise))
# What docs/OPERATIONS.md has copied into /etc
EXAMPLES := $(sort $(wildcard docs/bulla-*.service docs/bulla-*.timer docs/*.cron docs/*.conf))

# ours first, the packager's after, so that theirs win
ALL_CFLAGS  = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Iinclude -Ilib \
              -DBULLA_VERSION='"$(VERSION)"' $(PKG_CFLAGS) $(WARN) $(OPT.$V) \
              $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(LD.$V) $(LDFLAGS)
LIBS        = $(PKG_LIBS) $(LDLIBS)
# VERBOSE=1 shows whole commands, make -s nothing
Q           = $(if $(VERBOSE),,@)
SAY         = @$(if $(VERBOSE)$(findstring s,$(firstword -$(MAKEFLAGS))),:,echo)
LINK        = $Qmkdir -p $(@D); $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)

all: lib shared pc tools
lib: $B/libbulla.a
shared: $B/libbulla.so
pc: $B/bulla.pc
tools: $(TOOLS:%=$B/bin/%)
unit: $(TESTS:%=$B/tests/%)
fuzzers: $(FUZZERS:%=$B/fuzz/%)
replayers: $(FUZZERS:%=$B/replay/%)
aids: $(AIDS:%=$B/aid/%) $(PRELOADS:%=$B/aid/%.so)

# Everything is rebuilt when the compiler, a flag or the version changes
FLAGS := $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)
ifdef PKG_LIBS
ifneq ($(FLAGS),$(file <$B/flags))
$(shell mkdir -p $B)
$(file >$B/flags,$(FLAGS))
endif
endif
$B/flags: ;

$B/%.o: %.c $B/flags Makefile
	@mkdir -p $(@D)
	$(SAY) '  CC   $<'
	$Q$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
# Criterion's macros use GNU extensions: fewer warnings there
$B/tests/unit/%.o: private WARN := -Wall -Wextra $(if $(WERROR),-Werror)

$B/libbulla.a: $(LIB_OBJ)
	@rm -f $@
	$(SAY) '  AR   $@'
	$Q$(AR) rcs $@ $^
# an archive, so that a tool takes only those parts that it uses
$B/libcmd.a: $(CMD_LIB:%.c=$B/%.o)
	@rm -f $@
	$(SAY) '  AR   $@'
	$Q$(AR) rcs $@ $^
$B/libbulla.so.$(SOVER): $(LIB_OBJ) lib/libbulla.map
	$(SAY) '  LINK $@'
	$Q$(CC) $(ALL_CFLAGS) -shared $(filter-out -pie,$(ALL_LDFLAGS)) \
	    -Wl,-soname,$(@F),-z,defs,--version-script,lib/libbulla.map \
	    -o $@ $(LIB_OBJ) $(LIBS)
$B/libbulla.so: $B/libbulla.so.$(SOVER)
	$Qln -sf $(<F) $@
# always: PREFIX may be another one than last time
$B/bulla.pc: lib/bulla.pc.in FORCE
	@mkdir -p $(@D)
	$Qsed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
	    -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	    -e 's|@PKGS@|$(PKGS)|' lib/bulla.pc.in > $@

$(TOOLS:%=$B/bin/%): $B/bin/%: $B/cmd/%.o $B/libcmd.a $B/libbulla.a
	$(SAY) '  LINK $@'
	$(LINK) -o $@ $^ $(LIBS)
# A test that replaces functions names them: a line "WRAP: malloc read"
# in its source becomes -Wl,--wrap=malloc -Wl,--wrap=read
wraps = $(addprefix -Wl$(comma)--wrap=,$(shell sed -n 's/^.*WRAP: \([a-z0-9_ ]*\).*$$/\1/p' $1))
comma := ,
$(TESTS:%=$B/tests/%): $B/tests/%: $B/tests/unit/%.o $B/libbulla.a
	$(SAY) '  LINK $@'
	$(LINK) $(call wraps,tests/unit/$*.c) $(WRAP.$*) -o $@ $^ -lcriterion $(LIBS)
# The age test kit comes partly compressed
$B/tests/test_age_testkit: private LDLIBS += -lz
$(FUZZERS:%=$B/fuzz/%): $B/fuzz/%: $B/fuzz/%.o $B/libbulla.a
	$(SAY) '  LINK $@'
	$(LINK) $(FUZZ_ENGINE) -o $@ $^ $(LIBS)
# What two processes of one tool say to each other
OF_CMD := $B/tests/test_inbox_wire $B/tests/test_inbox_lanes \
    $B/fuzz/fuzz_inbox_wire $B/replay/fuzz_inbox_wire
$(OF_CMD): $B/libcmd.a
$(OF_CMD): private LIBS = $B/libcmd.a $B/libbulla.a $(PKG_LIBS) $(LDLIBS)
# The same targets with a plain main() that replays files: gcc, valgrind
$(FUZZERS:%=$B/replay/%): $B/replay/%: $B/fuzz/%.o $B/tests/lib/fuzz_main.o $B/libbulla.a
	$(SAY) '  LINK $@'
	$(LINK) -o $@ $^ $(LIBS)
$(AIDS:%=$B/aid/%): $B/aid/%: $B/tests/tools/%.o $B/libbulla.a
	$(SAY) '  LINK $@'
	$(LINK) -o $@ $^ $(LIBS)
$(PRELOADS:%=$B/aid/%.so): $B/aid/%.so: tests/tools/preload/%.c $B/flags
	@mkdir -p $(@D)
	$(SAY) '  LINK $@'
	$Q$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared -o $@ $< -ldl
$(BENCHES:%=$B/bench/%): $B/bench/%: $B/tests/bench/%.o $B/libbulla.a
	$(SAY) '  LINK $@'
	$(LINK) -o $@ $^ $(LIBS)

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
	    $(DESTDIR)$(INCLUDEDIR)/bulla $(DESTDIR)$(MANDIR)/man1 \
	    $(DESTDIR)$(MANDIR)/man5
	$(if $(TOOLS),$(INSTALL) -m 755 $(TOOLS:%=$B/bin/%) $(DESTDIR)$(BINDIR))
	$(INSTALL) -m 644 $B/libbulla.a $B/libbulla.so.$(SOVER) $(DESTDIR)$(LIBDIR)
	ln -sf libbulla.so.$(SOVER) $(DESTDIR)$(LIBDIR)/libbulla.so
	$(INSTALL) -m 644 $B/bulla.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	$(INSTALL) -m 644 $(HEADERS) $(DESTDIR)$(INCLUDEDIR)/bulla
	$(foreach s,1 5,$(if $(filter %.$s,$(PAGES)),$(INSTALL) -m 644 \
	    $(filter %.$s,$(PAGES)) $(DESTDIR)$(MANDIR)/man$s;))
	$(INSTALL) -d $(DESTDIR)$(DOCDIR)/exercises
	$(INSTALL) -m 644 $(EXERCISES) $(DESTDIR)$(DOCDIR)/exercises
	$(INSTALL) -d $(DESTDIR)$(DOCDIR)/examples
	$(INSTALL) -m 644 $(EXAMPLES) $(DESTDIR)$(DOCDIR)/examples
uninstall:
	rm -f $(TOOLS:%=$(DESTDIR)$(BINDIR)/%) $(DESTDIR)$(LIBDIR)/libbulla.a \
	    $(DESTDIR)$(LIBDIR)/libbulla.so $(DESTDIR)$(LIBDIR)/libbulla.so.$(SOVER) \
	    $(DESTDIR)$(LIBDIR)/pkgconfig/bulla.pc \
	    $(foreach s,1 5,$(patsubst docs/man/%,$(DESTDIR)$(MANDIR)/man$s/%,$(filter %.$s,$(PAGES))))
	rm -f $(HEADERS:include/%=$(DESTDIR)$(INCLUDEDIR)/%)
	rm -f $(EXERCISES:docs/%=$(DESTDIR)$(DOCDIR)/%)
	rm -f $(EXAMPLES:docs/%=$(DESTDIR)$(DOCDIR)/examples/%)
	-rmdir $(DESTDIR)$(INCLUDEDIR)/bulla \
	    $(DESTDIR)$(DOCDIR)/exercises $(DESTDIR)$(DOCDIR)/examples \
	    $(DESTDIR)$(DOCDIR)

# The test scripts install what is missing, build, and run
test:
	sh tests/all.sh
check-%:
	sh tests/all.sh $*
demo:
	sh tests/demo.sh
benches: $(BENCHES:%=$B/bench/%)
bench: all benches
	sh tests/bench/run.sh $(BENCH)
bench-ledger:
	sh tests/bench/ledger.sh $(RECORDS)
bench-transfer:
	sh tests/bench/transfer.sh $(BENCH)
fuzz:
	FUZZ_SECONDS=$(or $(FUZZ_TIME),15) sh tests/all.sh fuzz
nightly:
	sh tests/nightly.sh
clean:
	rm -rf $(BUILD)
help:
	@sed -n '2,6p' Makefile
	@echo 'make [install|uninstall|test|demo|bench|fuzz|nightly|clean]'
	@echo 'make check-STEP: one step of the tests; sh tests/all.sh -l lists them'

.PHONY: all lib shared pc tools unit fuzzers replayers aids benches install uninstall \
        test demo bench bench-ledger bench-transfer fuzz nightly clean help FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $B -name '*.d' 2>/dev/null)
