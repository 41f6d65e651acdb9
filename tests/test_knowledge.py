"""Cards load, bad cards are named with their fault, and what is found is to the point."""

import shutil
from dataclasses import replace

import pytest

from assistant.chat import _spoken
from knowledge import style
from knowledge.cards import CARDS, REFERENCES, CardInvalid, lint, load, read
from knowledge.index import BM25, CardRetriever, Scored, fuse
from knowledge.readability import grade

GOOD = CARDS / "choice" / "pause-overfunctioning.md"


def test_all_78_cards_are_here_and_without_fault():
    assert lint() == []
    codes = {card.code for card in load().cards.values()}
    assert codes == {f"C{n:02}" for n in range(1, 61)} | {f"X{n:02}" for n in range(1, 19)}


def test_no_sentence_to_be_said_stands_on_two_cards():
    said = [line for c in load().cards.values() for line in (*c.insights, *c.steps)]
    assert len(said) == len(set(said))


SPOILED = {
    "no grade": ('grade = "moderate"', 'grade = "certain"', "grade"),
    "dead slug": ('id = "pause-overfunctioning"', 'id = "pause"', "file is called"),
    "promise": (
        "insights = [",
        'insights = [\n  "They will miss you if you wait long enough for it.",',
        "promises",
    ),
    "gendered": (
        "insights = [",
        'insights = [\n  "When he waits for an answer you can rest a little.",',
        "gender",
    ),
    "diagnosis": (
        "insights = [",
        'insights = [\n  "A narcissist tires you out and it is not you.",',
        "diagnoses",
    ),
    "no toml": ("+++", "---", "+++"),
    "no section": ("## How it gets misused", "## Misuse", "missing"),
}


@pytest.mark.parametrize("case", SPOILED, ids=list(SPOILED))
def test_a_spoiled_card_is_named_with_its_fault(tmp_path, case):
    old, new, words = SPOILED[case]
    folder = tmp_path / "choice"
    folder.mkdir()
    text = GOOD.read_text(encoding="utf-8")
    assert old in text
    (folder / GOOD.name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CardInvalid, match=r"pause-overfunctioning\.md") as caught:
        read(folder / GOOD.name)
    assert words in str(caught.value)


def test_a_dead_reference_or_relation_does_not_load(tmp_path):
    folder = tmp_path / "choice"
    folder.mkdir()
    shutil.copy(GOOD, folder)
    faults = lint(tmp_path, REFERENCES)
    assert faults and all("does not exist" in fault for fault in faults)


def test_a_claim_stronger_than_its_grade_is_a_fault():
    from dataclasses import replace

    card = replace(
        load().cards["pause-overfunctioning"],
        grade="weak",
        note="Research shows this works well for most people who try it.",
    )
    assert any("claims more than its grade" in fault for fault in style.faults_of_card(card))


def test_reading_level_tells_plain_from_learned():
    plain = "You are tired. Rest a little. Then look again."
    learned = "Intermittent reinforcement contingencies perpetuate attachment dysregulation."
    assert grade(plain) < 4 < 12 < grade(learned)


def test_bm25_prefers_the_text_that_holds_the_words():
    scores = BM25(["keys and coats", "he watches my stories", "rain"]).scores("who watches stories")
    assert scores.argmax() == 1 and scores[2] == 0


def test_fusion_rewards_agreement():
    import numpy as np

    both = fuse(np.array([0.9, 0.5, 0.1]), np.array([3.0, 1.0, 0.0]), None)
    assert both.argmax() == 0


def test_a_new_card_needs_nothing_but_its_file(tmp_path, listener):
    """A copied library with one more card finds that card, with the committed reader."""
    cards = tmp_path / "cards"
    shutil.copytree(CARDS, cards)
    text = GOOD.read_text(encoding="utf-8").replace("pause-overfunctioning", "lighthouse-keeper")
    text = text.replace('code = "C27"', 'code = "Z01"')
    start = text.index("triggers = [")
    end = text.index("]", start)
    phrases = ", ".join(f'"my partner keeps the lighthouse lamp number {n}"' for n in range(8))
    (cards / "choice" / "lighthouse-keeper.md").write_text(
        text[:start] + f"triggers = [{phrases}" + text[end:], encoding="utf-8"
    )
    library = load(cards)
    retriever = CardRetriever(library=library, encoder=listener.reader.embedder)
    ranked = retriever.rank("my partner keeps the lighthouse lamp on")
    assert ranked[0].slug == "lighthouse-keeper"


def test_the_retriever_speaks_langchain(listener):
    found = listener.retriever.invoke("i always text first and plan everything, im exhausted")
    assert 1 <= len(found) <= 3 and found[0].id in load().cards


def test_vectors_are_cached_by_hash(tmp_path, listener):
    embedder = listener.reader.embedder
    CardRetriever(library=load(), encoder=embedder, cache=tmp_path)
    (name,) = [path.name for path in tmp_path.iterdir()]
    assert name == f"{load().fingerprint}-{embedder.fingerprint}.npy"
    (tmp_path / name).write_bytes(b"broken")
    assert CardRetriever(library=load(), encoder=embedder, cache=tmp_path).rank("i miss her")


def test_where_no_card_is_likely_only_ideas_that_take_nothing_for_granted_are_said():
    library = load()
    ranked = [Scored(slug, 1.0, 0.02) for slug in library.cards]
    spoken = _spoken(ranked, library)
    assert len(spoken) >= 4
    assert all(card.insights == library.cards[card.id].wide for card in spoken)
    assert all(card.stands_in for card in spoken)


def test_a_card_that_is_likely_meant_speaks_for_itself():
    library = load()
    (card,) = _spoken([Scored("self-compassion", 1.0, 0.5)], library)
    assert card == library.cards["self-compassion"]


def test_a_wide_idea_is_linted_like_any_other(tmp_path):
    card = next(iter(load().cards.values()))
    faults = list(
        style.faults_of_card(replace(card, wide=("He will come back to you if you wait.",)))
    )
    assert any("assumes a gender" in fault for fault in faults)
