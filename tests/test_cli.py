"""The command line: every verb, its help, its exit codes, and one clear line on failure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from assistant.chat import Assistant
from assistant.cli import app
from assistant.errors import ModelMissing
from assistant.settings import DEFAULT_MODEL, DEFAULT_PORT, ROOT
from assistant.wording import PlainWriter

VERBS = [
    "chat", "ask", "screen", "retrieve", "review", "cards", "bench", "doctor",
    "models list", "models pull", "models verify", "models path", "models remove",
    "eval run", "eval score", "eval report", "eval compare",
]  # fmt: skip
WORN = "I plan everything and I am worn out. Should I go quiet for a while?"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty store, and none of the variables of whoever runs the tests."""
    for name in ("MODEL", "COUNTRY", "PASSWORD", "PASSWORD_FILE"):
        monkeypatch.delenv(f"STILLPOINT_{name}", raising=False)
    monkeypatch.setenv("STILLPOINT_HOME", str(tmp_path / "home"))
    return tmp_path


def run(*arguments: str, given: str | None = None):
    return CliRunner().invoke(app, list(arguments), input=given)


@pytest.fixture
def plain(monkeypatch, listener):
    """The assistant without a language model: its vetted lines."""

    def build(settings, progress=None):
        library = listener.retriever.library
        return Assistant(settings, listener, library, PlainWriter())

    monkeypatch.setattr("assistant.build.build", build)


def test_help_imports_nothing_heavy():
    heavy = "{'gradio', 'chromadb', 'onnxruntime', 'llama_cpp', 'langchain_core', 'numpy', 'rich'}"
    code = f"import sys, assistant.cli; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb):
    shown = run(*verb.split(), "--help")
    assert shown.exit_code == 0
    assert f"Example: stillpoint {verb}" in " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["nosuch"], id="an unknown verb"),
        pytest.param(["screen"], id="no input"),
        pytest.param(["chat", "--port", "seven"], id="a port that is no number"),
        pytest.param(["chat", "--port", "80"], id="a port that needs root"),
        pytest.param(["chat", "--country", "XYZ"], id="a country of three letters"),
        pytest.param(["ask", "--batch", "in.jsonl"], id="a batch without --out"),
        pytest.param(["ask", "hi", "--batch", "a", "--out", "b"], id="text and a batch"),
        pytest.param(["eval", "run", "--tier", "huge"], id="an unknown tier"),
        pytest.param(["retrieve", "--batch", "-", "-k", "0"], id="no cards at all"),
    ],
)
def test_wrong_use_exits_2(arguments):
    assert run(*arguments, given="").exit_code == 2


def test_ask_without_any_text_is_wrong_use():
    assert run("ask", given="  \n").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["cards", "warmno"], "no card 'warmno'", id="an unknown card"),
        pytest.param(["cards", "--search", "zzzz"], "no card holds", id="words in no card"),
        pytest.param(["ask", "hi", "--model", "nosuch"], DEFAULT_MODEL, id="an unknown model"),
        pytest.param(["ask", "hi", "--model", "no.gguf"], "no file no.gguf", id="no such file"),
        pytest.param(
            ["chat", "--model", "all-minilm-l6-v2-int8"], "no chat model", id="an embedder"
        ),
        pytest.param(
            ["chat", "--listen", "192.168.1.20"], "needs a password", id="no password for others"
        ),
        pytest.param(["models", "path"], "not here yet", id="where a missing model lies"),
        pytest.param(["models", "verify", DEFAULT_MODEL], "not installed", id="nothing to verify"),
        pytest.param(["models", "remove", "nosuch"], "no model is called", id="remove nothing"),
        pytest.param(["screen", "--batch", "nosuch.jsonl"], "cannot be read", id="no input file"),
        pytest.param(
            ["review", "--batch", "-", "--out", "/nosuch/out"], "cannot be written", id="no folder"
        ),
    ],
)
def test_failure_is_one_line_and_exit_1(arguments, words):
    failed = run(*arguments, given="")
    assert failed.exit_code == 1
    assert failed.stderr.count("\n") == 1
    assert words in failed.stderr
    assert failed.stdout == ""


