# The project's tasks by name; `make` lists them. A fresh machine needs python3 (3.11 or later), make and git.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup browser demo test test-all lint format run serve dagster sample screenshots font templates lock docs benchmark clean distclean

PYTHON ?= python3
FENGQING_HOME ?= var
YEAR ?= 2025
INBOX ?= $(FENGQING_HOME)/inbox
SERVE ?= 1
SOCIETIES ?= 300
MESS ?= 0.1
SEED ?= 20230090
BROWSER ?= yes
export PYTHON FENGQING_HOME

fengqing := .venv/bin/fengqing
# A file of tests goes to one process as a whole: what it makes for its tests is made once.
side_by_side := -n auto --maxprocesses 4 --dist loadfile
dagster_home := $(abspath $(FENGQING_HOME))/dagster

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Build .venv from requirements.lock (at once when nothing changed)
	@scripts/setup.sh

browser: ## Make sure of a Chromium, axe-core and a sign-in provider for the browser tests (BROWSER=no goes without)
	@$(if $(filter no,$(BROWSER)),,scripts/browser.sh)

demo: export FENGQING_HOME := var/demo
demo: setup ## Two years of 300 fictitious societies, assessed, then the dashboard (SERVE=0: without it)
	$(fengqing) sample --societies $(SOCIETIES) --year 2024 --year 2025 --seed $(SEED) --mess $(MESS) --out var/demo
	$(fengqing) run --year 2024 --inbox var/demo/inbox
	$(fengqing) run --year 2025 --inbox var/demo/inbox
	$(fengqing) runs
	$(if $(filter 1,$(SERVE)),$(fengqing) serve)

test: setup browser ## The tests that every change must pass
	.venv/bin/pytest -m "not slow" $(side_by_side)

test-all: setup browser ## Every test, the slow ones too
	.venv/bin/pytest $(side_by_side)

lint: setup ## Style, formatting and types
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy

format: setup ## Put style and formatting right
	.venv/bin/ruff check --fix . && .venv/bin/ruff format .

run: setup ## Take in INBOX and assess YEAR
	$(fengqing) run --year $(YEAR) --inbox $(INBOX)

serve: setup ## The dashboard over FENGQING_HOME (the demo's: FENGQING_HOME=var/demo)
	$(fengqing) serve

dagster: setup ## Dagster's own screens on 127.0.0.1:3000
	mkdir -p $(dagster_home) && cp dagster.yaml $(dagster_home) && DAGSTER_HOME=$(dagster_home) .venv/bin/dagster dev -h 127.0.0.1 -p 3000

sample: setup ## Write fictitious societies' files (SOCIETIES, YEAR, SEED, MESS) to var/sample
	$(fengqing) sample --societies $(SOCIETIES) --year $(YEAR) --seed $(SEED) --mess $(MESS) --out var/sample

screenshots: setup browser ## Take the pictures in docs/screenshots
	.venv/bin/python scripts/screenshots.py

font: setup ## Cut the bundled font anew from an installed Noto Sans CJK
	.venv/bin/python scripts/subset_font.py

templates: setup ## Make the Word templates of the feedback sheet anew
	.venv/bin/python scripts/feedback_template.py

lock: setup ## Write requirements.lock from pyproject.toml (LOCK_ARGS=--upgrade for newer versions)
	scripts/lock.sh $(LOCK_ARGS)

docs: setup ## Write the generated documents (data dictionary, indicator handbook, validity)
	$(fengqing) dictionary --out docs && $(fengqing) handbook --out docs && .venv/bin/python -m benchmarks._chapter

benchmark: setup ## Measure
	.venv/bin/python -m benchmarks

clean: ## Remove caches
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis && find . \( -path ./.venv -o -path ./var -o -path ./.git -o -name node_modules \) -prune -o -name __pycache__ -exec rm -rf {} +

distclean: clean ## Remove .venv and everything in var, received files included (needs CONFIRM=yes)
	@[ "$(CONFIRM)" = yes ] || { echo "将删除 .venv 与 var 中的全部数据；请以 make distclean CONFIRM=yes 确认。Deletes .venv and all data in var: confirm with CONFIRM=yes." >&2; exit 1; }
	rm -rf .venv var
