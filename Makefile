# Everything that is done with this project, a word each: `make help`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
# A release needs no Swift runtime where it runs.
RELEASE := -c release --static-swift-stdlib
BIN := .build/release

.PHONY: help
help: ## Lists what can be made.
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | \
		awk -F'\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

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

.PHONY: test
test: ## Runs all tests.
	@.ci/deps build generate
	$(SWIFT) build --build-tests
	SWIFT_BACKTRACE=enable=no $(SWIFT) test --skip-build

.PHONY: lint
lint: ## Checks the format, and that the generated code is fresh.
	@.ci/deps build generate
	@.ci/lint

.PHONY: generate
generate: ## Makes the generated code anew from proto/.
	@.ci/deps build generate
	.ci/generate

.PHONY: interop
interop: ## Runs stock clients in other languages against a daemon.
	@.ci/deps build interop
	$(SWIFT) build --product posternd
	Tests/Interop/run "$$($(SWIFT) build --show-bin-path)/posternd"

.PHONY: sanitize
sanitize: ## Runs all tests under the address and the thread sanitizer.
	@.ci/deps build generate
	.ci/sanitize address
	.ci/sanitize thread

.PHONY: bench
bench: build ## Measures Postern beside an echo and, where it is installed, Redis.
	@.ci/deps bench
	$(BIN)/PosternBench

.PHONY: clean
clean: ## Removes what was built; the ledger in ./.postern stays.
	rm -rf .build .interop