def test_ctrl_c_is_one_line_and_exit_1(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("knowledge.cards.load", interrupted)
    stopped = run("cards")
    assert (stopped.exit_code, stopped.stderr) == (1, "stillpoint: stopped\n")


def test_a_broken_card_is_named_with_its_fault(monkeypatch):
    from knowledge.cards import CardInvalid

    def broken(*_):
        raise CardInvalid("some-card.md: section '## The idea' is missing or empty")

    monkeypatch.setattr("knowledge.cards.load", broken)
    failed = run("cards")
    assert failed.exit_code == 1
    assert "some-card.md" in failed.stderr


def test_a_fault_nobody_foresaw_keeps_its_traceback(monkeypatch):
    def wrong(*_):
        raise ValueError("a bug")

    monkeypatch.setattr("knowledge.cards.load", wrong)
    assert isinstance(run("cards").exception, ValueError)


def test_cards_lists_all_and_shows_one_in_full():
    from knowledge.cards import load

    card = next(iter(load().cards.values()))
    listed = run("cards")
    assert all(slug in listed.stdout for slug in load().cards)
    shown = run("cards", card.id)
    assert card.title in shown.stdout
    assert " ".join(card.idea.split()[:4]) in shown.stdout
    assert run("cards", card.code.lower()).stdout == shown.stdout


def test_cards_search_finds_by_words():
    from knowledge.cards import load

    card = next(iter(load().cards.values()))
    assert card.id in run("cards", "--search", card.title).stdout


def test_models_list_shows_what_a_choice_needs():
    shown = run("models", "list")
    assert shown.exit_code == 0
    rows = shown.stdout.splitlines()
    default = next(i for i, row in enumerate(rows) if row.startswith(DEFAULT_MODEL))
    assert rows[default].endswith("not installed, chosen")
    assert "1.12 GB, needs 2.2 of" in rows[default + 1]
    assert "Apache-2.0" in rows[default + 1]
    larger = next(row for row in rows if row.startswith("qwen3-4b"))
    assert "not tried by us" in larger


def test_models_path_and_remove_act_on_the_store(home):
    folder = home / "home" / "models"
    folder.mkdir(parents=True)
    (folder / "smollm2-135m-instruct-q4_1.gguf").write_bytes(b"GGUF" + bytes(2_000_000))
    shown = run("models", "path", "smollm2-135m-instruct-q4_1")
    assert shown.stdout.strip() == str(folder / "smollm2-135m-instruct-q4_1.gguf")
    altered = run("models", "verify")
    assert altered.exit_code == 1
    assert "not the published file" in altered.stderr
    assert "2 MB freed" in run("models", "remove", "smollm2-135m-instruct-q4_1").stdout
    assert list(folder.iterdir()) == []


def test_ask_prints_the_reply_and_its_source(plain):
    shown = run("ask", WORN)
    assert shown.exit_code == 0
    assert "“" in shown.stdout
    assert "stillpoint cards " in shown.stdout


def test_ask_reads_standard_input_in_whatever_bytes(plain):
    shown = CliRunner().invoke(app, ["ask", "--json"], input=WORN.encode() + b" caf\xe9\n")
    assert shown.exit_code == 0
    (turn,) = json.loads(shown.stdout)["turns"]
    assert turn["route"] == "reflect"


def test_ask_in_danger_shows_the_lines_of_the_country(plain):
    words = "he said he will kill me if I leave"
    assert "999" in run("ask", words, "--country", "GB").stdout
    assert "--country" in run("ask", words).stderr


def test_ask_batch_goes_on_where_it_stopped(plain, home):
    source, target = home / "in.jsonl", home / "out.jsonl"
    rows = [{"id": str(i), "text": WORN} for i in range(3)]
    source.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    target.write_text('{"id": "0", "turns": []}\n{"id": "1", "tu', encoding="utf-8")
    done = run("ask", "--batch", str(source), "--out", str(target))
    assert done.exit_code == 0
    assert "2 answered, 0 bad, 1 done earlier" in done.stderr
    found = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in found] == ["0", "1", "2"]
    assert [len(row["turns"]) for row in found] == [0, 1, 1]


