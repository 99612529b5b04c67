# What a developer does with this project; `make help` tells.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CODE := station simulators tests benchmarks

.DEFAULT_GOAL := help
.PHONY: help demo demo-stories run test conformance traceability machine fuzz check style types layers fix cover bench lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# One environment, two depths: what the demo needs, and what developing needs on top.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/build.txt -r requirements/demo.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.demo
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# The pages are tried in a real browser: Debian's, because a browser is no Python package.
$(VENV)/.browser: | $(VENV)/bin/python
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -qq --no-install-recommends chromium; } \
		|| echo "no chromium here: the tests of the pages will be skipped"
	@touch $@

demo: $(VENV)/.demo ## One charging session over real parts (STORY=NAME: one that ends with a check, or all; REALTIME=1: real seconds, KEEP=1: stay up, SECURITY=3: over mutual TLS)
	$(BIN)/station demo $(STORY) $(if $(REALTIME),--realtime) $(if $(KEEP),--keep) $(if $(SECURITY),--security $(SECURITY))

# Every story in turn, each with its check; `station demo --list` names them.
demo-stories: ## All stories of the demo, each with its check
	@$(MAKE) --no-print-directory demo STORY=all

run: $(VENV)/.demo ## The daemon with CONFIG=config/station.toml
	$(BIN)/station run --config $(or $(CONFIG),config/station.toml)

# Twice as many as there are cores: half of what the tests do is waiting.
WORKERS := $(shell expr 2 \* `getconf _NPROCESSORS_ONLN`)

test: $(VENV)/.dev $(VENV)/.browser ## All tests, on all cores
	$(BIN)/python -m pytest --numprocesses $(WORKERS)

conformance: $(VENV)/.dev ## Cases of the official test programme for stations, as a table
	$(BIN)/python -m tests.conformance

machine: $(VENV)/.dev ## A long run of the state machine that plays drivers, CSMS, faults and power (SEED=1)
	MACHINE_SEED=$(or $(SEED),1) MACHINE_EXAMPLES=100 MACHINE_STEPS=60 $(BIN)/python -m pytest tests/flows/machine --timeout 3600

# The fuzzer has wheels for few machines, so it is no part of the development environment.
fuzz: $(VENV)/.dev ## A minute each of random frames and payloads, guided by coverage
	$(PIP) install --require-hashes -r requirements/fuzz.txt
	mkdir -p var/fuzz
	$(BIN)/python -m tests.fuzz frames -max_total_time=60 -artifact_prefix=var/fuzz/
	$(BIN)/python -m tests.fuzz payloads -max_total_time=60 -artifact_prefix=var/fuzz/

traceability: $(VENV)/.dev ## Write docs/traceability.md anew: requirement -> tests
	$(BIN)/python -m tests.traceability

check: style types layers test ## Everything that CI checks

style: $(VENV)/.dev ## Formatting, lint, spelling
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/codespell $(CODE) docs config *.md

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy

layers: $(VENV)/.dev ## Who may import whom
	$(BIN)/lint-imports

fix: $(VENV)/.dev ## Format and repair what can be repaired
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

cover: $(VENV)/.dev ## Tests with branch coverage
	$(BIN)/python -m coverage run -m pytest -q
	$(BIN)/python -m coverage report --skip-covered --sort=cover

bench: $(VENV)/.dev ## Start-up, memory, swipe to Started, draining, bytes and time on the line; all in one run
	$(BIN)/python -m benchmarks

# pip-tools lives apart: it would bring an unpinned pip and setuptools into the environment that is pinned.
LOCKER := .venv-lock
COMPILE := $(LOCKER)/bin/pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --no-annotate --no-header --resolver=backtracking

lock: ## Pin the newest versions again
	$(PYTHON) -m venv $(LOCKER) && $(LOCKER)/bin/pip install --quiet pip-tools
	$(COMPILE) --upgrade --output-file requirements/runtime.txt pyproject.toml
	$(COMPILE) --upgrade --extra simulators --extra web --extra terminal --output-file requirements/demo.txt pyproject.toml
	$(COMPILE) --upgrade --output-file requirements/build.txt requirements/build.in
	$(COMPILE) --upgrade --output-file requirements/fuzz.txt requirements/fuzz.in
	$(COMPILE) --upgrade --extra simulators --extra web --extra terminal --extra gpio --extra dev --output-file requirements/dev.txt pyproject.toml

clean: ## Remove what was made here
	rm -rf $(VENV) $(LOCKER) build dist var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
