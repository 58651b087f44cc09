# Builds Perigee: the library, the command, the Lua module, and everything that tests them.
#
#   make help        lists the targets
#   make DEBUG=1     -O0, the IR checker after every pass      (into build-debug/)
#   make SAN=1       address and undefined-behaviour sanitizers (into build-san/)
#   make TSAN=1      thread sanitizer                           (into build-tsan/)
#   make MUTATE=1    faults that PG_MUTANT asks for              (into build-mutate/)
#   make BUILD=dir   puts everything into dir/
#   make V=1         shows the commands

BUILD   ?= build$(if $(DEBUG),-debug)$(if $(SAN),-san)$(if $(TSAN),-tsan)$(if $(MUTATE),-mutate)
PREFIX  ?= /usr/local
DESTDIR ?=

CC         ?= gcc
AR         ?= ar
PKG_CONFIG ?= pkg-config
LUA        ?= lua5.4
BPF_CLANG  ?= clang-19
WERROR     ?= -Werror

comma   := ,
VERSION := $(shell sed -n 's/^.define PG_VERSION "\(.*\)"/\1/p' include/perigee.h)
SOMAJOR := $(firstword $(subst ., ,$(VERSION)))

SANITIZE = $(if $(SAN),-fsanitize=address$(comma)undefined) $(if $(TSAN),-fsanitize=thread)
OPT      = $(if $(DEBUG),-O0 -DPG_CHECK,$(if $(TSAN),-O1,-O2)) $(SANITIZE) $(if $(SAN),-fno-omit-frame-pointer)
CPPFLAGS += -Iinclude -Isrc -D_GNU_SOURCE $(if $(MUTATE),-DPG_MUTATE)
CFLAGS   += -std=gnu11 -g $(OPT) -Wall -Wextra -Wshadow $(WERROR) -fvisibility=hidden -fPIC
# -z now: calls into libc are bound at the start, not one by one in the first compile.
LDFLAGS  += -Wl,-z,now $(SANITIZE)
LDLIBS   += -lm

# say = one short line in place of the command
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)

LUA_CFLAGS := $(shell $(PKG_CONFIG) --cflags lua5.4 2>/dev/null)
LUA_LIBS   := $(shell $(PKG_CONFIG) --libs lua5.4 2>/dev/null)
LUA_STATIC := $(shell $(PKG_CONFIG) --libs --static lua5.4 2>/dev/null)
# The command carries Lua inside, where the archive is there, and shows it to modules it loads.
LUA_INSIDE := $(if $(wildcard $(shell $(CC) -print-file-name=liblua5.4.a)),\
		-Wl$(comma)-E $(LUA_STATIC:-llua5.4=-l:liblua5.4.a),$(LUA_LIBS))
CMOCKA     := $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null || echo -lcmocka)
LUAMOD_DIR ?= $(PREFIX)/lib/lua/5.4

# ---- what there is ----

