"""Where samples come from: the project's own cases, its labelled test splits, public data."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from assistant import helplines, texts
from assistant.errors import EvalInvalid
from assistant.settings import Settings
from assistant.tuning.corpus import DATA
from evals.expected import target
from evals.types import Sample, read_samples, rows

CASES = Path(__file__).parent / "cases"
OWN = {"source": "Stillpoint", "licence": "Apache-2.0"}
Load = Callable[[Settings], list[Sample]]

# Questions of the public set that tell of present abuse, threats, violence or minors, found by a
# keyword pass and a partial reading before any guard had seen them. A safety reply is no false alarm there.
DANGER_IN_COUNSEL = frozenset(
    ["345", "365", "368", "485", "543", "552", "554", "713", "715", "735", "739"]
)
RELATIONSHIP_TOPICS = frozenset(
    {"relationships", "intimacy", "relationship-dissolution", "marriage"}
)
DARK_PATTERNS = frozenset({"User retention", "Anthropomorphization"})


def cases(name: str) -> Load:
    """Own cases: every file of ``evals/cases/NAME``."""

    def load(_settings: Settings) -> list[Sample]:
        found = [s for path in sorted((CASES / name).glob("*.jsonl")) for s in read_samples(path)]
        return unique(found, name)

    return load


def paired(name: str) -> Load:
    """Two-sided stories: two messages in one case, or two cases whose ``target.pair`` agree."""

    def load(settings: Settings) -> list[Sample]:
        singles: dict[str, list[Sample]] = {}
        for item in cases(name)(settings):
            singles.setdefault(str(item.target.get("pair", item.id)), []).append(item)
        return [_pair(key, sides) for key, sides in singles.items() if _sides(sides) == 2]

    return load


def guard_messages(_settings: Settings) -> list[Sample]:
    """The labelled test split: each message with where the contract sends it, and how it is said."""
    path = DATA / "guards" / "test.jsonl"
    return [
        _own(
            f"blind-{n}",
            [row["text"]],
            target(row["labels"]) | {"near": row.get("near"), "said": row["said"]},
        )
        for n, row in _rows(path)
    ]


def off_topic(settings: Settings) -> list[Sample]:
    return [s for s in guard_messages(settings) if s.target["route"] == "offtopic"]


def guard_dialogues(_settings: Settings) -> list[Sample]:
    path = DATA / "guards" / "test_dialogues.jsonl"
    return [_dialogue(f"talk-{n}", row) for n, row in _rows(path)]


def queries(_settings: Settings) -> list[Sample]:
    """Messages with graded cards; those whose best card is only related (grade 1) stay in."""
    return [
        _own(f"{path.stem}-{n}", [row["text"]], {"grades": row["grades"]})
        for path in sorted((DATA / "queries").glob("test*.jsonl"))
        for n, row in _rows(path)
        if row.get("grades")
    ]


def safety_texts(_settings: Settings) -> list[Sample]:
    """Every vetted safety text, first and follow-ups, with the lines of every country."""
    return [
        _own(f"{name}-{turn}-{code or 'none'}", [name], {"route": "safety", "later": turn > 0},
             {"name": name, "turn": turn, "country": code})
        for name in texts.safety_names()
        if texts.safety(name).override and texts.safety(name).category
        for turn in range(1 + len(texts.safety(name).next))
        for code in (None, *helplines.countries())
    ]  # fmt: skip


def counsel_chat(settings: Settings) -> list[Sample]:
    return [
        Sample(f"counsel-{row['question_id']}", (f"{row['title']} {row['question']}".strip(),),
               {"route": "reflect"}, "CounselChat", "MIT")
        for row in public(settings, "counsel_chat/relationship_questions.csv")
        if row["topic"] in RELATIONSHIP_TOPICS and row["question_id"] not in DANGER_IN_COUNSEL
    ]  # fmt: skip


def xstest_safe(settings: Settings) -> list[Sample]:
    return [
        Sample(
            f"xstest-{row['id']}", (row["prompt"],), {"type": row["type"]}, "XSTest", "CC-BY-4.0"
        )
        for row in public(settings, "xstest/xstest_prompts.csv")
        if row["label"] == "safe"
    ]


def coconot(settings: Settings) -> list[Sample]:
    return [
        Sample(f"coconot-{row['id']}", (row["prompt"],), {"type": row["subcategory"]},
               "CoCoNot contrast", "MIT")
        for row in public(settings, "coconot/coconot_contrast_should_comply.csv")
    ]  # fmt: skip


def darkbench(settings: Settings) -> list[Sample]:
    return [
        Sample(f"darkbench-{n}", (row["prompt"],), {"type": row["category"]}, "DarkBench", "MIT")
        for n, row in enumerate(public(settings, "darkbench/darkbench.csv"))
        if row["category"] in DARK_PATTERNS
    ]


def xstest_labelled(settings: Settings) -> list[Sample]:
    """Answers that two people each marked as compliance or refusal."""
    path = "xstest/human_labelled_completions_mistral.csv"
    return [
        Sample(f"{row['model']}-{row['id']}", (row["prompt"],),
               {"check": "refusal", "label": row["final_label"] != "1_full_compliance"},
               "XSTest", "CC-BY-4.0", {"reply": row["completion"], "fit": fitted_on(row["prompt"])})
        for row in public(settings, path)
    ]  # fmt: skip


def fitted_on(text: str) -> bool:
    """Whether a judge may learn from a case: three fifths of them, by what was asked."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 5 < 3


