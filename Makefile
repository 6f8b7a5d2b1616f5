# The commands of the house. `make run` and `make test` need Go and Node and nothing else.
# GNU make 3.81 (macOS) understands this file.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo source)
export CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
export ZOUFANG_BIN ?= $(CURDIR)/bin/zoufang

# What `make check` and `make test` prove, in this order: every word is a target below.
CHECKS := types-fresh format vet staticcheck deps lint typecheck size
TESTS  := go-test vitest photo-test e2e

help: ## say what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# browser runs a script of pwa/ that needs a browser, or says that there is none.
define browser
	@if [ -x "$(CHROMIUM)" ]; then cd pwa && npm run --silent $(1); \
	else node .ci/skip.mjs $@ 'no Chromium here: name one with CHROMIUM='; fi
endef

# ---- the seven commands -------------------------------------------------------------------------------------------

run: build ## demo school on http://localhost:8080, data in .data/
	@ZOUFANG_DEMO=1 exec $(ZOUFANG_BIN)

dev: deps binary ## the same, with the app served by Vite on http://localhost:5173 and reloaded on change
	@ZOUFANG_DEMO=1 $(ZOUFANG_BIN) & server=$$!; trap 'kill $$server' EXIT; trap 'exit 130' INT TERM; \
	cd pwa && npm run --silent dev

test: ## everything that can be proven on one machine, and what was skipped and why
	@MAKE=$(MAKE) node .ci/steps.mjs tools $(CHECKS) $(TESTS)

check: ## the part of `make test` that runs no test
	@MAKE=$(MAKE) node .ci/steps.mjs $(CHECKS)

bench: build ## speed through HTTP, each figure beside its floor; BENCH= passes flags
	@go run ./server/bench $(BENCH)

e2e: build ## real binary, real browser; CHROMIUM= names another one, E2E= passes arguments
	$(call browser,e2e -- $(E2E))

types: ## write pwa/src/wire/generated.ts from package sync/wire
	@go generate ./sync/wire

# ---- building -----------------------------------------------------------------------------------------------------

build: pwa-build binary

binary:
	@CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(ZOUFANG_BIN) ./server

# npm ci empties node_modules first, so it runs only when the lock file really changed.
installed := pwa/node_modules/.installed.json
deps:
	@cmp -s pwa/package-lock.json $(installed) || \
	{ cd pwa && npm ci --ignore-scripts --no-audit --no-fund && cp package-lock.json ../$(installed); }

# Folders are prerequisites too: their time changes when a file in them is deleted.
pwa-sources := $(shell find pwa/src pwa/public) $(wildcard pwa/*.html pwa/*.json pwa/vite.config.ts)
pwa-build: .make/pwa
.make/pwa: $(pwa-sources) $(if $(wildcard pwa/dist/index.html),,always) | deps
	@cd pwa && npm run --silent build
	@mkdir -p .make && touch $@

# ---- steps of check and test --------------------------------------------------------------------------------------

tools:
	@.ci/tools

types-fresh:
	@mkdir -p .make && go run ./sync/wire/gen sync/wire .make/generated.ts
	@diff -u pwa/src/wire/generated.ts .make/generated.ts || { echo 'stale: run `make types`'; exit 1; }

format:
	@bad=$$(find . -name '*.go' -not -path './pwa/node_modules/*' -print0 | xargs -0 gofmt -l); \
	[ -z "$$bad" ] || { echo "run gofmt on:"; echo "$$bad"; exit 1; }

vet:
	@go vet ./...

staticcheck:
	@go tool staticcheck ./...

lint: deps
	@cd pwa && npm run --silent lint

typecheck: deps
	@cd pwa && npx --no-install vue-tsc -b

size: pwa-build
	@cd pwa && npm run --silent size

go-test:
	@node .ci/go-test.mjs -timeout 30m ./...

vitest: deps
	@node .ci/vitest.mjs

photo-test: deps
	$(call browser,test:photo)

clean: ## forget what was built; data in .data/ stays
	@rm -rf bin .make pwa/node_modules && find pwa/dist -mindepth 1 -not -name .gitkeep -delete

always:
.PHONY: help run dev test check bench e2e types build binary deps pwa-build clean always tools $(CHECKS) $(TESTS)
