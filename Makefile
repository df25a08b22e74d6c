# make demo    the whole job on the pocket language, offline: fine-tune, graft, table
# make test    the tests          make check   lint, types, import rules
# make coverage    the tests, counting the lines they reach (make test does so from Python 3.12 on)
# make bench   the benchmarks     make clean   remove .venv and what runs wrote
# make docs    the pages that are made: settings, pictures of the dashboard, a recorded session
# make gpu-check    on a GPU machine: is it right there, and what does it take (installs nothing)

PYTHON ?= python3
BIN := .venv/bin
export OMP_WAIT_POLICY := PASSIVE
export COVERAGE_CORE ?= $(shell $(PYTHON) -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")')
COVERED ?= $(if $(filter sysmon,$(COVERAGE_CORE)),--cov --cov-report=)

demo: .venv/run
	$(BIN)/graftui run pocket

# On two cores three at once: many tests wait for the processes that they start.
test: .venv/dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 3 --dist worksteal $(COVERED)
	@test -z "$(COVERED)" || echo "coverage: $$($(BIN)/coverage report --format=total) % of the lines"

# Before 3.12, which has sys.monitoring, counting lines takes as long as the tests themselves.
coverage:
	$(MAKE) test COVERED="--cov --cov-report="

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: .venv/dev
	GOMP_SPINCOUNT=3000 $(BIN)/python -m bench

# Some minutes: the pictures are of a study that is made first, and looked at by eye.
docs: .venv/dev
	$(BIN)/python docs/settings.py
	$(BIN)/python -m dev.docs docs/pictures

# With what the machine has: it may reach no package registry.
gpu-check:
	$(or $(wildcard $(BIN)/python),$(PYTHON)) -m bench.gpu_check

clean:
	rm -rf .venv data/runs data/cache .data-trash runs.db runs.db-wal runs.db-shm

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "graftui needs Python 3.11+: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv

# The stamps are made anew when the dependencies change.
.venv/run: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ .venv/run

.PHONY: demo test coverage check bench docs gpu-check clean
