# Every command that a contributor needs; `make help` lists them.

PYTHON ?= python3
ARGS ?=
SEEDS ?= 1000
FIRST ?= 0
AWAY ?= 60
BIN := .venv/bin
RUNS := .venv/.runs
STAMP := .venv/.installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help venv quickstart test test-all chaos outages sim lint types layers fmt docs picture check clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

venv: $(STAMP) ## Make the environment in .venv

# What runs is there sooner than what tests it.
$(RUNS): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; say which: make venv PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv; this may take minutes."
	@$(INSTALL) pip
	@$(INSTALL) --group clients -e .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(STAMP): $(RUNS)
	@echo "Installing what tests need into .venv; this may take minutes."
	@$(INSTALL) --group test
	@touch $@

quickstart: $(RUNS) ## Run a cloud, Heat and a first application (ARGS=--once ends by itself)
	@$(BIN)/heat dev --run examples/wordpress.yaml $(ARGS)

test: venv ## Run the tests that need nothing but this machine
	$(PYTEST) -n 2 -m 'not slow and not lab' $(ARGS)

test-all: venv ## Run these and the slow ones
	$(PYTEST) -n 2 -m 'not lab' $(ARGS)
	$(BIN)/python tests/servers.py $(PYTEST) tests/store

sim: venv ## Run random scenarios of faults and crashes (SEEDS=1000 FIRST=0)
	$(BIN)/python -m tests.sim --seeds $(SEEDS) --first $(FIRST) $(ARGS)

chaos: venv ## Kill engines, broker and database under load (ARGS="--database mariadb --seed 2")
	$(BIN)/python -m tests.chaos $(ARGS)

outages: venv ## Take one thing away at a time, for a minute each (AWAY=60)
	HEAT_TEST_AWAY=$(AWAY) $(PYTEST) -s -p no:randomly tests/chaos --deselect tests/chaos/test_chaos.py $(ARGS)

lint: venv ## Check style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: venv ## Check the types, with mypy and with pyright
	$(BIN)/mypy
	$(BIN)/pyright

layers: venv ## Check that no room imports what stands above it
	$(BIN)/lint-imports

fmt: venv ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: venv ## Write the pages that are made from the code
	$(BIN)/python -m heat.template.codes > docs/diagnostics.md
	$(BIN)/python -m heat.cli.reference > docs/cli.md

picture: venv ## Take the picture of the README, from a real run
	$(BIN)/python docs/picture.py

check: lint types layers test ## Everything that a change must pass

clean: ## Remove the environment and all state
	rm -rf .venv .state
