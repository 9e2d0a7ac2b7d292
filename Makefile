# make demo    build, start the local stack, play one prospect's story on it; Ctrl-C stops it
# make up      the same without the story
# make test    every check and every test
# make deploy  build for AWS, deploy and migrate: STAGE=… (of samconfig.toml); ARCHITECTURE=arm64
#              where that stage says Architecture=arm64
#
# Needed beforehand: a Rust toolchain, a C compiler, Python 3.10 or newer; for `make test` Chromium
# with its driver, too. All else goes into .tools and target.

SHELL := bash
.DEFAULT_GOAL := test
MAKEFLAGS += --no-print-directory

# macOS has GNU make 3.81, which knows no .SHELLFLAGS and looks plain commands up in its own PATH:
# hence `set` where a recipe needs it, and $(TOOLS).
TOOLS := $(CURDIR)/.tools/venv/bin
export PATH := $(TOOLS):$(PATH)
export SAM_CLI_TELEMETRY := 0
# Snapshots are compared, never rewritten.
export INSTA_UPDATE := no
# Google's own client runs against the emulated Google.
export LUMA_PYTHON := $(CURDIR)/.tools/venv/bin/python3
export AWS_DEFAULT_REGION ?= us-east-1

STAGE ?= default
ARCHITECTURE ?= x86_64
# `required` fails when the advisory database cannot be had; otherwise that is only said.
ADVISORIES ?= wanted

CHECKS := fmt clippy deny suites suites-on-system-postgres suites-behind-a-pooler doc template artefacts story
SUMMARIES := target/summaries
# The tool behind this file, built with everything else of its profile.
LOCAL := cargo run --quiet --locked --package tests --bin local --

.PHONY: demo up test tools browser release $(CHECKS) package deploy

demo: tools release
	@target/release/local demo

up: tools release
	@target/release/local up

test: tools browser
	@rm -rf $(SUMMARIES); mkdir -p $(SUMMARIES)
	@set -e; for check in $(CHECKS); do \
	  printf '\n── make %s\n' "$$check"; started=$$SECONDS; \
	  $(MAKE) "$$check"; \
	  printf '── %s: %s s\n' "$$check" "$$((SECONDS - started))" | tee -a $(SUMMARIES)/times; \
	done
	@printf '\n── Everything passed (%s)\n' "$$(date -u +%FT%TZ)"; cat $(SUMMARIES)/times
	@grep -h ' Summary ' $(SUMMARIES)/*.log

tools:
	@tests/local/tools.sh

browser:
	@tests/local/browser.sh

release:
	@echo 'Building (release; some minutes the first time)…'
	@cargo build --release --locked --workspace --bins

fmt:
	@cargo fmt --all --check

clippy:
	@cargo clippy --locked --workspace --all-targets -- -D warnings

deny: tools
	@cargo deny --locked check --hide-inclusion-graph bans licenses sources
	@if $(if $(shell command -v timeout),timeout 120) cargo deny fetch db >/dev/null 2>&1; then \
	  cargo deny --locked check advisories; \
	elif cargo deny --locked --offline check advisories >/dev/null 2>&1; then \
	  echo 'advisories ok, by the copy of the RustSec database that is at hand'; \
	else \
	  echo 'advisories NOT CHECKED: the RustSec database cannot be fetched from here.'; \
	  echo 'Run `make deny ADVISORIES=required` where it can.'; \
	  [ '$(ADVISORIES)' != required ]; \
	fi

suites: tools browser
	@mkdir -p $(SUMMARIES)
	@set -o pipefail; $(LOCAL) with-postgres cargo nextest run --locked --workspace 2>&1 | tee $(SUMMARIES)/suites.log

# Debian's Postgres is older and has no pgvector: embeddings are arrays there. No page shows any.
suites-on-system-postgres: tools
	@mkdir -p $(SUMMARIES)
	@set -o pipefail; if [ -d /usr/lib/postgresql ]; then \
	  $(LOCAL) with-postgres --system cargo nextest run --locked --package tests \
	    --filterset 'not test(/^browser::/)' 2>&1 \
	    | tee $(SUMMARIES)/suites-on-system-postgres.log; \
	else \
	  echo 'This system has no Postgres of its own in /usr/lib/postgresql: nothing to do.'; \
	fi

suites-behind-a-pooler: tools
	@mkdir -p $(SUMMARIES)
	@if command -v pgbouncer >/dev/null; then \
	  $(LOCAL) with-postgres cargo nextest run --locked --package tests --run-ignored only \
	    'pooler::' 2>&1 | tee $(SUMMARIES)/suites-behind-a-pooler.log; \
	else \
	  echo 'This system has no PgBouncer: nothing to do.'; \
	fi

doc:
	@RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps

template: tools
	@$(TOOLS)/sam validate --lint --template template.yaml
	@$(TOOLS)/cfn-lint template.yaml

# Every function as the real binary, under the Lambda runtime API, answers its samples.
artefacts: tools release
	@mkdir -p $(SUMMARIES)
	@target/release/local build
	@set -o pipefail; $(LOCAL) with-postgres cargo nextest run --locked --package tests --run-ignored only \
	  --success-output immediate 'artefacts::' 2>&1 | tee $(SUMMARIES)/artefacts.log

# The prospect's story on the production template, with release binaries.
story: tools release
	@target/release/local demo --exit

package:
	@tests/local/tools.sh package
	@cargo lambda build --release --locked --package functions \
	  $(if $(filter arm64,$(ARCHITECTURE)),--arm64,--x86-64)

deploy: package
	@$(TOOLS)/sam deploy --config-env '$(STAGE)' --no-fail-on-empty-changeset
	@$(TOOLS)/python3 tests/local/cloud.py migrate '$(STAGE)'
