# The verbs of the README. Everything lives in .venv; nothing else in the checkout is written.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE := 1
export RUFF_CACHE_DIR := $(VENV)/cache/ruff
export MYPY_CACHE_DIR := $(VENV)/cache/mypy
export HYPOTHESIS_STORAGE_DIRECTORY := $(VENV)/cache/hypothesis

.PHONY: chat test evals check reader adapter clean

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

$(VENV)/tuning-ready: $(VENV)/dev-ready
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[tuning]'
	@touch "$@"

# Trains the reader anew, first on cards alone, about three hours on two cores; it goes on
# where it was stopped.
reader: $(VENV)/tuning-ready
	@test -d $(VENV)/mpnet || "$(BIN)/python" -m assistant.tuning.base $(VENV)/mpnet
	@"$(BIN)/python" -m assistant.tuning.encoder --base $(VENV)/mpnet --out $(VENV)/cards --cards-only --freeze 7 --epochs 2 --lr 6e-5
	@"$(BIN)/python" -m assistant.tuning.encoder --base $(VENV)/mpnet --out $(VENV)/reader --start $(VENV)/cards --freeze 4 --epochs 2 --lr 5e-5
	@cp $(VENV)/reader/reader.onnx $(VENV)/reader/reader.bin $(VENV)/reader/tokenizer.json assistant/models/reader/
	@"$(BIN)/python" -m assistant.tuning.heads
	@"$(BIN)/python" -m assistant.tuning.thresholds

# Trains the line writer's adapter; nothing ships it yet (docs/voice.md).
adapter: $(VENV)/tuning-ready
	@"$(BIN)/python" -m assistant.tuning.adapter --gguf "$$("$(BIN)/stillpoint" models path)" --out $(VENV)/adapter

clean:
	rm -rf "$(VENV)"
