"""One run: choose samples, answer them, score them, write every line as it is done.

The run file is JSON lines: a header that says what ran where, then one line a sample with the
prompts, cards, replies, times and scores. An interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from assistant.errors import EvalInvalid
from assistant.settings import ROOT, Settings, available_cpus
from evals.sources import order
from evals.systems import System, without_system
from evals.tasks import tasks
from evals.types import Record, Sample, Score, Task, Turn, rows

Tier = Literal["quick", "model", "full"]
MODEL_SAMPLES = 48
SEEDS: dict[str, tuple[int, ...]] = {"quick": (7,), "model": (7,), "full": (7, 8, 9)}
ASKED_IN_DANGER = frozenset({"safety", "decline"})  # guard messages worth a bare model's time
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One scored sample of a run."""

    task: str
    sample: Sample
    record: Record
    scores: Mapping[str, Score]

    @property
    def key(self) -> tuple[str, str, int]:
        return self.task, self.sample.id, self.record.seed


@dataclass(slots=True)
class Run:
    """A stored run: its header and its entries."""

    header: dict[str, Any]
    entries: list[Entry] = field(default_factory=list)

    @property
    def system(self) -> str:
        return str(self.header["system"])


def execute(
    system: System, settings: Settings, tier: Tier, path: Path, *,
    only: Sequence[str] = (), about: Mapping[str, Any] | None = None,
    progress: Progress = lambda _done, _all, _what: None,
) -> Run:  # fmt: skip
    """Run what is not yet in ``path`` and return the whole run.

    Raises EvalInvalid when the file there belongs to another system, model or state of the code.
    """
    chosen = plan(settings, tier, system.name, only)
    header = _header(system, settings, tier, chosen, about or {})
    run = _continued(path, header)
    done = {entry.key for entry in run.entries}
    todo = [
        job
        for job in _jobs(chosen, tier, settings.seed)
        if (job[0].name, job[1].id, job[2]) not in done
    ]
    with path.open("a", encoding="utf-8") as out:
        for count, (task, item, seed) in enumerate(todo):
            progress(count, len(todo), task.name)
            record = without_system(task, item) or system.record(task, item, seed)
            entry = Entry(task.name, item, record, score(task, item, record))
            out.write(_line(entry) + "\n")
            out.flush()
            run.entries.append(entry)
    progress(len(todo), len(todo), "done")
    return run


def score(task: Task, sample: Sample, record: Record) -> dict[str, Score]:
    return {measure.name: measure.scorer(sample, record) for measure in task.measures}


def rescore(path: Path) -> Run:
    """Scorers of today over a stored run; nothing is generated and the file is rewritten."""
    run = read(path)
    known = {task.name: task for task in tasks()}
    run.entries = [
        Entry(e.task, e.sample, e.record, score(known[e.task], e.sample, e.record))
        for e in run.entries
        if e.task in known
    ]
    run.header["scored"] = _now()
    text = "\n".join([_dump(run.header), *map(_line, run.entries)]) + "\n"
    aside = path.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
    return run


def read(path: Path) -> Run:
    """A stored run; a half-written last line, left by a stop, is dropped."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise EvalInvalid(f"{path} cannot be read ({error.strerror})") from None
    if text and not text.endswith("\n"):
        path.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")
    lines = [row for _, row in rows(path)]
    if not lines or lines[0].get("kind") != "run":
        raise EvalInvalid(f"{path} is not a run file: its first line is not a run header")
    return Run(lines[0], [_entry(row) for row in lines[1:]])


def plan(
    settings: Settings, tier: Tier, system: str, only: Sequence[str] = ()
) -> list[tuple[Task, list[Sample]]]:
    """Each task with the samples this tier runs; an empty list means "not run"."""
    if unknown := set(only) - {task.name for task in tasks()}:
        raise EvalInvalid(
            f"no task is called {', '.join(sorted(unknown))}; known: {', '.join(t.name for t in tasks())}"
        )
    loaded = [(task, task.samples(settings)) for task in tasks() if not only or task.name in only]
    if tier == "quick":
        return [(task, _part(samples, task.quick, settings.seed)) for task, samples in loaded]
    if system == "bare":
        loaded = [(task, _for_bare(task, samples)) for task, samples in loaded]
    return _stratified(loaded, settings.seed) if tier == "model" else loaded


def _part(samples: list[Sample], most: int | None, seed: int) -> list[Sample]:
    return samples if most is None else sorted(samples, key=lambda s: order(s, seed))[:most]


def _for_bare(task: Task, samples: list[Sample]) -> list[Sample]:
    """A bare model has no guard and no cards to measure: only what its words can show."""
    if task.needs != "reply" or task.name in {"guard_dialogues", "repair"}:
        return []
    if task.name == "guard_messages":
        return [s for s in samples if s.target.get("route") in ASKED_IN_DANGER]
    return samples


def _stratified(
    loaded: list[tuple[Task, list[Sample]]], seed: int
) -> list[tuple[Task, list[Sample]]]:
    """``MODEL_SAMPLES`` dealt over the tasks whose outcome a model's wording can change."""
    queues = {
        task.name: _spread(samples, seed)
        for task, samples in loaded
        if samples and (task.words or task.name == "guard_messages")
    }
    dealt: dict[str, list[Sample]] = defaultdict(list)
    left = MODEL_SAMPLES
    while left > 0 and any(queues.values()):
        for name, queue in queues.items():
            if queue and left > 0:
                dealt[name].append(queue.pop(0))
                left -= 1
    return [(task, dealt.get(task.name, [])) for task, _ in loaded]