def therapist_labelled(settings: Settings) -> list[Sample]:
    """Replies to acute messages that a person judged, where one of our scorers asks the same."""
    checks = {"bridge": "method", "pesticides": "method", "dead": "premise_far", "stalking": "premise_far",
              "god": "support"}  # fmt: skip
    path = "llms_as_therapists/interjection_responses.csv"
    return [
        Sample(f"{row['stimulus']}-{n}", (row["user_message"],),
               {"check": checks[row["stimulus"]], "label": row["judge_human"] == "yes"},
               "llms-as-therapists", "MIT", {"reply": row["response"]})
        for n, row in enumerate(public(settings, path))
        if row["judge_human"] and row["stimulus"] in checks and "attune" not in row["check"]
    ]  # fmt: skip


def together(*loads: Load) -> Load:
    return lambda settings: [s for load in loads for s in load(settings)]


def public(settings: Settings, name: str) -> Iterator[dict[str, str]]:
    """Rows of a public file under the data folder; none when it is not there."""
    path = settings.data / name if settings.data else None
    if path is None or not path.exists():
        return
    csv.field_size_limit(1 << 24)
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def unique(samples: list[Sample], where: str) -> list[Sample]:
    seen: set[str] = set()
    for item in samples:
        if item.id in seen:
            raise EvalInvalid(f"evals/cases/{where}: the id {item.id!r} is used twice")
        seen.add(item.id)
    return samples


def order(item: Sample, seed: int) -> str:
    """A fixed shuffle, so that a part of a task is not its first file."""
    return hashlib.sha256(f"{seed}{item.id}".encode()).hexdigest()


def _own(
    name: str, said: list[str], wanted: dict[str, Any], metadata: dict[str, Any] | None = None
) -> Sample:
    return Sample(name, tuple(said), wanted, OWN["source"], OWN["licence"], metadata or {})


def _dialogue(key: str, row: dict[str, Any]) -> Sample:
    asked = {str(i): t["asked"] for i, t in enumerate(row["turns"]) if t.get("asked")}
    said = [turn["text"] for turn in row["turns"]]
    return _own(key, said, {"turns": row["turns"]}, {"asked": asked})


def _sides(sides: list[Sample]) -> int:
    return sum(len(side.input) for side in sides)


def _pair(key: str, sides: list[Sample]) -> Sample:
    said = tuple(text for side in sides for text in side.input)
    first = sides[0]
    return Sample(key, said, first.target, first.source, first.licence, {"apart": True})


def _rows(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    return rows(path) if path.exists() else ()
