# make demo   set up and open the app on real data
# make test   set up and run all tests
.DEFAULT_GOAL := help
.PHONY: help demo test lint docs lab lab-check bench build clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
DEMO ?= demo
ARGS ?=
WORKERS ?= 2

help:
	@echo "make demo    set up and open the app on a workspace with real data (in $(DEMO)/)"
	@echo "make test    set up and run all checks and tests (ARGS='tests/core -x' for some, WORKERS=4 at once)"
	@echo "make lint    formatting, lint, types, layers"
	@echo "make docs    the documentation, in docs/_build/html"
	@echo "make lab     build the JupyterLab front end anew (needs Node.js 20.19 or newer)"
	@echo "make bench   the benchmarks beside their peers"
	@echo "make build   the wheel"
	@echo "make clean   remove what these commands made, the demo workspace excepted"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or newer is needed; name one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing; install it with: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp per set-up: nothing is installed again until what it depends on changes.
$(VENV)/.all: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --progress-bar off -c constraints.txt -e '.[all]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --progress-bar off -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.all

demo: $(VENV)/.all
	$(BIN)/workbench --workspace $(DEMO) app --demo $(ARGS)

test: $(VENV)/.dev lint docs lab-check
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  { echo "Chromium is missing; install it with: sudo apt-get install chromium"; exit 1; }
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(VENV)/.dev
	$(BIN)/sphinx-build -W -q -b html docs docs/_build/html

LAB := extensions/jupyterlab
BUILT := workbench/lab/labextension

$(LAB)/node_modules/.done: $(LAB)/package-lock.json
	cd $(LAB) && npm ci --no-fund --no-audit --ignore-scripts
	@touch $@

lab: $(LAB)/node_modules/.done
	cd $(LAB) && npm run typecheck && npm run lint && npm test && npm run build

# What is in the repository is what its sources make; without Node.js that cannot be known.
lab-check:
	@if node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null && command -v npm >/dev/null; then \
	  ! grep -nE '"resolved"|https?://' $(LAB)/package-lock.json && $(MAKE) lab && \
	  { test -z "$$(git status --porcelain -- $(BUILT))" || \
	    { git status --porcelain -- $(BUILT); echo "$(BUILT) is not what its sources make: commit what make lab made"; exit 1; }; }; \
	else echo "lab-check skipped: Node.js 20 or newer is not installed"; fi

$(VENV)-bench/.done: benchmarks/requirements-peers.txt | $(BIN)/python
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench: $(VENV)/.dev $(VENV)-bench/.done
	for script in startup responsiveness serving data_import data_page data_profile train tune compare explain fairness lab; do \
	  $(BIN)/python benchmarks/$$script.py --peers $(VENV)-bench/bin/python || exit 1; done

build: $(VENV)/.dev
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) $(VENV)-bench dist build docs/_build screenshots .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
