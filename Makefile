# SPDX-License-Identifier: Apache-2.0
# Makefile - vpcbox, vpcbox-lab and their tests. `make help` lists what can be made.
VERSION = 0.1.0
OUT     = build
DEPS    = $(OUT)/deps
PREFIX  = /usr/local
Q       = $(if $(V),,@)

ifeq ($(origin CC),default)
CC = gcc
endif
# Without -j from the caller, as many jobs as there are processors.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
# The first build shows what the machine lacks in one line instead of a compiler's many.
MISSING := $(strip $(foreach t,$(CC) ar awk tar,$(if $(shell command -v $(t)),,$(t))))

# Ours, never replaced by a caller's CFLAGS, which come last and are never needed.
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
       -Wvla -Wformat=2 -Wno-format-truncation -Wcast-qual -Wwrite-strings -Wundef -Werror \
       $(if $(findstring clang,$(CC)),-Wno-unknown-warning-option)
LANG_ = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -iquote include -isystem $(DEPS)/include
SMALL = -Os -g -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fstack-protector-strong
ALL   = $(LANG_) $(WARN) $(SMALL) -MMD -MP $(CFLAGS)
MUSL  = MUSL_CC="$(CC)" $(DEPS)/bin/musl-cc

ROOMS   = $(wildcard util net aws k8s node)
APPLETS := $(shell sed -n 's/^APPLET.\([a-z]*\),.*/\1/p' include/applets.def)
LIBS    = mbedtls cjson expat yaml nghttp2 mnl llhttp fortify

room = $(patsubst %.c,$(OUT)/obj/%.o,$(wildcard $(1)/*.c))
# The plugin lives for a millisecond, much of it page faults: what it uses lies together, in front.
FRONT = $(OUT)/obj/main.o $(call room,applets/cni)
BOX  = $(filter-out $(FRONT),$(foreach a,$(APPLETS),$(call room,applets/$(a))))
LABS = applets/lab $(patsubst %/,%,$(wildcard applets/lab/*/))
LAB  = $(foreach r,$(LABS),$(call room,$(r)))
LOW  = $(ROOMS:%=$(OUT)/%.a)
ARCH = $(LOW) $(LIBS:%=$(DEPS)/lib/lib%.a)
NEAR = $(LOW) $(patsubst %,$(DEPS)/lib/lib%.a,mnl cjson mbedtls fortify) -lc

all: $(OUT)/vpcbox $(OUT)/vpcbox-lab ## build/vpcbox and build/vpcbox-lab (the default)

# ---- the two programs: static, stripped, symbols kept beside them

define LINK
@echo "  LINK    $@"
$(Q)$(MUSL) $(SMALL) $(CFLAGS) -Wl,--gc-sections -Wl,-Map=$@.map -o $@.part \
	$(filter $(FRONT),$^) -Wl,--start-group $(NEAR) -Wl,--end-group \
	$(filter-out $(FRONT),$(filter %.o,$^)) -Wl,--start-group $(ARCH) -Wl,--end-group
$(Q)objcopy --only-keep-debug $@.part $@.debug
$(Q)objcopy --strip-all --add-gnu-debuglink=$@.debug $@.part
$(Q)mv $@.part $@
endef

$(OUT)/vpcbox: $(FRONT) $(BOX) $(LOW)
	$(LINK)

$(OUT)/vpcbox-lab: $(LAB) $(LOW)
	$(LINK)
$(LAB): private LANG_ += $(LABS:%=-iquote %)

