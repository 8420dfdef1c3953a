# SPDX-License-Identifier: Apache-2.0
# build.mk: the libraries, twice: static for musl in $(DEPS)/lib, and for the system's C library in
# $(DEPS)/native/lib, where the unit tests run under sanitizers. Called by the Makefile, in rounds:
# `fetch` unpacks, so that in `musl` and `native` the wildcards below find the sources.
DEPS ?= build/deps
CC   ?= gcc
Q    ?= @

ARCH    := $(shell dpkg --print-architecture)
MULTI   := $(shell $(CC) -print-multiarch)
FETCHED := musl mnl llhttp mbedtls cjson expat yaml nghttp2
BUILT   := mbedtls cjson expat yaml nghttp2
HERE    := deps

fetch: $(FETCHED:%=$(DEPS)/src/%/.unpacked)
musl: $(BUILT:%=$(DEPS)/lib/lib%.a) $(DEPS)/lib/libfortify.a
native: $(BUILT:%=$(DEPS)/native/lib/lib%.a)
.PHONY: fetch musl native
.DELETE_ON_ERROR:

# A library is unpacked again only when its own rows of pins changed.
$(DEPS)/pins/%: $(HERE)/pins
	@mkdir -p $(@D)
	@grep -E '^$*(-patches)? ' $< | cmp -s - $@ || grep -E '^$*(-patches)? ' $< >$@
.PRECIOUS: $(DEPS)/pins/% $(DEPS)/src/%/.unpacked

$(DEPS)/src/%/.unpacked: $(DEPS)/pins/% $(HERE)/fetch.sh $(HERE)/unpack.sh $(HERE)/patch.awk $(wildcard $(HERE)/*.patch)
	$(Q)sh $(HERE)/unpack.sh $* $(ARCH) $(@D)
	@touch $@

# musl and the two libraries that come compiled.
$(DEPS)/bin/musl-cc: $(DEPS)/src/musl/.unpacked $(HERE)/musl-cc.sh
	@mkdir -p $(DEPS)/musl
	@ln -sfn ../src/musl/usr/include/$(subst -gnu,-musl,$(MULTI)) $(DEPS)/musl/include
	@ln -sfn ../src/musl/usr/lib/$(subst -gnu,-musl,$(MULTI)) $(DEPS)/musl/lib
	$(Q)sh $(HERE)/musl-cc.sh $(DEPS) "$(CC)"

# Headers: one folder for both builds; mbedTLS's configuration is ours.
S := $(DEPS)/src
$(DEPS)/include/.made: $(FETCHED:%=$(DEPS)/src/%/.unpacked) $(HERE)/mbedtls_config.h
	@rm -rf $(DEPS)/include && mkdir -p $(DEPS)/include/nghttp2 $(DEPS)/lib $(DEPS)/native/lib
	@cp -r $S/mbedtls/include/mbedtls $S/mbedtls/include/psa $S/mnl/usr/include/libmnl $(DEPS)/include
	@cp $(HERE)/mbedtls_config.h $(DEPS)/include/mbedtls
	@cp $S/llhttp/usr/include/llhttp.h $S/cjson/cJSON.h $S/yaml/include/yaml.h $(DEPS)/include
	@cp $S/expat/expat/lib/expat.h $S/expat/expat/lib/expat_external.h $(DEPS)/include
	@cp $S/nghttp2/lib/includes/nghttp2/nghttp2.h $(DEPS)/include/nghttp2
	@v=$$(awk '$$1 == "nghttp2" { print $$2 }' $(HERE)/pins); \
		n=$$(echo $$v | awk -F. '{ printf "0x%02x%02x%02x", $$1, $$2, $$3 }'); \
		sed "s/@PACKAGE_VERSION@/$$v/; s/@PACKAGE_VERSION_NUM@/$$n/" \
		$S/nghttp2/lib/includes/nghttp2/nghttp2ver.h.in >$(DEPS)/include/nghttp2/nghttp2ver.h
	@for d in lib native/lib; do \
		cp $S/mnl/usr/lib/$(MULTI)/libmnl.a $S/llhttp/usr/lib/$(MULTI)/libllhttp.a $(DEPS)/$$d; done
	@touch $@

# What is compiled of each, and how.
mbedtls_SRC := $(wildcard $S/mbedtls/library/*.c)
mbedtls_INC := -I$S/mbedtls/library
cjson_SRC   := $S/cjson/cJSON.c
# Our parsers recurse on a job's stack of 512 KiB.
cjson_INC   := -DCJSON_NESTING_LIMIT=128
expat_SRC   := $(wildcard $(addprefix $S/expat/expat/lib/,xmlparse.c xmltok.c xmlrole.c random_getrandom.c))
expat_INC   := -I$(HERE) -DXML_STATIC
yaml_SRC    := $(addprefix $S/yaml/src/,api.c reader.c scanner.c parser.c loader.c)
yaml_INC    := -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 -DYAML_VERSION_PATCH=5 \
               -DYAML_VERSION_STRING='"0.2.5"' -DYAML_DECLARE_STATIC
nghttp2_SRC := $(wildcard $S/nghttp2/lib/*.c)
nghttp2_INC := -DNGHTTP2_STATICLIB -DHAVE_ARPA_INET_H -DHAVE_NETINET_IN_H -DHAVE_CLOCK_GETTIME \
               -DHAVE_DECL_CLOCK_MONOTONIC=1

SMALL := -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
         -w -Werror=implicit-function-declaration
MUSL_FLAGS   := -Os -DNDEBUG -fstack-protector-strong $(SMALL)
NATIVE_FLAGS := -O1 -g -fno-omit-frame-pointer $(SMALL)

# $(1) library, $(2) source, $(3) musl or native, $(4) compiler, $(5) folder
define OBJECT
$(DEPS)/obj/$(3)/$(1)/$(notdir $(2:.c=.o)): $(2) $(DEPS)/include/.made $(DEPS)/bin/musl-cc $(HERE)/build.mk \
		$(if $(filter expat,$(1)),$(HERE)/expat_config.h)
	@mkdir -p $$(@D)
	$(Q)$(4) -I$(DEPS)/include $($(1)_INC) -c -o $$@ $$<
endef

define ARCHIVE
$(DEPS)/$(4)lib/lib$(1).a: $(addprefix $(DEPS)/obj/$(2)/$(1)/,$(notdir $($(1)_SRC:.c=.o)))
	@mkdir -p $$(@D)
	@rm -f $$@
	@echo "  LIB     $$@"
	$(Q)ar qcs $$@ $$^
$(foreach s,$($(1)_SRC),$(eval $(call OBJECT,$(1),$s,$(2),$(3))))
endef

$(foreach l,$(BUILT),$(eval $(call ARCHIVE,$l,musl,MUSL_CC="$(CC)" $(DEPS)/bin/musl-cc $(MUSL_FLAGS),)))
$(foreach l,$(BUILT),$(eval $(call ARCHIVE,$l,native,$(CC) -D_GNU_SOURCE $(NATIVE_FLAGS),native/)))

$(DEPS)/lib/libfortify.a: $(HERE)/fortify.c $(DEPS)/bin/musl-cc $(DEPS)/include/.made
	$(Q)MUSL_CC="$(CC)" $(DEPS)/bin/musl-cc -Os $(SMALL) -c -o $(DEPS)/fortify.o $<
	@rm -f $@
	$(Q)ar qcs $@ $(DEPS)/fortify.o
