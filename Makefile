# Everything that is done with this project, a word each: `make help`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
# A release needs no Swift runtime where it runs, and has nothing left to bind that could be overwritten.
RELEASE := -c release --static-swift-stdlib -Xlinker -z -Xlinker now
BIN := .build/release

# Where `make install` puts things; below DESTDIR, for whoever makes a package.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=
UNITS = $(PREFIX)/lib/systemd/system
UNIT_SOURCES := Sources/posternd/systemd
UNIT_NAMES := $(basename $(notdir $(wildcard $(UNIT_SOURCES)/*.in)))
# For bash, zsh and fish, in this order.
COMPLETIONS = $(PREFIX)/share/bash-completion/completions/postern \
	$(PREFIX)/share/zsh/site-functions/_postern \
	$(PREFIX)/share/fish/vendor_completions.d/postern.fish
# The compiled contract, with what answers and errors consist of, as reflection serves it.
PROTOSET = $(PREFIX)/share/postern/postern.protoset
# A line of base64 for URLs for each file, without padding.
DECODE_PROTOSET = sed -nE 's|^    /\*.*\*/ "([A-Za-z0-9_-]+)",$$|\1|p' \
	Sources/Services/Generated/DescriptorSet.swift | \
	while read -r line; do printf '%s%.*s' "$$line" $$(( -$${\#line} & 3 )) == | \
	basenc --base64url --decode; done
# For clients that keep answers, in every language that can call C; and the contract as text, where
# `protoc` looks by itself.
HEADER = $(PREFIX)/include/postern_epochs.h
CONTRACT = $(addprefix $(PREFIX)/include/,$(patsubst proto/%,%,$(wildcard proto/postern/v1/*.proto)))
# Made from the tables of the programs.
MANUALS = $(addprefix $(PREFIX)/share/man/,man1/postern.1 man5/postern.conf.5 \
	man5/postern-policy.5 man8/posternd.8)
# For other programs: alert rules and a dashboard, rules for scanners, Kubernetes.
PACKAGING := Sources/Packaging
EXAMPLES := $(wildcard $(PACKAGING)/prometheus/*.rules.yml $(PACKAGING)/prometheus/*.json \
	$(PACKAGING)/scanners/*.* $(PACKAGING)/kubernetes/*.yaml)
TOKEN_METRICS = $(PREFIX)/lib/postern/token-metrics
# The README and the articles that it links to, all in one folder.
ARTICLES := $(wildcard Sources/*/*.docc/*.md)
PICTURES := $(wildcard Sources/*/*.docc/*.svg)
DOCUMENTS = $(PREFIX)/share/doc/postern
INSTALLED = $(PREFIX)/bin/posternd $(PREFIX)/bin/postern $(COMPLETIONS) \
	$(addprefix $(UNITS)/,$(UNIT_NAMES)) $(PREFIX)/lib/sysusers.d/postern.conf \
	$(PROTOSET) $(HEADER) $(CONTRACT) $(MANUALS) $(TOKEN_METRICS) \
	$(addprefix $(PREFIX)/share/postern/,$(patsubst $(PACKAGING)/%,%,$(EXAMPLES))) \
	$(addprefix $(DOCUMENTS)/,README.md $(notdir $(ARTICLES) $(PICTURES)))

.PHONY: help
help: ## Lists what can be made.
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | \
		awk -F'\t' '{ printf "  make %-11s %s\n", $$1, $$2 }'

.PHONY: deps
deps: ## Installs the Debian packages that are missing.
	@.ci/deps build

.PHONY: build
build: deps ## Builds a release into .build/release.
	$(SWIFT) build $(RELEASE)

.PHONY: run
run: build ## Builds a release and serves on ./.postern/postern.sock.
	@.ci/serve $(BIN)

.PHONY: demo
demo: build ## Tells the story of a token, with a fresh daemon and real calls.
	@.ci/demo $(BIN)

.PHONY: fleet-demo
fleet-demo: build ## Tells the story of a fleet: PostgreSQL, three daemons and real calls.
	@.ci/deps fleet
	@.ci/fleet-demo $(BIN)

.PHONY: test
test: ## Runs all tests.
	@.ci/deps build generate test
	$(SWIFT) build --build-tests
	@.ci/test

.PHONY: lint
lint: ## Checks format, contract, generated code and documentation.
	@.ci/deps build generate
	@.ci/lint

.PHONY: generate
generate: ## Makes the generated code anew from the .proto files.
	@.ci/deps build generate
	.ci/generate

.PHONY: protoset
protoset: ## Prints the compiled contract, for tools that read a descriptor set.
	@$(DECODE_PROTOSET)

.PHONY: interop
interop: ## Runs stock clients in other languages against a daemon.
	@.ci/deps build interop
	$(SWIFT) build --product posternd
	Tests/Interop/run "$$($(SWIFT) build --show-bin-path)/posternd"

.PHONY: packaging
packaging: build ## Checks alert rules, manual pages, units, rules for scanners, Kubernetes.
	@.ci/deps packaging
	Tests/Packaging/run $(BIN)

# What the trials run on: a debug build, which can be ended at every step of a change.
TRIAL = @.ci/deps build trials; for product in posternd postern; do \
	$(SWIFT) build --product $$product; done; Tests/Trials/run

.PHONY: model
model: ## Tells random stories to a daemon and a model of it: STEPS=2000 SEED=1.
	$(TRIAL) model "$$($(SWIFT) build --show-bin-path)" $(or $(STEPS),2000) $(or $(SEED),1)

.PHONY: models
models: ## Checks the models of the page of counters with spin: CHANGES=1, 2 takes minutes.
	@.ci/deps models
	Tests/Models/run $(or $(CHANGES),1)

.PHONY: kept
kept: ## Hunts for a kept answer that is used after its end: SECONDS=600.
	@.ci/deps build generate test
	$(SWIFT) build --build-tests
	SWIFT_BACKTRACE=enable=no POSTERN_HUNT_SECONDS=$(or $(SECONDS),600) \
		$(SWIFT) test --skip-build --filter KeptHuntTests

.PHONY: allocations
allocations: build ## Counts how often steady calls of a release ask for memory.
	@.ci/deps test
	$(SWIFT) build --build-tests
	SWIFT_BACKTRACE=enable=no POSTERN_RELEASE=$(BIN) \
		$(SWIFT) test --skip-build --filter AllocationTests

.PHONY: crash
crash: ## Kills a daemon under load and looks what is there: ROUNDS=100 SEED=1.
	$(TRIAL) crash "$$($(SWIFT) build --show-bin-path)" $(or $(ROUNDS),100) $(or $(SEED),1)

.PHONY: powercut
powercut: ## Rebuilds ledgers as power cuts may leave them: CUTS=150 SEED=1.
	$(TRIAL) powercut "$$($(SWIFT) build --show-bin-path)" $(or $(CUTS),150) $(or $(SEED),1)
	$(TRIAL) powercut "$$($(SWIFT) build --show-bin-path)" $(or $(CUTS),150) $(or $(SEED),1) fleet

.PHONY: faults
faults: ## Lets the ledger's writes fail and fills its disk: ROUNDS=36 SEED=1 REVOKES=2000.
	$(TRIAL) faults "$$($(SWIFT) build --show-bin-path)" \
		$(or $(ROUNDS),36) $(or $(SEED),1) $(or $(REVOKES),2000)

.PHONY: fleet
fleet: ## Judges three daemons on one database while everything goes wrong: ROUNDS=23 SEED=1.
	$(TRIAL) fleet "$$($(SWIFT) build --show-bin-path)" $(or $(ROUNDS),23) $(or $(SEED),1)

.PHONY: damage
damage: ## Damages copies of a ledger and asks a daemon on each: COPIES=120 SEED=1.
	$(TRIAL) damage "$$($(SWIFT) build --show-bin-path)" $(or $(COPIES),120) $(or $(SEED),1)

.PHONY: linear
linear: ## Judges what many clients saw at once: SECONDS=30 SEED=1.
	$(TRIAL) linear "$$($(SWIFT) build --show-bin-path)" $(or $(SECONDS),30) $(or $(SEED),1)
.PHONY: clocks
clocks: ## Sets the clocks of a daemon wrong, as root over boots too: ROUNDS=300 SEED=1.
	$(TRIAL) clock "$$($(SWIFT) build --show-bin-path)" $(or $(ROUNDS),300) $(or $(SEED),1)

.PHONY: soak
soak: ## Looks whether anything grows or slows down: MINUTES=1 SEED=1.
	$(TRIAL) soak "$$($(SWIFT) build --show-bin-path)" $(or $(MINUTES),1) $(or $(SEED),1)

.PHONY: sanitize
sanitize: ## Runs all tests under the address and the thread sanitizer.
	@.ci/deps build generate test
	.ci/sanitize address
	.ci/sanitize thread

.PHONY: fuzz
fuzz: ## Fuzzes framings, decoders and readers for SECONDS=60.
	@.ci/deps build
	@.ci/fuzz $(or $(SECONDS),60)

.PHONY: bench
bench: build ## Measures Postern beside Redis, Valkey and an echo, and draws it: TOKENS=1000000.
	@.ci/deps bench
	@.ci/bench $(BIN) $(or $(TOKENS),1000000)

.PHONY: bench-fleet
bench-fleet: build ## Measures three daemons of a fleet on PostgreSQL, beside pgbench.
	@.ci/deps fleet
	TMPDIR=$(or $(TMPDIR),/var/tmp) $(BIN)/PosternBench fleet

.PHONY: fairness
fairness: build ## Measures, as root, what others wait while a peer attacks.
	.ci/fairness $(BIN)/posternd
	@echo 'The same with the nice value of the systemd unit for the daemon:'
	.ci/fairness $(BIN)/posternd 8 nice
	@echo 'The same with the daemon and who asks before all others:'
	.ci/fairness $(BIN)/posternd 8 alone

.PHONY: install
install: ## Installs the release that was built: programs, units, manual pages, contract.
	@[[ -x $(BIN)/posternd && -x $(BIN)/postern ]] || \
		{ echo "nothing is built in $(BIN): run make build first" >&2; exit 1; }
	install -D -m 0755 --strip -t '$(DESTDIR)$(PREFIX)/bin' $(BIN)/posternd $(BIN)/postern
	install -D -m 0644 -t '$(DESTDIR)$(DOCUMENTS)' README.md $(ARTICLES) $(PICTURES)
	sed -i -E 's|\(Sources/[^/)]*/[^/)]*\.docc/|(|g' '$(DESTDIR)$(DOCUMENTS)/README.md'
	install -D -m 0644 $(UNIT_SOURCES)/postern.sysusers '$(DESTDIR)$(PREFIX)/lib/sysusers.d/postern.conf'
	install -d '$(DESTDIR)$(UNITS)' $(addprefix '$(DESTDIR)',$(dir $(COMPLETIONS)))
	for unit in $(UNIT_NAMES); do \
		sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' \
			$(UNIT_SOURCES)/$$unit.in >'$(DESTDIR)$(UNITS)'/$$unit; \
		chmod 0644 '$(DESTDIR)$(UNITS)'/$$unit; \
	done
	set -- $(COMPLETIONS); for shell in bash zsh fish; do \
		$(BIN)/postern completions $$shell >'$(DESTDIR)'"$$1"; chmod 0644 '$(DESTDIR)'"$$1"; shift; \
	done
	install -d '$(DESTDIR)$(dir $(PROTOSET))'
	$(DECODE_PROTOSET) >'$(DESTDIR)$(PROTOSET)'
	chmod 0644 '$(DESTDIR)$(PROTOSET)'
	install -D -m 0644 Sources/CEpochs/include/postern_epochs.h '$(DESTDIR)$(HEADER)'
	install -D -m 0644 -t '$(DESTDIR)$(PREFIX)/include/postern/v1' proto/postern/v1/*.proto
	$(PACKAGING)/man/pages $(BIN) '$(DESTDIR)$(PREFIX)/share/man'
	install -D -m 0755 $(PACKAGING)/prometheus/token-metrics '$(DESTDIR)$(TOKEN_METRICS)'
	for file in $(patsubst $(PACKAGING)/%,%,$(EXAMPLES)); do \
		install -D -m 0644 $(PACKAGING)/$$file '$(DESTDIR)$(PREFIX)/share/postern/'$$file; \
	done
	@[[ -n '$(DESTDIR)' ]] || printf '%s\n' 'To start it, as root:' \
		'  systemd-sysusers && systemctl daemon-reload && systemctl enable --now postern.socket'

.PHONY: deb
deb: build ## Makes Debian packages of a release, into .build/packages/new.
	@.ci/deps packages
	.ci/deb $(BIN) .build/packages/new

.PHONY: packages
packages: deb ## Installs, upgrades under load and purges the packages, as root, in a bare Debian.
	VERSION=0~before .ci/deb $(BIN) .build/packages/old
	.ci/packages .build/packages

.PHONY: uninstall
uninstall: ## Removes what was installed; the ledger and the user stay.
	rm -f $(addprefix '$(DESTDIR)',$(INSTALLED))
	for folder in '$(DESTDIR)$(PREFIX)'/{share/doc/postern,share/postern,lib/postern,include/postern}; do \
		[[ ! -d $$folder ]] || find "$$folder" -depth -type d -empty -delete; \
	done

.PHONY: clean
clean: ## Removes what was built; the ledger in ./.postern stays.
	rm -rf .build .interop
