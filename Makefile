# The verbs of the README. Everything lives in .venv; nothing else in the checkout is written.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE := 1
export RUFF_CACHE_DIR := $(VENV)/cache/ruff
export MYPY_CACHE_DIR := $(VENV)/cache/mypy
export HYPOTHESIS_STORAGE_DIRECTORY := $(VENV)/cache/hypothesis

.PHONY: chat test evals check reader clean

chat: $(VENV)/app-ready
	@"$(BIN)/stillpoint" chat

test: $(VENV)/dev-ready
	@"$(BIN)/python" -m pytest -o cache_dir=$(VENV)/cache/pytest

evals: $(VENV)/dev-ready
	@"$(BIN)/stillpoint" eval run --tier quick

check: $(VENV)/dev-ready
	@"$(BIN)/ruff" check . && "$(BIN)/ruff" format --check -q .
	@"$(BIN)/mypy"

$(VENV)/app-ready: pyproject.toml constraints.txt
	@sh .ci/preflight "$(PYTHON)"
	@test -x "$(BIN)/python" || "$(PYTHON)" -m venv "$(VENV)"
	@echo "Installing (a few minutes the first time: the model runtime is compiled here)"
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch "$@"

$(VENV)/dev-ready: $(VENV)/app-ready
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch "$@"

# Trains the reader anew, about two hours on two cores; it goes on where it was stopped.
reader: $(VENV)/dev-ready
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[tuning]'
	@test -d $(VENV)/minilm || "$(BIN)/python" -m assistant.tuning.base $(VENV)/minilm
	@"$(BIN)/python" -m assistant.tuning.encoder --base $(VENV)/minilm --out $(VENV)/reader
	@cp $(VENV)/reader/reader.onnx $(VENV)/reader/heads.npz assistant/models/reader/
	@"$(BIN)/python" -m assistant.tuning.far
	@"$(BIN)/python" -m assistant.tuning.thresholds

clean:
	rm -rf "$(VENV)"
