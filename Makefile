# kgservice: `make run` serves the seed glossary, `make test` runs the tests; both set up all they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests wait for processes and timers now and then, so one more runs than there are cores; each makes its own fixtures.
BESIDE := -n $(shell cores=$$(nproc); echo $$((cores < 4 ? cores + 1 : 4))) --dist worksteal
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes

.PHONY: help run test full lint bench vendor lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## serve the glossary on http://127.0.0.1:8000
	@$(BIN)/kgservice serve

test: $(VENV)/dev.stamp ## run the tests (short forms of the long suites)
	@$(BIN)/python -m pytest -m "not full" $(BESIDE)

full: $(VENV)/dev.stamp ## run the long suites: kill rounds, floods, limits
	@$(BIN)/python -m pytest -m "full and not alone" -rP --timeout 600 $(BESIDE)
	@$(BIN)/python -m pytest -m "full and alone" -rP

lint: $(VENV)/dev.stamp ## style, types, layers
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(VENV)/dev.stamp ## what answers cost, against named baselines (2 minutes)
	@$(BIN)/python -m tests.bench.api
	@$(BIN)/python -m tests.bench.sparql

vendor: ## make the browser assets anew from npm (kgservice/api/vendor)
	@bash kgservice/api/vendor/build.sh

lock: ## renew requirements.txt and requirements-dev.txt from pyproject.toml
	@$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/python -m pip --disable-pip-version-check install --quiet uv
	@$(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-header --no-annotate pyproject.toml --output-file requirements.txt
	@$(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-header --no-annotate --extra dev --constraint requirements.txt \
		pyproject.toml --output-file requirements-dev.txt
	@rm -rf $(VENV)-lock

clean: ## remove the environment and caches (never the data directory)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# The package is not built: a .pth file and a two-line script point at this checkout, so that no build tool is needed to run.
$(VENV)/run.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "kgservice needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV) || { echo "No virtual environment: on Debian, apt-get install python3-venv"; exit 1; }
	@echo "Installing what kgservice needs into $(VENV) (once) ..."
	@$(PIP) -r requirements.txt
	@$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "kgservice.pth").write_text(str(pathlib.Path.cwd()) + "\n")'
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m kgservice "$$@"\n' > $(BIN)/kgservice && chmod +x $(BIN)/kgservice
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	@echo "Installing the development tools into $(VENV) (once) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@
