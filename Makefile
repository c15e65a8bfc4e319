# Everything a person types. Each target makes what it needs; nothing is installed by hand.
PYTHON ?= python3
EXTRAS ?= dev,learn,suites,openvino
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed-$(EXTRAS)

export DAGSTER_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1
export ORT_DISABLE_TELEMETRY := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup check test slow demo up bench format clean
.DEFAULT_GOAL := help

help: ## What can be typed here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(SETUP) ## Make the environment in .venv, with pinned versions

$(SETUP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gametape needs Python 3.11 or newer; $(PYTHON) is older. Set PYTHON=python3.11"; exit 3; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing gametape and what it needs into $(VENV) (two minutes) ..."
	@$(BIN)/python -m pip install -qq --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

check: setup ## Style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: setup ## All tests but the slow ones
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not slow"

slow: setup ## The tests that take minutes
	$(BIN)/python -m pytest -q -m slow

demo: setup ## A made match through the whole line, and how well it went
	@$(BIN)/gametape demo

up: setup ## The Dagster UI and daemon on the library, at http://127.0.0.1:3000
	@$(BIN)/gametape up

bench: ## What things cost, against references timed in the same run
	@$(MAKE) --no-print-directory setup EXTRAS=dev,learn,suites,openvino,bench
	$(BIN)/python -m bench

format: setup ## Put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove the environment and caches; the library stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