def test_screen_writes_to_standard_output_and_its_tally_beside(plain):
    done = run("screen", "--batch", "-", given='{"id": "a", "text": "hello"}\n{oops\n')
    assert done.exit_code == 0
    assert [set(json.loads(row)) for row in done.stdout.splitlines()] == [
        {"id", "turns"},
        {"line", "error"},
    ]
    assert done.stderr.strip() == "1 answered, 1 bad"


@pytest.mark.parametrize("interrupted", [False, True], ids=["ended", "interrupted"])
def test_chat_hands_the_page_a_way_to_start_and_closes_it(monkeypatch, interrupted):
    from ui.app import Page

    seen = {}

    class Opened(Page):
        def __init__(self):
            self.door = SimpleNamespace(file=Path("/run/open.html"))

        def wait(self):
            seen["waited"] = True
            if interrupted:
                raise KeyboardInterrupt

        def close(self):
            seen["closed"] = True

    def launch(settings, **given):
        seen.update(given, model=settings.model, country=settings.country)
        return Opened()

    monkeypatch.setattr("ui.app.launch", launch)
    done = run("chat", "--no-browser", "--country", "GB")
    assert done.exit_code == 0
    assert (seen["port"], seen["open_browser"], seen["country"]) == (DEFAULT_PORT, False, "gb")
    assert seen["waited"] and seen["closed"]
    assert "file:///run/open.html" in done.stdout


def test_the_password_for_others_comes_from_a_file_and_never_from_the_command_line(
    monkeypatch, tmp_path
):
    from assistant.cli_options import page_password

    word = tmp_path / "word"
    word.write_text("a password for the page\n", encoding="utf-8")
    monkeypatch.setenv("STILLPOINT_PASSWORD", "another one")
    assert page_password() == "another one"
    monkeypatch.setenv("STILLPOINT_PASSWORD_FILE", str(word))
    assert page_password() == "a password for the page"
    assert run("chat", "--password", "x").exit_code == 2
    monkeypatch.setenv("STILLPOINT_PASSWORD_FILE", str(tmp_path / "nosuch"))
    missing = run("chat", "--listen", "192.168.1.20")
    assert (missing.exit_code, missing.stderr.count("\n")) == (1, 1)
    assert "STILLPOINT_PASSWORD_FILE" in missing.stderr


def test_doctor_names_faults_and_exits_1(monkeypatch):
    monkeypatch.setattr("knowledge.cards.lint", lambda: ["some-card.md: too long"])
    done = run("doctor")
    assert done.exit_code == 1
    assert "! some-card.md: too long" in done.stdout
    assert done.stderr == "stillpoint: 1 thing found wrong, marked with !\n"


def test_doctor_minds_old_help_lines_only_before_a_release(monkeypatch):
    monkeypatch.setattr("knowledge.cards.lint", list)
    monkeypatch.setattr("assistant.helplines.stale", lambda: ["gb: Some Line, checked 2020-01-01"])
    assert run("doctor").exit_code == 0
    assert run("doctor", "--release").exit_code == 1


def test_doctor_goes_on_when_one_look_fails(monkeypatch):
    def broken():
        raise RuntimeError("no such thing")

    monkeypatch.setattr("assistant.helplines.countries", broken)
    done = run("doctor")
    assert "! could not be examined: RuntimeError" in done.stdout
    assert "Switched off" in done.stdout


def test_the_adapter_that_is_named_and_missing_is_told(monkeypatch, tmp_path):
    from dataclasses import replace

    from assistant.build import adapter_path
    from assistant.models.catalogue import lookup
    from assistant.settings import Settings

    entry = replace(lookup(DEFAULT_MODEL), adapter="nosuch.gguf")
    monkeypatch.setattr("assistant.build.catalogue", lambda: {DEFAULT_MODEL: entry})
    with pytest.raises(ModelMissing, match="--no-adapter"):
        adapter_path(Settings(home=tmp_path))
    assert adapter_path(Settings(home=tmp_path, adapter=False)) is None


def test_tracing_that_someone_exported_is_switched_off(monkeypatch):
    import langsmith.utils

    from assistant.build import switch_off_telemetry

    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    switch_off_telemetry()
    assert not langsmith.utils.tracing_is_enabled()
