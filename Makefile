# What a stranger needs: Python 3.11 or later, and make. Each target does its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test check bench mutants clean

demo: $(VENV)/installed
	$(BIN)/fwtracker demo

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

crash: $(VENV)/installed-dev
	$(BIN)/python -m tests.crash

bench: $(VENV)/installed
	$(BIN)/python benchmarks/run.py

mutants: $(VENV)-mutants/installed
	rm -rf mutants
	$(VENV)-mutants/bin/mutmut run

clean:
	rm -rf $(VENV) .venv-* demo

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("fwtracker needs Python 3.11 or later") if sys.version_info < (3, 11) else 0'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

$(VENV)-mutants/installed: pyproject.toml
	test -x $(VENV)-mutants/bin/python || $(PYTHON) -m venv $(VENV)-mutants
	$(VENV)-mutants/bin/python -m pip install --quiet --editable '.[dev]' 'mutmut>=3.3,<4'
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) --editable '.[dev]'
	touch $@
