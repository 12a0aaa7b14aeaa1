# GNU make >= 4.3. Variants build side by side: make V=asan
V       ?= release
B       := build/$V
ifeq ($(origin CC),default)
CC      := cc
endif
VERSION := 0.1.0
PREFIX  ?= /usr/local
PKGS    := libsodium libcrypto libarchive libzstd libcurl libmicrohttpd gnutls jansson

WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
           -Wformat=2 -Wvla -Wundef -Wimplicit-fallthrough -Wswitch-enum
HARD    := -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
           -fstack-clash-protection -fcf-protection -fPIC
HARD_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all
OPT.release := -O2 -g $(HARD)
LD.release  := $(HARD_LD)
OPT.asan    := -O1 -g -fno-omit-frame-pointer $(SAN)
LD.asan     := $(SAN)
OPT.fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
               -fno-sanitize-recover=all
LD.fuzz     := -fsanitize=address,undefined
OPT.cov     := -O0 -g --coverage
LD.cov      := --coverage
ifeq ($V,fuzz)
CC := clang
endif

PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS)) -lpthread

LIB_SRC  := $(sort $(wildcard lib/*/*.c))
CMD_LIB  := $(filter-out cmd/bulla-%.c cmd/bulla.c,$(sort $(wildcard cmd/*.c)))
TOOL_SRC := $(sort $(wildcard cmd/bulla*.c))
TOOLS    := $(TOOL_SRC:cmd/%.c=%)
TEST_SRC := $(sort $(wildcard tests/unit/test_*.c))
TESTS    := $(TEST_SRC:tests/unit/%.c=%)
FUZZ_SRC := $(sort $(wildcard fuzz/fuzz_*.c))
FUZZERS  := $(FUZZ_SRC:fuzz/%.c=%)

# ours first, the packager's after, so that theirs win
ALL_CFLAGS  = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Iinclude -Ilib \
              -DBULLA_VERSION='"$(VERSION)"' $(PKG_CFLAGS) $(WARN) $(OPT.$V) \
              $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(LD.$V) $(LDFLAGS)

all: lib tools
lib: $B/libbulla.a
tools: $(TOOLS:%=$B/bin/%)

$B/libbulla.a: $(LIB_SRC:%.c=$B/%.o)
	@rm -f $@
	$(AR) rcs $@ $^
$(TOOLS:%=$B/bin/%): $B/bin/%: $B/cmd/%.o $(CMD_LIB:%.c=$B/%.o) $B/libbulla.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) $(LDLIBS)
$(TESTS:%=$B/tests/%): $B/tests/%: $B/tests/unit/%.o $B/libbulla.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(WRAP.$*) -o $@ $^ -lcriterion $(PKG_LIBS) $(LDLIBS)
$(FUZZERS:%=$B/fuzz/%): $B/fuzz/%: $B/fuzz/%.o $B/libbulla.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) $(LDLIBS)
$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
# Criterion macros use GNU extensions: fewer warnings there
$B/tests/unit/%.o: WARN := -Wall -Wextra
unit: $(TESTS:%=$B/tests/%)
fuzzers: $(FUZZERS:%=$B/fuzz/%)
clean:
	rm -rf build
.PHONY: all lib tools unit fuzzers clean
.SECONDARY:
-include $(shell find build/$V -name '*.d' 2>/dev/null)
