# Everything here sets itself up: scripts/setup makes .venv and installs what is missing, once.
.DEFAULT_GOAL := help
PYTHON ?=
export PYTHON
BOARD ?= qemu_mps2_an386
PYTEST_ARGS ?=
FUZZ_SECONDS ?= 60
RUN := .venv/bin/python -m

.PHONY: help demo test test-boards lint typecheck firmware budgets fuzz clean distclean

help: ## show this help
	@echo 'edgekit: a Keras model goes in, a benchmark report from the board comes out'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20
	@echo
	@echo '  EDGEKIT_NO_APT=1 make …      installs no Debian packages'
	@echo '  make … PYTHON=python3.11     chooses the Python (3.10 to 3.12)'

demo: ## train on real digits, run on an emulated Cortex-M4 and on this machine, report
	@scripts/setup demo
	@.venv/bin/python scripts/demo.py

# One process a core; a file's tests stay in one, so that each keeps its emulators and builds to itself.
test: ## run the tests
	@scripts/setup test
	@$(RUN) pytest -q -n auto --dist loadfile $(PYTEST_ARGS)

# One at a time: each has a whole emulated machine.
test-boards: ## run the tests on emulated Linux boards that take minutes (armhf, virt, raspi3b)
	@scripts/setup boards
	@$(RUN) pytest -q -m boards tests/boards $(PYTEST_ARGS)

lint: ## check style (ruff)
	@scripts/setup python
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

typecheck: ## check types (mypy --strict)
	@scripts/setup python
	@$(RUN) mypy --strict

firmware: ## build the firmware of one board (BOARD=qemu_mps2_an386)
	@scripts/setup demo
	@$(MAKE) -C firmware BOARD=$(BOARD)

budgets: ## measure the firmware on every board and write its size budgets
	@scripts/setup test
	@$(RUN) tests.firmware.budget

fuzz: ## feed the C runtime with broken models and frames (FUZZ_SECONDS=60 for each target)
	@scripts/setup fuzz
	@FUZZ_SECONDS=$(FUZZ_SECONDS) .venv/bin/python scripts/fuzz.py

clean: ## remove what builds, tests and the demo made
	@rm -rf build dist firmware/build artifacts/digits_int8 results/demo
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find edgekit tests recipes scripts -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## and the virtual environment
	@rm -rf .venv *.egg-info
