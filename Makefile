# The two commands of the README, `make demo` and `make test`, build what they need themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
READY := $(VENV)/.ready
WORKERS ?= $(shell $(PYTHON) -c "import os; print(min(5, 1 + (os.cpu_count() or 1)))")
SEED ?= $(shell date +%s)
BUDGET ?= 900

.PHONY: demo test test-slow check bench bench-reads bench-formats bench-imports bench-changes bench-beside bench-peers lock format clean

demo: $(READY)
	$(BIN)/commonground demo

test: $(READY)
	$(BIN)/pytest -m "not slow" -q -n $(WORKERS) --dist worksteal $(PYTEST)

# Drills, races and million-row runs within BUDGET seconds, from a seed that is printed; the run says what didn't fit.
test-slow: $(READY)
	@echo "seed $(SEED), budget $(BUDGET) s"
	COMMONGROUND_TEST_SEED=$(SEED) COMMONGROUND_SLOW_BUDGET=$(BUDGET) $(BIN)/pytest -m slow -q $(PYTEST)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/commonground openapi --check
	$(BIN)/python -m clients.python.generate --check
	$(BIN)/commonground migrate --check

bench: $(READY)
	$(BIN)/python -m benchmarks.run $(BENCH)

bench-reads: $(READY)
	$(BIN)/python -m benchmarks.reads $(BENCH)

bench-formats: $(READY)
	$(BIN)/python -m benchmarks.formats $(BENCH)

bench-imports: $(READY)
	$(BIN)/python -m benchmarks.imports $(BENCH)

bench-changes: $(READY)
	$(BIN)/python -m benchmarks.changes $(BENCH)

bench-beside: $(READY)
	$(BIN)/python -m benchmarks.beside $(BENCH)

# Needs packages that nothing else does: they go into a folder of their own when this is first asked for.
bench-peers: $(READY) $(PEERS)/.ready
	$(BIN)/python -m benchmarks.peers --python $(PEERS)/bin/python $(BENCH)

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Exact versions and hashes, without the address of any registry (requirements/README.md).
UV := $(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11
lock: $(READY)
	$(UV) pyproject.toml --extra server --group dev -o requirements/dev.lock
	$(UV) pyproject.toml --extra server -c requirements/dev.lock -o requirements/server.lock
	$(UV) pyproject.toml -c requirements/dev.lock -o requirements/base.lock
	$(UV) requirements/peers.in -o requirements/peers.lock

clean:
	rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

$(READY): requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Commonground needs Python 3.11 or newer: set PYTHON=python3.x"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(PEERS)/.ready: requirements/peers.lock
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/peers.lock
	@touch $@