# Programs that tests and benchmarks run, each of one file: build/tools/NAME.
tools: $(patsubst %.c,$(OUT)/tools/%,$(notdir $(wildcard tests/tools/*.c tests/bench/*.c)))
$(OUT)/tools/%: $(OUT)/obj/tests/tools/%.o $(LOW)
	@mkdir -p $(@D)
	$(LINK)
$(OUT)/tools/%: $(OUT)/obj/tests/bench/%.o $(LOW)
	@mkdir -p $(@D)
	$(LINK)

# Objects and facts of AWS in, the controller's model out.
MODEL = $(OUT)/obj/tests/unit/lbcase.o $(filter-out %/main.o,$(call room,applets/lbctl))
$(OUT)/tools/lbmodel: $(OUT)/obj/tests/tools/lbmodel.o $(MODEL) $(LOW)
	@mkdir -p $(@D)
	$(LINK)
$(OUT)/tools/lbgroup: $(OUT)/obj/tests/bench/lbgroup.o $(MODEL) $(LOW)
	@mkdir -p $(@D)
	$(LINK)
$(addprefix $(OUT)/obj/tests/,tools/lbmodel.o bench/lbgroup.o) $(OUT)/obj/tests/unit/lbcase.o: private LANG_ += -iquote applets/lbctl -iquote tests/unit

# The lab's AWS and its application load balancers.
$(OUT)/tools/albtool: $(OUT)/obj/tests/tools/albtool.o $(filter-out $(OUT)/obj/applets/lab/main.o,$(LAB)) $(LOW)
	@mkdir -p $(@D)
	$(LINK)
$(OUT)/obj/tests/tools/albtool.o: private LANG_ += $(LABS:%=-iquote %)

# A folder's own time changes when a file comes or goes, so an archive never keeps a file that is gone.
define ARCHIVE
$(OUT)/$(1).a: $(call room,$(1)) $(1)
	@rm -f $$@
	$(Q)ar qcs $$@ $$(filter %.o,$$^)
endef
$(foreach r,$(ROOMS),$(eval $(call ARCHIVE,$(r))))

$(OUT)/obj/%.o: %.c Makefile $(DEPS)/.made
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(MUSL) $(ALL) -c -o $@ $<

# The lab's API server alone.
KAPI = $(call room,applets/lab/apiserver)
$(OUT)/tools/kapi: $(OUT)/obj/tests/tools/kapi.o $(KAPI) $(LOW)
	@mkdir -p $(@D)
	$(LINK)
$(OUT)/obj/tests/tools/kapi.o: private LANG_ += -iquote applets/lab/apiserver

# ---- libraries

deps: $(DEPS)/.made $(DEPS)/native/.made ## the libraries, from Debian's archives pinned in deps/pins
DEPS_MAKE = $(MAKE) --no-print-directory -f deps/build.mk DEPS=$(DEPS) CC="$(CC)" Q=$(Q)
$(DEPS)/.made: $(wildcard deps/*)
	$(if $(MISSING),$(error this machine lacks $(MISSING): apt-get install gcc make))
	@mkdir -p $(DEPS)
	@+$(DEPS_MAKE) fetch
	@+$(DEPS_MAKE) musl
	@touch $@
$(DEPS)/native/.made: $(DEPS)/.made
	@echo '#include <stdlib.h>' | $(CC) -E -xc - >/dev/null 2>&1 || \
		{ echo "deps: the C library's headers are missing: apt-get install libc6-dev" >&2; exit 1; }
	@+$(DEPS_MAKE) native
	@touch $@

pins: ## renew deps/pins from Debian stable's signed lists
	$(Q)sh deps/pin.sh

# ---- unit tests, natively: musl has no sanitizers, and the code is the same

NATIVE = $(LANG_) $(filter-out -Werror,$(WARN)) -g -O1 -fno-omit-frame-pointer -MMD -MP -iquote tests/unit \
         $(APPLETS:%=-iquote applets/%) $(LABS:%=-iquote %)
NLIBS  = -L$(DEPS)/native/lib $(patsubst %,-l%,$(filter-out fortify,$(LIBS))) -pthread -lm
SAN    = -fsanitize=address,undefined -fno-sanitize-recover=undefined

# Files of tests/unit without a test are helpers, linked where needed.
HELPER = $(filter-out tests/unit/run.c,$(shell grep -L '^TEST\b' tests/unit/*.c))
TESTED = $(filter-out %/main.c,$(wildcard $(ROOMS:%=%/*.c) $(APPLETS:%=applets/%/*.c) $(LABS:%=%/*.c)))
TESTS  = $(filter-out tests/unit/run.c $(HELPER),$(wildcard tests/unit/*.c))
ifeq ($(origin ROOMS),command line) # `make unit ROOMS=util`: those files, and the tests named like them
TESTED = $(wildcard $(ROOMS:%=%/*.c))
TESTS  = $(wildcard $(patsubst %,tests/unit/%,$(notdir $(TESTED))))
endif
# ThreadSanitizer: what has threads, the loop and its jobs, is in util; and what threads share in net, aws and k8s.
SHARED = lookup tls_cache httppool aws_threads ratelimit creds_share kube kube_auth kube_fake kubestore kubewatch kubelease kubeevent loop_post
TSANED = $(wildcard util/*.c $(addprefix net/,conn.c tls*.c http*.c lookup.c netns.c proxy.c) $(filter-out aws/ec2%,$(wildcard aws/*.c)) $(wildcard k8s/*.c))
TTESTS = $(wildcard $(patsubst %.c,tests/unit/%.c,$(notdir $(wildcard util/*.c))) $(SHARED:%=tests/unit/%.c))

# $(1) folder of the objects, $(2) flags, $(3) program, $(4) sources tested, $(5) tests
define UNIT
$(OUT)/$(1)/%.o: %.c Makefile $(DEPS)/native/.made
	@mkdir -p $$(@D)
	$(Q)$(CC) $(NATIVE) $(2) -c -o $$@ $$<
$(OUT)/$(1)/tested.a: $(patsubst %.c,$(OUT)/$(1)/%.o,$(4)) $(ROOMS)
	@rm -f $$@
	$(Q)ar qcs $$@ $$(filter %.o,$$^)
$(OUT)/$(3): $(patsubst %.c,$(OUT)/$(1)/%.o,$(5) tests/unit/run.c) $(OUT)/$(1)/tested.a
	@echo "  LINK    $$@"
	$(Q)$(CC) $(2) -o $$@ $$^ $(NLIBS)
endef
# Every file of tests/fuzz is a target, but for replay.c, which gives the targets their corpora.
ifneq ($(origin ROOMS),command line)
FUZZ = $(filter-out replay,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
endif
FUZZED = $(wildcard $(ROOMS:%=%/*.c)) $(filter-out %/main.c,$(wildcard applets/lbctl/*.c)) tests/unit/lbcase.c
FUZZER = -fsanitize=address,undefined -fno-sanitize-recover=undefined -Wno-unknown-warning-option
SECONDS = 60

$(OUT)/fuzz/%: $(OUT)/asan/tests/fuzz/%.o $(OUT)/asan/tests/fuzz/replay.o $(OUT)/asan/tested.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(SAN) -o $@ $^ $(NLIBS)
$(OUT)/fuzzer/%.o: %.c Makefile $(DEPS)/native/.made
	@mkdir -p $(@D)
	$(Q)clang $(NATIVE) $(FUZZER) -fsanitize=fuzzer-no-link -c -o $@ $<
$(OUT)/fuzzer/%: $(OUT)/fuzzer/tests/fuzz/%.o $(FUZZED:%.c=$(OUT)/fuzzer/%.o)
	@echo "  LINK    $@"
	$(Q)clang $(FUZZER) -fsanitize=fuzzer -o $@ $^ $(NLIBS)

fuzz: $(F:%=$(OUT)/fuzzer/%) ## libFuzzer for SECONDS=60 on F=http (or another file of tests/fuzz)
	$(if $(F),,$(error which one? F=$(firstword $(FUZZ)), of: $(FUZZ)))
	@mkdir -p $(OUT)/fuzzer/corpus/$(F)
	$(Q)$(OUT)/fuzzer/$(F) -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=1024 \
		-artifact_prefix=$(OUT)/fuzzer/$(F)- $(OUT)/fuzzer/corpus/$(F) tests/fuzz/corpus/$(F)

$(eval $(call UNIT,asan,$(SAN),unit,$(TESTED) $(HELPER),$(TESTS)))
$(eval $(call UNIT,tsan,-fsanitize=thread,unit-tsan,$(TSANED) $(wildcard $(addprefix tests/unit/,web.c fakeaws.c fakekube*.c)),$(TTESTS)))

unit: $(OUT)/unit $(OUT)/unit-tsan $(FUZZ:%=$(OUT)/fuzz/%) ## unit tests under ASan, UBSan and TSan (T=word: only those named so)
	$(Q)unshare -rn $(OUT)/unit $(T)
	$(Q)unshare -rn setarch -R $(OUT)/unit-tsan $(T)
	$(Q)$(if $(T),true,set -e; for f in $(FUZZ); do $(OUT)/fuzz/$$f $$f tests/fuzz/corpus/$$f; done)

# ---- everything else

lint: $(LOW) ## the tree's own rules
	$(Q)OUT=$(OUT) DEPS=$(DEPS) sh tests/lint.sh

docs: ## what is made of tables: docs/annotations.md
	$(Q)LC_ALL=C awk -f tools/annotations.awk applets/lbctl/annotations.def >docs/annotations.md

format: ## clang-format 14 over every C file
	$(Q)find . -path ./$(OUT) -prune -o -name '*.[ch]' -print | \
		xargs $(or $(wildcard $(OUT)/tools/clang-format),clang-format) -i

test: ## install the tests' tools, then lint, unit, golden, netns, aws, k8s, lab and e2e tests
	$(Q)OUT=$(OUT) sh tests/setup.sh
	$(Q)env -u MAKELEVEL -u MAKEFLAGS -u MFLAGS OUT=$(OUT) DEPS=$(DEPS) sh tests/run.sh

demo: ## two simulated nodes, two pods, and a tour that proves each claim
	$(Q)sh tests/setup.sh demo
	@+$(MAKE) --no-print-directory all
	$(Q)$(OUT)/vpcbox-lab tour

bench: all tools ## figures into build/bench.tsv (AREA=cni: only those)
	$(Q)OUT=$(OUT) sh tests/bench/run.sh $(AREA)

size: $(OUT)/vpcbox ## bytes per library and per room
	$(Q)awk -v total=$$(wc -c <$<) -f tests/size.awk $<.map

install: all ## into DESTDIR and PREFIX, with a link for each name that an applet replaces
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(OUT)/vpcbox $(OUT)/vpcbox-lab $(DESTDIR)$(PREFIX)/bin
	for name in $$(sed -n 's/^APPLET([a-z]*, "\([^"]*\)".*/\1/p' include/applets.def); do \
		ln -sf vpcbox $(DESTDIR)$(PREFIX)/bin/$$name; done

clean: ## remove build/ (fetched archives stay in the cache)
	rm -rf $(OUT)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

.PHONY: all tools deps pins unit fuzz lint docs format test demo bench size install clean help
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(OUT)/obj $(OUT)/asan $(OUT)/tsan $(OUT)/fuzzer -name '*.d' 2>/dev/null)
