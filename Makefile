# Everyday commands; `make help` lists them. Nothing here needs more than Python 3.11, Node.js with npm, and make.

BIN := .venv/bin
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development
FRONT := package.json package-lock.json scripts/setup scripts/vendor.mjs requirements-pip.txt
UV ?= uv
# Tests wait for browsers and clocks as much as they reckon; those that measure want the machine alone.
JOBS ?= 3
ALONE := tests/bench
PORT ?= 8000
PINNED := $(UV) pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
	--universal --python-version 3.11 $(if $(UPGRADE),--upgrade)
LOCK := $(PINNED) pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help runtime setup demo test together compiled check types style tools bench torture wheel lock prompts pictures words clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

runtime: $(RUNTIME) ## make .venv and the front-end files from the lock files, with what running needs

setup: $(DEVELOPMENT) ## the same with what developing needs

# The script makes the stamps: the one for developing makes the other too.
$(RUNTIME): requirements.txt $(FRONT)
	@sh scripts/setup runtime

$(DEVELOPMENT): requirements-dev.txt $(FRONT)
	@sh scripts/setup development

# pip compiles nothing at set-up, since most modules are never imported: what is, its first start compiles.
demo: runtime ## a whole call on a screen, from nothing: a virtual phone, a desk, sample people (PORT=8000)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/callcrm demo --port $(PORT)

compiled: setup ## what tests import, so that not each of their processes compiles it
	@$(BIN)/python -m pytest --collect-only -q >/dev/null || true # the tests themselves say what is wrong

test together compiled bench torture: export PYTHONDONTWRITEBYTECODE =

# For an environment made now: distributions build their Python with profiles, a quarter quicker than without.
test: export PREFERRED_PYTHON = /usr/bin/python3
# What can go on at once does: code is checked while tests wait.
test: setup tools ## everything CI runs: the checks, and every test on SQLite and PostgreSQL
	@$(MAKE) --no-print-directory --jobs 2 together style types
	$(BIN)/python -m pytest $(ALONE)

together: compiled ## all tests but those that measure, side by side
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ALONE:%=--ignore=%)

check: setup ## types and style: mypy, ruff, the templates' form, the layers, and the scripts of the pages
	@$(MAKE) --no-print-directory --jobs 2 types style

types: setup ## mypy --strict
	$(BIN)/mypy

style: setup ## the other checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djangofmt --check templates
	$(BIN)/djangofmt check templates
	$(BIN)/lint-imports
	@sh scripts/check-js

tools: ## say which programs tests use are not on this machine
	@sh scripts/tools

bench: setup ## throughput and latency beside hand-written handlers, in one run
	$(BIN)/python -m pytest tests/bench -m long -s

torture: setup tools ## kills, faults and load, for a long time
	$(BIN)/python -m pytest tests/torture tests/edge/test_cost_of_texts.py -m long -s

wheel: setup ## build dist/callcrm-*.whl
	$(BIN)/python -m hatchling build -t wheel

lock: ## pin all dependencies again (needs uv; UPGRADE=1 takes newer ones)
	$(LOCK) --group dev -o requirements-dev.txt
	$(LOCK) -c requirements-dev.txt -o requirements.txt
	echo pip | $(PINNED) - -o requirements-pip.txt
	npm install --package-lock-only --ignore-scripts

prompts: setup ## speak the prompts a carrier has no voice for (needs espeak-ng and sox)
	$(BIN)/python scripts/prompts.py

pictures: setup ## take the pictures of README and docs from the demo (INTO=FOLDER: elsewhere)
	$(BIN)/python scripts/pictures.py $(if $(INTO),--into $(INTO))

words: setup ## gather what the pages say into the catalogues
	$(BIN)/python scripts/words.py

clean: ## remove what setup and wheel made
	rm -rf .venv node_modules callcrm/static/vendor dist
