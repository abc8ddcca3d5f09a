# Everything a person does here, from a bare clone with Python 3.11 or newer, make and git.
#
#   make run PORT=8080          another port
#   make run PYTHON=python3.12  another Python
#   make kills CYCLES=50        fewer kills than 500
#   make lock UPGRADE=--upgrade newer versions, not only what the .in files newly ask for
#
# The virtual environment is .venv; it is made once, and again only when a lock or pyproject.toml changes.

PYTHON ?= python3
PORT   ?= $(or $(CLUNEAL_PORT),8000)
CYCLES ?= 500
CALLS  ?= 200

VENV     := .venv
PIP      := $(VENV)/bin/python -m pip --disable-pip-version-check
INSTALL  := $(PIP) install --quiet --quiet --require-hashes
LOCK     := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
PACKAGES := cds_hooks service
SOURCES  := $(PACKAGES) tests release $(wildcard benchmarks)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run setup test test-long screenshots kills syncs requirements bench fmt lock clean image image-check sbom licences release

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## Install what is missing, start the service on 127.0.0.1:8000 (PORT=..), say how to see a card; ctrl-C stops it
	@CLUNEAL_PORT=$(PORT) $(VENV)/bin/cluneal-cds serve

setup: $(VENV)/.installed-tests ## Install everything, for running and for testing, and start nothing

test: $(VENV)/.installed-tests fhir-server ## Lint, check the types and run every test but the long ones
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict
	$(VENV)/bin/python tests/side_by_side.py

.PHONY: fhir-server
fhir-server: | $(VENV)/bin/python
	@tests/fhir_server/install.sh

test-long: $(VENV)/.installed-tests fhir-server ## Run the tests that take minutes
	$(VENV)/bin/python tests/side_by_side.py long

PICTURES ?= build/screenshots

screenshots: $(VENV)/.installed-tests ## Write pictures of every page, narrow and wide, light and dark, into build/screenshots (PICTURES=..)
	@$(VENV)/bin/python -m tests.pages.screenshots $(PICTURES)

kills: $(VENV)/.installed-tests ## Kill the service, and PostgreSQL, in the middle of writing (CYCLES=500), and count what was lost
	$(VENV)/bin/python -m tests.kills $(CYCLES)

syncs: $(VENV)/.installed-tests ## Watch with strace that each answer comes after a sync of the store (CALLS=200)
	$(VENV)/bin/python -m tests.syncs $(CALLS)

requirements: $(VENV)/.installed-tests ## Print every requirement of CDS Hooks with its tests and what became of them
	$(VENV)/bin/pytest -p tests.requirements -m "requirement and not long" --quiet -rN

bench: $(VENV)/.installed-tests ## Measure, and print the performance targets as ratios
	$(VENV)/bin/python -m benchmarks

fmt: $(VENV)/.installed-tests ## Format the code and mend what the linter can mend
	$(VENV)/bin/ruff check --fix --quiet . || true
	$(VENV)/bin/ruff format .

image: ## Build the image cluneal-cds:latest, with buildah or docker
	@deploy/container/build.sh

image-check: $(VENV)/.installed-tests ## Build the image on a base made from Debian's packages and try it, compose and a Pod with podman (root)
	$(VENV)/bin/pytest tests/container -m container

sbom: $(VENV)/.installed-tests ## Write dist/sbom.cdx.json, what is installed with the service (CycloneDX)
	@mkdir -p dist && $(VENV)/bin/python -m release.sbom dist/sbom.cdx.json && echo dist/sbom.cdx.json

licences: $(VENV)/.installed-tests ## Write docs/licences.md anew from the lock
	@$(VENV)/bin/python -m release.licences

release: $(VENV)/.installed-tests ## Make dist/VERSION: wheel, source, bill of materials, image, sums (IMAGE=no leaves the image out)
	@$(VENV)/bin/python -m release.build $(if $(filter no,$(IMAGE)),--without-image)

# Runs from this folder with relative names, so that no path and no download address gets into a lock.
lock: $(VENV)/bin/python ## Write the hashed locks anew from requirements*.in
	@command -v uv > /dev/null || $(PIP) install --quiet --quiet uv
	@for name in requirements requirements-build requirements-test; do \
		echo "$$name.in -> $$name.lock"; \
		PATH="$(CURDIR)/$(VENV)/bin:$$PATH" uv $(LOCK) $(UPGRADE) $$name.in -o $$name.lock || exit 1; \
	done

clean: ## Remove the virtual environment and everything that can be made again
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	find $(SOURCES) -type d -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with make PYTHON=python3.x")'
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Could not make it; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.installed: requirements.lock requirements-build.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the service needs (only when it changed) ..."
	@$(INSTALL) -r requirements-build.lock -r requirements.lock
	@$(PIP) install --quiet --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-tests: requirements-test.lock $(VENV)/.installed
	@echo "Installing what the tests need (only when it changed) ..."
	@$(INSTALL) -r requirements-test.lock
	@touch $@
