# Two commands for a fresh machine with Python 3.11 and make: `make run` and `make test`. Everything else: `make help`.

PYTHON ?= python3
BIN := .venv/bin
HOURGLASS_HOME ?= data
export HOURGLASS_HOME
export UV_COMPILE_BYTECODE := 1
UV_INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python

BOOTSTRAP := .venv/.bootstrap
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development
SUPERSET := .superset/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run ui superset inbox test quick lint bench soak lock audit docs clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BOOTSTRAP): requirements-bootstrap.lock
	@echo "Making the virtual environment in .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || \
		{ echo "Hourglass needs Python 3.11 or newer; name one with PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@touch $@

$(RUNTIME): $(BOOTSTRAP) requirements.lock pyproject.toml
	@echo "Installing what it runs on (once; a few minutes on a slow line)"
	@$(UV_INSTALL) --require-hashes -r requirements.lock
	@$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME) requirements-dev.lock
	@echo "Installing what the tests need"
	@$(UV_INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(RUNTIME) ## The virtual environment, ready to run

inbox: $(RUNTIME) ## The example inbox (90 days of a made-up brand), if there is no inbox yet
	@test -d "$(HOURGLASS_HOME)/inbox" && test -n "$$(ls -A "$(HOURGLASS_HOME)/inbox")" || \
		$(BIN)/hourglass simulate --out "$(HOURGLASS_HOME)" --days 90 --sessions 60000 --seed 20261115

run: inbox ## The nightly job once: on your files in data/inbox, or on the example inbox
	@$(BIN)/hourglass run

ui: $(RUNTIME) ## The Dagster UI with schedule and sensor, on http://localhost:3000
	@$(BIN)/hourglass ui

$(SUPERSET): $(BOOTSTRAP) bi/superset/requirements.txt
	@echo "Installing Apache Superset in .superset (once; a few minutes on a slow line)"
	@test -x .superset/bin/python || $(PYTHON) -m venv .superset
	@$(BIN)/uv pip install --quiet --python .superset/bin/python --require-hashes -r bi/superset/requirements.txt
	@touch $@

superset: $(SUPERSET) ## Apache Superset with the dashboard on your published file, on http://localhost:8088
	@.superset/bin/python bi/superset/serve.py

test: $(DEVELOPMENT) lint ## Lint, types and every test
	@$(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder

quick: $(DEVELOPMENT) lint ## Lint, types and the quick tests
	@$(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder -m "not slow"

lint: $(DEVELOPMENT)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy

bench: $(DEVELOPMENT) ## The benchmarks; each prints ratios measured in one run
	@for benchmark in benchmarks/*.py; do echo "== $$benchmark"; $(BIN)/python $$benchmark || exit 1; done

audit: $(BOOTSTRAP) ## Known weaknesses of the pinned packages (asks the advisory service; needs the network)
	@$(BIN)/uv tool run --quiet pip-audit --strict --require-hashes --disable-pip -r requirements.lock

soak: $(DEVELOPMENT) ## The long forms of the soak tests (hours): replay, kills, readers, hostile files, people erased, a year of nights
	@nice $(BIN)/python -m tests.soak --jobs 2

docs: $(DEVELOPMENT) ## Write the generated pages under docs/ again
	@$(BIN)/python -m hourglass.dictionary

lock: $(BOOTSTRAP) ## Resolve the dependencies again and write the lock files
	@$(BIN)/uv lock --quiet --upgrade
	@set -e; export="$(BIN)/uv export --quiet --frozen --no-emit-project --no-annotate --no-header"; \
		$$export --no-default-groups -o requirements.lock > /dev/null; \
		$$export --only-group dev -o requirements-dev.lock > /dev/null; \
		$$export --only-group bootstrap -o requirements-bootstrap.lock > /dev/null

clean: ## Remove the virtual environments (your data stays)
	rm -rf .venv .superset
