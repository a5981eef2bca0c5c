# What a stranger needs: Python 3.11 or later, and make. Each target does its own set-up.

PYTHON ?= python3
VENV := .venv
SECONDS := 60
BIN := $(VENV)/bin
# For the tests: HashiCorp's parser of Terraform files, what makes TypeScript of an OpenAPI document
# and uses it, and Microsoft's renderer of the cards that Teams gets.
NPM := @cdktf/hcl2json@0.21.0 openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3 \
	adaptivecards@2.11.3
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Many tests start programs, each of which would compile our modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test smoke long check browser load soak bench bench-formats bench-s3 rules-fuzz crash turns mutate \
	fuzz mutants nightly lock release clean

# The whole job on sample pages, offline, in ./demo.
demo: $(VENV)/installed
	$(BIN)/fwtracker demo

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal

# What a user does first, with another Python: make smoke PYTHON=python3.13
smoke:
	$(PYTHON) -m venv --clear $(VENV)-smoke
	$(VENV)-smoke/bin/python -m pip install --quiet --disable-pip-version-check .
	$(VENV)-smoke/bin/fwtracker --help >/dev/null
	cd $(VENV)-smoke && bin/fwtracker demo --out demo >/dev/null
	rm -rf $(VENV)-smoke

# The long forms of the tests: every generation, every endless cell, all examples of Hypothesis.
long: $(VENV)/installed-dev
	FWTRACKER_EXAMPLES=all $(BIN)/python -m pytest --numprocesses=auto --dist=worksteal \
		-m 'slow or hypothesis'

check: $(VENV)/installed-pip
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# All that `make test` leaves out, hours of it, and one table at the end.
nightly: $(VENV)/installed-dev
	$(BIN)/python -m tests.nightly

# A day of serving on a clock that is set, with all that may fail.
soak: $(VENV)/installed-dev
	$(BIN)/python -m tests.scheduler.soak 24

# Firewalls that poll while versions are published; needs wrk and nginx-core.
load: $(VENV)/installed-dev
	$(BIN)/python benchmarks/load.py

# The page in Debian's Chromium (apt-get install chromium), looked through by axe-core.
browser: $(VENV)/installed-browser
	$(BIN)/python -m pytest -m browser tests/browser

# Kills, failed system calls, power cuts, races: what the store and the alerts survive.
crash: $(VENV)/installed-dev
	$(BIN)/python -m tests.crash

# The first release and this program in turn on one store; needs the history of git.
turns: $(VENV)/installed-dev
	$(BIN)/python -m tests.turns

# Speed and scale beside other tools; `make bench ONLY="check growth"` for some parts of it.
bench: $(VENV)/installed
	$(BIN)/python benchmarks/run.py $(ONLY)

# All rule formats at 10,000 entries: time and memory.
bench-formats: $(VENV)/installed
	$(BIN)/python benchmarks/formats.py

# Checks on object storage that takes a second for each answer.
bench-s3: $(VENV)/installed-dev
	$(BIN)/python benchmarks/slow_s3.py

# Damaged pages: what is refused, held, published; nothing wrong may be.
mutate: $(VENV)/installed-dev
	$(BIN)/python -m tests.mutate

# Rule sets of every kind against every format, and its deltas on a model of its firewall.
rules-fuzz: $(VENV)/installed-dev
	$(BIN)/python -m tests.contract

# Any bytes for so many seconds; what was slowest or largest is read again at the end.
fuzz: $(VENV)-fuzz/installed
	rm -rf build/fuzz
	mkdir -p build/fuzz/corpus
	$(VENV)-fuzz/bin/python fuzz/parse.py build/fuzz/corpus tracker/samples -dict=fuzz/words.dict \
		-artifact_prefix=build/fuzz/found- -max_total_time=$(SECONDS) -max_len=100000 \
		-timeout=20 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1
	$(VENV)-fuzz/bin/python fuzz/report.py

# Every small change of guard and reader has to make a test fail.
mutants: $(VENV)-mutants/installed
	rm -rf mutants
	$(VENV)-mutants/bin/mutmut run

# The versions and hashes of all that the tests need, for every Python that is supported.
lock:
	test -x $(VENV)-lock/bin/python || $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet 'uv>=0.5'
	$(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
		--generate-hashes --extra dev --custom-compile-command 'make lock' \
		--output-file requirements-dev.txt pyproject.toml

# Wheel and source archive, built twice to the same bytes and tried in an empty environment, with
# their hashes and a bill of materials, in dist/.
release: $(VENV)-release/installed
	rm -rf dist build/release
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(VENV)-release/bin/python -m build --outdir dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(VENV)-release/bin/python -m build --outdir build/release
	for file in dist/*; do cmp $$file build/release/$${file##*/}; done
	$(PYTHON) -m venv --clear $(VENV)-clean
	$(VENV)-clean/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	cd $(VENV)-clean && bin/fwtracker --version && bin/fwtracker demo --out demo >/dev/null
	$(VENV)-clean/bin/python -m pip uninstall --quiet --yes pip
	$(VENV)-release/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application \
		--output-reproducible --of JSON --output-file dist/fwtracker.cdx.json $(VENV)-clean/bin/python
	cd dist && sha256sum * > ../build/release/SHA256SUMS && mv ../build/release/SHA256SUMS .

clean:
	rm -rf $(VENV) .venv-* demo build dist mutants

$(VENV)/python: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("fwtracker needs Python 3.11 or later") if sys.version_info < (3, 11) else 0'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/installed: $(VENV)/python
	$(PIP) --editable .
	touch $@

$(VENV)-fuzz/installed: pyproject.toml
	test -x $(VENV)-fuzz/bin/python || $(PYTHON) -m venv $(VENV)-fuzz
	$(VENV)-fuzz/bin/python -m pip install --quiet --editable . 'atheris>=3,<4'
	touch $@

$(VENV)-mutants/installed: pyproject.toml
	test -x $(VENV)-mutants/bin/python || $(PYTHON) -m venv $(VENV)-mutants
	$(VENV)-mutants/bin/python -m pip install --quiet --editable '.[dev]' 'mutmut>=3.3,<4'
	touch $@

$(VENV)-release/installed:
	test -x $(VENV)-release/bin/python || $(PYTHON) -m venv $(VENV)-release
	$(VENV)-release/bin/python -m pip install --quiet 'build>=1.2,<2' 'cyclonedx-bom>=7,<8'
	touch $@

$(VENV)/installed-dev: $(VENV)/installed-pip $(VENV)/installed-npm
	touch $@

# Pinned by hash, so that tests that passed yesterday fail today for our own changes only.
$(VENV)/installed-pip: requirements-dev.txt $(VENV)/python
	$(PIP) --require-hashes --requirement requirements-dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $(VENV)/installed
	touch $@

$(VENV)/installed-npm: Makefile $(VENV)/python
	npm install --silent --no-fund --no-audit --prefix $(VENV)/npm $(NPM) || \
		echo 'without npm: tests with the Terraform parser, TypeScript or cards will say that they are skipped'
	touch $@

$(VENV)/installed-browser: $(VENV)/installed-dev
	$(PIP) --editable '.[browser]'
	touch $@
