# The verbs of this repository. Each works on a fresh machine with Python 3.11+ alone.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP := $(VENV)/.installed

help: ## Show the verbs
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && uv pip install --quiet --python $(BIN)/python --compile-bytecode -e . --group dev; \
	else \
		$(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --upgrade "pip>=25.1" && \
		$(BIN)/python -m pip install --quiet -e . --group dev; \
	fi
	@touch $(STAMP)

setup: $(STAMP) ## Make .venv with songwright and its development tools

check: $(STAMP) ## Lint, types, import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: $(STAMP) ## Run every test that needs no network
	$(BIN)/python -m pytest -n auto --dist worksteal

evidence: $(STAMP) ## Run the tests that render for minutes
	$(BIN)/python -m pytest -n auto --dist worksteal -m evidence

golden: $(STAMP) ## Make eleven songs over every action and compare their bytes with those made before (ARGS=--accept)
	$(BIN)/python tools/golden.py $(ARGS)

pythons: ## Make a song with the built package on every Python that can be had
	$(PYTHON) tools/pythons.py

mutants: $(STAMP) ## Change the code in small ways and list what no test notices (about 25 minutes)
	$(BIN)/python tools/mutants.py

chaos: $(STAMP) ## Let every durable operation on the way of a task go wrong, in three ways (Linux, macOS)
	$(BIN)/python tools/chaos/walk.py

chaos-kills: $(STAMP) ## Kill 200 real servers while they work, and count what is lost
	$(BIN)/python tools/chaos/kills.py

chaos-children: $(STAMP) ## Cancel, poison and stop renderers, and look at their neighbours
	$(BIN)/python tools/chaos/children.py

chaos-soak: $(STAMP) ## Work on 3,000 tasks in one process, and look at what grows
	$(BIN)/python tools/chaos/soak.py

song: $(STAMP) ## Make a sung song through a real MCP client over stdio
	$(BIN)/python tools/first_song.py

$(VENV)/.installed-listen: $(STAMP)
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(BIN)/python --group listen; \
	else \
		$(BIN)/python -m pip install --quiet --group listen; \
	fi
	@touch $@

listen: $(VENV)/.installed-listen ## Make 24 songs, measure them, write a page with players
	$(BIN)/python tools/listen.py

bench: $(STAMP) ## Measure speed: start-up, rendering, memory
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/rendering.py

listen-edits: $(STAMP) ## Make 10 songs, edit them in all ways, print every promise with its figure
	$(BIN)/python tools/listen_edits.py

listen-lengths: $(STAMP) ## Compose 12 styles in 9 lengths, sung and not, render a few, print asked and got
	$(BIN)/python tools/listen_lengths.py

listen-wishes: $(STAMP) ## Make a song for each of 12 wishes in 9 styles, print asked, played and heard
	$(BIN)/python tools/listen_wishes.py $(ARGS)

listen-transcription: $(STAMP) ## Make 12 songs, write them down by ear, compare with their scores
	$(BIN)/python tools/listen_transcription.py

listen-recordings: $(STAMP) ## Hear recordings in FOLDER, print tempo, beats and key against its truth.json
	$(BIN)/python tools/listen_recordings.py $(FOLDER)

tags: $(STAMP) ## Print how many of the tags in FILE (uses, kind and tag, by tabs) are read
	$(BIN)/python tools/tags.py $(FILE)

format: $(STAMP) ## Put the code into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what the verbs made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache

docs: $(STAMP) ## Make the generated parts of the README anew
	$(BIN)/python tools/readme.py

conformance: $(STAMP) ## Run MCP's official conformance suite (needs npm)
	$(BIN)/python tests/conformance/run.py
	$(BIN)/python tests/conformance/inspector_checks.py

build/judges/.installed:
	$(PYTHON) -m venv build/judges
	build/judges/bin/python -m pip install --quiet tdqs==0.1.0 mcp-quality==0.7.0 mcpscore==1.29.0
	@touch $@

quality: $(STAMP) build/judges/.installed ## Print what three public judges say of the tools
	$(BIN)/python tools/quality.py build/judges/bin

build/clients/.installed: tools/clients/requirements.txt
	$(PYTHON) -m venv build/clients
	build/clients/bin/python -m pip install --quiet -r tools/clients/requirements.txt
	@touch $@

clients: $(STAMP) build/clients/.installed ## Have agent frameworks convert the tools and call them
	build/clients/bin/python tools/clients/converters.py $(BIN)/python

.PHONY: clients chaos chaos-kills chaos-children chaos-soak help setup check test evidence golden mutants pythons song bench listen listen-edits listen-lengths listen-wishes listen-transcription listen-recordings tags format clean docs conformance quality
