# Everything a person or a machine does with this tree, one command each. `make` lists them.
# Needs Python 3.11 or later and make; PYTHON=... picks another interpreter.

BIN := .venv/bin
PYTEST_ARGS ?= --numprocesses auto --maxprocesses 4 --dist worksteal
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check format bench soak lock docs clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.run ## Install what running needs into .venv

setup-dev: .venv/.dev ## Install what developing and testing needs into .venv

run: setup ## Create the demonstration retailer and open its console
	@$(BIN)/crossdock demo --serve

test: ## Install what tests need, check the code, run the tests
	@scripts/system-packages.sh test
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest $(PYTEST_ARGS)

check: setup-dev ## Lint, types, import arrows, documentation
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m tools.check_docs

format: setup-dev ## Format the code and fix what can be fixed
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

bench: ## Print the yardsticks
	@scripts/system-packages.sh bench
	@$(MAKE) --no-print-directory setup-dev
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

soak: ## Run the long tests
	@scripts/system-packages.sh test
	@$(MAKE) --no-print-directory setup-dev
	@$(BIN)/pytest -m soak --hypothesis-profile soak $(PYTEST_ARGS)

docs: setup-dev ## Check the documentation against the code
	@$(BIN)/python -m tools.check_docs

# Names, versions and hashes only: no address of a registry gets into a lock.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate $(if $(UPGRADE),--upgrade)

lock: .venv/.build ## Pin the dependencies again (UPGRADE=1: to their newest versions)
	@$(COMPILE) --group build --output-file requirements/build.txt
	@$(COMPILE) pyproject.toml --output-file requirements/run.txt
	@$(COMPILE) pyproject.toml --group dev --constraints requirements/run.txt --output-file requirements/dev.txt
	@! grep -n '://' requirements/*.txt

clean: ## Remove the virtual environment and the tools' caches
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

# Each step of the set-up leaves a stamp, so that the second time it costs nothing.
# The development environment holds all of the run-time one, at the same versions.
SYNC := $(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements/build.txt
EDITABLE := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .

.venv/.build: requirements/build.txt
	@scripts/create-venv.sh
	@touch $@

.venv/.run: .venv/.build requirements/run.txt pyproject.toml
	@if [ -e .venv/.dev ]; then $(SYNC) requirements/dev.txt; else $(SYNC) requirements/run.txt; fi
	@$(EDITABLE)
	@touch $@

.venv/.dev: .venv/.build requirements/dev.txt pyproject.toml
	@$(SYNC) requirements/dev.txt
	@$(EDITABLE)
	@touch .venv/.run $@
