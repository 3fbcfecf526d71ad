# `make run` and `make test` are all that a fresh machine needs: Python 3.11+ with venv, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Whatever the user's own pip is told, this one installs into the environment.
PIP := env -u PIP_TARGET -u PIP_PREFIX PIP_USER=0 $(BIN)/pip --disable-pip-version-check install --quiet
# Tests mostly wait, for browsers and for clocks: two files at a time on 2 cores. A file's tests stay together.
# All is compiled before: a test sees to it that the server writes nothing beside its code.
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder
.DEFAULT_GOAL := help
.PHONY: help run test soak packages lint web contract mutants lock screens bench attack fuzz reproducible release ask clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(VENV)/run web ## Serve at http://localhost:8000 (ARGS="--port 9000" for more)
	@$(BIN)/omefree serve $(ARGS)

test: packages $(VENV)/test lint web ## Every check and every test
	$(BIN)/python hatch_build.py run check
	$(BIN)/python hatch_build.py test
	@$(BIN)/python -m compileall -q src
	$(BIN)/pytest $(SIDE_BY_SIDE) $(ARGS)

soak: packages $(VENV)/test web ## All faults of many nodes, thousands of schedules, all attacks on pages: hours (ARGS="-k sentinel" for some)
	OMEFREE_SOAK=1 $(BIN)/pytest -m "soak or not soak" tests/nodes tests/cluster tests/deploy/test_rolling.py tests/e2e $(ARGS)

packages: ## What the tests need from the system: browsers, coturn, Redis, Prometheus, fonts
	@scripts/system-packages

lint: $(VENV)/test ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

web: $(VENV)/run ## The web app, if its sources changed
	@$(BIN)/python hatch_build.py

contract: $(VENV)/test ## What is made from the code: the page's types and emoji, the table of settings
	$(BIN)/python -m omefree.contract.typescript > web/src/contract.ts
	$(BIN)/python -m omefree.words.spacing
	$(BIN)/python -m omefree.seal.emoji > web/src/seal/emoji.ts
	$(BIN)/python -m omefree.words.typescript > web/src/words/keys.ts
	$(BIN)/python -m omefree.settings > docs/settings.md
	$(BIN)/python -m omefree.privacy.document > docs/privacy.md

mutants: packages $(VENV)/test web ## Breaks each promise of the policy in a copy: its proof turns red (ARGS="--all" for more)
	@$(BIN)/python scripts/mutants $(ARGS)

lock: ## Choose the newest versions that pyproject.toml allows
	@PYTHON=$(PYTHON) scripts/lock

screens: $(VENV)/test web ## Screenshots of every state (ARGS="phone-light-fr" for one look)
	$(BIN)/python -m tests.e2e.screens $(ARGS)

bench: packages $(VENV)/test web ## Speed, memory, pairing, sealing, abuse: into bench/
	$(BIN)/python -m bench.measure
	$(BIN)/python -m bench.lobby
	$(BIN)/python -m bench.sealing
	$(BIN)/python -m bench.cluster
	$(BIN)/omefree simulate --curve 0 --report bench/SIMULATION.md --picture bench/waiting.svg
	$(BIN)/omefree simulate abuse --check --report bench/ABUSE.md --picture bench/abuse.svg

attack: packages $(VENV)/test web ## What attacks cost the server: slow clients, 10,000 handshakes, floods (ARGS="flood" for one)
	$(BIN)/python -m bench.attack $(ARGS)

fuzz: $(VENV)/fuzz ## Coverage-guided fuzzing of all that reads a stranger's bytes (ARGS="--seconds 600")
	$(BIN)/python -m tests.fuzz $(ARGS)

reproducible: $(VENV)/run web ## Two wheels on two paths, compared; the list of files goes to dist/
	$(BIN)/python -m tests.reproducible

release: $(VENV)/test web reproducible ## Everything that a release needs, into dist/ (ARGS="--draft" to try it)
	$(BIN)/python -m release $(ARGS)

clean: ## Everything that can be made again
	rm -rf $(VENV) build dist screens .cache web/node_modules tests/privacy/grader/node_modules tests/deploy/linter/node_modules src/omefree/static .*_cache

# Asked each time; only a new environment has a new stamp, and then all that is in it is installed again.
$(VENV)/made-for: ask
	@PYTHON=$(PYTHON) scripts/venv $(VENV)

ask:

$(VENV)/run: $(VENV)/made-for requirements.lock requirements-build.lock pyproject.toml
	$(PIP) --require-hashes -r requirements.lock -r requirements-build.lock
	OMEFREE_SKIP_FRONTEND=1 $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test: $(VENV)/run requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/fuzz: $(VENV)/test requirements-fuzz.lock
	$(PIP) --require-hashes -r requirements-fuzz.lock
	@touch $@