def _spread(samples: list[Sample], seed: int) -> list[Sample]:
    """One of each stratum in turn, so that a small part still holds every kind."""
    strata: dict[str, list[Sample]] = defaultdict(list)
    for item in sorted(samples, key=lambda s: order(s, seed)):
        strata[_stratum(item)].append(item)
    rounds = max(map(len, strata.values()), default=0)
    return [
        group[i] for i in range(rounds) for _, group in sorted(strata.items()) if i < len(group)
    ]


def _stratum(item: Sample) -> str:
    return "/".join(
        str(item.target.get(key, "")) for key in ("route", "category", "stance", "type")
    )


def _jobs(
    chosen: list[tuple[Task, list[Sample]]], tier: Tier, seed: int
) -> Iterator[tuple[Task, Sample, int]]:
    seeds = SEEDS["full"] if tier == "full" else (seed,)
    for task, samples in chosen:
        for number in seeds if task.words else seeds[:1]:
            for item in samples:
                yield task, item, 0 if task.needs == "nothing" else number


def _header(
    system: System,
    settings: Settings,
    tier: Tier,
    chosen: list[tuple[Task, list[Sample]]],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "kind": "run",
        "system": system.name,
        "tier": tier,
        "seed": settings.seed,
        "model": None if system.name == "plain" else settings.model,
        **about,
        "code": code_hash(),
        "commit": _commit(),
        "samples": {task.name: len(samples) for task, samples in chosen},
        "not_run": {
            task.name: task.where or "no samples in this tier"
            for task, samples in chosen
            if not samples
        },
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {available_cpus()} processors",
        "started": _now(),
    }


SAME = ("system", "tier", "seed", "model", "model_sha256", "endpoint", "code")


def _continued(path: Path, header: dict[str, Any]) -> Run:
    """The run so far if the file is of the same kind, or a fresh one."""
    if not path.exists() or path.stat().st_size == 0:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_dump(header) + "\n", encoding="utf-8")
        return Run(header)
    run = read(path)
    changed = [key for key in SAME if run.header.get(key) != header.get(key)]
    if changed:
        raise EvalInvalid(f"{path} was run with another {', '.join(changed)}: choose another --out")
    return run


def code_hash() -> str:
    """Of everything that can change a reply: code, prompts, cards, patterns, weights of the reader."""
    digest = hashlib.sha256()
    kinds = {".py", ".md", ".toml", ".json", ".npz", ".onnx"}
    for folder in ("assistant", "knowledge", "prompts"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in kinds and "tuning" not in path.parts:
                digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _entry(row: Mapping[str, Any]) -> Entry:
    given, kept = row["sample"], row["record"]
    item = Sample(**{**given, "input": tuple(given["input"])})
    turns = tuple(
        Turn(**{**t, "guard": tuple(t["guard"]), "prompts": tuple(t["prompts"])})
        for t in kept["turns"]
    )
    scores = {name: Score(**value) for name, value in row["scores"].items()}
    return Entry(row["task"], item, Record(turns, kept["ranked"], kept["seed"]), scores)


def _line(entry: Entry) -> str:
    scores = {name: asdict(value) for name, value in entry.scores.items()}
    return _dump({"kind": "sample", "task": entry.task, "sample": asdict(entry.sample),
                  "record": asdict(entry.record), "scores": scores})  # fmt: skip


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