objects  = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))
src_all := $(wildcard src/*.c src/*/*.c src/*/*.S)
src_lua := $(filter src/lua/%,$(src_all))
src_cli := $(filter src/cli/%,$(src_all))
src_lib := $(filter-out $(src_lua) $(src_cli),$(src_all))
lib_obj := $(call objects,$(src_lib))
lua_obj := $(call objects,$(src_lua))
cli_obj := $(call objects,$(src_cli))

# Tests: every test_*.c, and every tests/*/*_main.c, is a program; other files of tests/vm-bpf and
# tests/kernel are what these programs share.
unit_src  := $(wildcard tests/unit/test_*.c)
main_src  := $(wildcard tests/*/*_main.c)
share_src := $(filter-out %_main.c %_preload.c,$(wildcard tests/vm-bpf/*.c tests/kernel/*.c))
bench_src := $(wildcard bench/*.c)
unit_bin  := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(unit_src))
main_bin  := $(foreach f,$(main_src),$(BUILD)/tests/$(patsubst %_main.c,%,$(notdir $(f))))
# What `make check` compiles, so that it sees when a signature is another one.
bench_obj := $(call objects,$(bench_src) $(wildcard bench/measure/*.c))
bench_bin := $(patsubst bench/%.c,$(BUILD)/bench/%,$(bench_src))
preload_src := $(wildcard tests/*/*_preload.c)
preload_so := $(patsubst %.c,$(BUILD)/tests/%.so,$(notdir $(preload_src)))
# bench/code: pairs of a script and its peer in C, for clang; bench/measure compares them.
code_bin  := $(BUILD)/bench/code
code_obj  := $(patsubst bench/code/%.c,$(BUILD)/bench/bpf/%.o,$(wildcard bench/code/*.c))
share_obj := $(call objects,$(share_src))
share_lib := $(if $(share_src),$(BUILD)/libtest.a)

threads   := $(if $(SAN)$(TSAN),,$(BUILD)/tests/threads_tsan)
sanitized := $(if $(SAN)$(TSAN),,$(BUILD)-san/perigee)

products := $(BUILD)/libperigee.a $(BUILD)/libperigee.so $(if $(src_cli),$(BUILD)/perigee) \
	    $(if $(src_lua),$(BUILD)/perigee.so)
stage    := $(if $(wildcard tests/net/stage/*.c),$(BUILD)/stage)

.PHONY: FORCE all tests sanitized check faults check-vm fresh demo fuzz fuzz-input mutate mutate-fuzz bench static install uninstall clean help
.DELETE_ON_ERROR:
.SECONDARY:

all: $(products) $(stage)                     ## the library, the command, the Lua module
tests: $(unit_bin) $(main_bin) $(preload_so) $(threads) $(bench_obj)     ## the test programs; benchmarks, compiled only

sanitized: $(sanitized)                       ## the command under sanitizers, for the suite of that name

check: all tests $(if $(filter-out sanitized%,$(T)),,$(sanitized))  ## all tests; T=suite/name runs a part
	@BUILD=$(BUILD) LUA=$(LUA) tests/run $(T)

faults: all tests                             ## each allocation and system call of a script refused in turn (root; minutes)
	@for t in memory denied; do BUILD=$(BUILD) LUA=$(LUA) FAULT_ALL=1 TEST_LIMIT=3600 tests/run fault/$$t || exit; done

check-vm: all tests                           ## suites T= on kernels K= of Debian, in QEMU; a table (root, the mirror)
	@BUILD=$(BUILD) $(if $(T),SUITES="$(T)") tests/vm/run $(or $(K),5.10 6.1 6.12 newest)

fresh:                                        ## ./bootstrap demo and check in a new Debian 12 (root, the mirror)
	@tests/fresh

demo: $(BUILD)/perigee $(BUILD)/stage         ## a Lua script stops a flood of real packets (root)
	$(BUILD)/stage $(BUILD)/perigee examples/ddos.lua

fuzz: $(BUILD)/perigee                        ## generated programs against stock Lua: N= programs from SEED= on
	@BUILD=$(BUILD) tests/fuzz/run $(or $(N),1000) $(SEED)

fuzz-input: $(BUILD)/tests/test_input         ## what reads what others wrote, under libFuzzer (clang-19): SECONDS= each, T=name
	@BUILD=$(BUILD) tests/fuzz/input $(or $(SECONDS),180) $(T)

mutate:                                       ## single faults, and which suite notices each; T=name: some
	@$(MAKE) --no-print-directory MUTATE=1 all tests
	@BUILD=build-mutate LUA=$(LUA) tests/mutate/run $(T)

mutate-fuzz:                                  ## which of them generated programs notice, N= from SEED= on; T=name: some
	@$(MAKE) --no-print-directory MUTATE=1 all
	@BUILD=build-mutate tests/fuzz/mutants $(or $(N),20000) $(or $(SEED),1) $(T)

bench: all $(bench_bin) $(code_bin) $(code_obj) ## measures; results go to docs/benchmarks.md
	@BUILD=$(BUILD) bench/run

static: $(BUILD)/static/perigee               ## the command, linked statically

help:                                         ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

clean:                                        ## removes the build directory
	rm -rf $(BUILD) $(BUILD)-tsan $(BUILD)-san

# ---- products ----

$(BUILD)/libperigee.a: $(lib_obj)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(BUILD)/libperigee.so: $(lib_obj)
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) -shared -Wl,-soname,libperigee.so.$(SOMAJOR) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Debian's lua5.4 carries Lua inside: its symbols stay unresolved until the module is loaded there.
$(BUILD)/perigee.so: $(lua_obj) $(BUILD)/libperigee.a
	$(call say,LINK)$(CC) -shared $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/perigee: $(cli_obj) $(lua_obj) $(BUILD)/libperigee.a
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(LUA_INSIDE) $(LDLIBS)

$(BUILD)/static/perigee: $(cli_obj) $(lua_obj) $(BUILD)/libperigee.a
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) -static $(LDFLAGS) -o $@ $^ $(LUA_STATIC) $(LDLIBS)

# ---- test programs ----

$(BUILD)/libtest.a: $(share_obj)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(unit_bin): $(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(share_lib) $(BUILD)/libperigee.a
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(CMOCKA) $(LUA_LIBS) $(LDLIBS)

define main_rule
$(BUILD)/tests/$(patsubst %_main.c,%,$(notdir $(1))): $(call objects,$(1)) $(share_lib) $(BUILD)/libperigee.a
	@mkdir -p $$(@D)
	$$(call say,LINK)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LUA_LIBS) $$(LDLIBS)
endef
$(foreach f,$(main_src),$(eval $(call main_rule,$(f))))

# bench/push.c stands between the Lua module, the library and the kernel.
wrapped := syscall pg_compile pg_load pg_link_replace
$(BUILD)/bench/push: LDFLAGS += $(wrapped:%=-Wl,--wrap=%)
$(BUILD)/bench/passes $(BUILD)/bench/counts: LDFLAGS += -Wl,--wrap=compile_run

# The library again, for one test: what two threads share shows under the thread sanitizer alone.
$(BUILD)/tests/threads_tsan: FORCE
	@mkdir -p $(@D)
	@$(MAKE) -s --no-print-directory TSAN=1 BUILD=$(BUILD)-tsan $(BUILD)-tsan/tests/test_threads
	@cp -u $(BUILD)-tsan/tests/test_threads $@

# The command again, for suite `sanitized`.
$(BUILD)-san/perigee: $(if $(SAN)$(TSAN),,FORCE)
	@$(MAKE) -s --no-print-directory SAN=1 BUILD=$(BUILD)-san $@

$(bench_bin): $(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(lua_obj) $(BUILD)/libperigee.a
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(LUA_LIBS) $(LDLIBS)

# What tests load into the command before everything else: no sanitizers, which want to be first.
define preload_rule
$(BUILD)/tests/$(patsubst %.c,%.so,$(notdir $(1))): $(1) tests/preload.h
	@mkdir -p $$(@D)
	$$(call say,LINK)$$(CC) -shared -fPIC -std=gnu11 -O2 -Wall -Wextra -Wshadow $(WERROR) -D_GNU_SOURCE -o $$@ $$(filter %.c,$$^)
endef
$(foreach f,$(preload_src),$(eval $(call preload_rule,$(f))))
$(BUILD)/tests/bpf_preload.so: tests/vm-bpf/vm.c $(wildcard tests/vm-bpf/kernel/*.c tests/vm-bpf/*.h tests/vm-bpf/kernel/*.h)

$(code_bin): LDFLAGS += -Wl,--wrap=syscall
$(code_bin): $(call objects,$(wildcard bench/measure/*.c)) $(share_lib) $(lua_obj) $(BUILD)/libperigee.a
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(LUA_LIBS) $(LDLIBS)

$(BUILD)/bench/bpf/%.o: bench/code/%.c $(wildcard bench/code/*.h)
	@mkdir -p $(@D)
	$(call say,BPF)$(BPF_CLANG) -O2 -target bpf -mcpu=v3 -Wall -I/usr/include/$(shell $(CC) -dumpmachine) -c -o $@ $<

$(BUILD)/stage: $(call objects,$(wildcard tests/net/stage/*.c))
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# ---- objects ----

# Only the Lua module, the command and the tests see lua.h.
$(lua_obj) $(cli_obj) $(BUILD)/obj/tests/%.o $(BUILD)/obj/bench/%.o: CPPFLAGS += $(LUA_CFLAGS)
$(BUILD)/obj/tests/%.o $(BUILD)/obj/bench/%.o: CPPFLAGS += -Itests
# Lua sources are embedded by .incbin, which -MMD does not see.
$(lua_obj): $(wildcard lua/*.lua)

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.S Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# ---- installing ----

install: all                                  ## into DESTDIR/PREFIX: bin, lib, include, Lua module, pkg-config
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
		$(DESTDIR)$(PREFIX)/include $(DESTDIR)$(LUAMOD_DIR)
	install -m 755 $(BUILD)/perigee $(DESTDIR)$(PREFIX)/bin/perigee
	install -m 644 include/perigee.h $(DESTDIR)$(PREFIX)/include/perigee.h
	install -m 644 $(BUILD)/libperigee.a $(DESTDIR)$(PREFIX)/lib/libperigee.a
	install -m 755 $(BUILD)/libperigee.so $(DESTDIR)$(PREFIX)/lib/libperigee.so.$(SOMAJOR)
	ln -sf libperigee.so.$(SOMAJOR) $(DESTDIR)$(PREFIX)/lib/libperigee.so
	install -m 755 $(BUILD)/perigee.so $(DESTDIR)$(LUAMOD_DIR)/perigee.so
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' \
		'Name: perigee' 'Description: compiles Lua functions to eBPF' 'Version: $(VERSION)' \
		'Libs: -L$${libdir} -lperigee' 'Libs.private: -lm' 'Cflags: -I$${includedir}' \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/perigee.pc

uninstall:                                    ## removes what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/perigee $(DESTDIR)$(PREFIX)/include/perigee.h \
		$(DESTDIR)$(PREFIX)/lib/libperigee.a $(DESTDIR)$(PREFIX)/lib/libperigee.so \
		$(DESTDIR)$(PREFIX)/lib/libperigee.so.$(SOMAJOR) $(DESTDIR)$(LUAMOD_DIR)/perigee.so \
		$(DESTDIR)$(PREFIX)/lib/pkgconfig/perigee.pc
