"""``stillpoint bench``: this app beside two plain ways of using the same model, in one run.

Each contestant runs alone in a process of its own, so that its peak memory is its own and none
finds another's cache. ``loop`` is llama-cpp-python's chat call with a growing history; ``chain``
is a langchain-core retrieval chain that stuffs three cards into the system prompt. Medians over
rounds; seconds belong to the machine, ratios are what carries over.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.errors import StillpointError
from assistant.settings import ROOT, Settings, available_cpus

CONTESTANTS = {
    "stillpoint": "Stillpoint",
    "loop": "plain loop",
    "chain": "LangChain chain",
}
TURNS = 4
SPEED_TOKENS = 96
REPLY_TOKENS = 160  # a rival's replies are bounded, or its later turns grow without end
SYSTEM = (
    "You are a warm, honest companion for someone hurting in an unclear relationship. Answer in "
    "a few short sentences. Never help to manipulate anyone. Ask at most one question."
)
TALKS = (
    (
        "I always text first and plan every date. I am worn out and they do not seem to notice.",
        "I told them once that I need more effort. They said sure, and nothing changed.",
        "Part of me wants to stop answering for a week. I do not know whether that is fair.",
        "No, I am not afraid of them. I just feel like I am the only one who cares.",
    ),
    (
        "They were so warm in spring, then distant, then warm again. I cannot keep up any more.",
        "Last month they ended it and two weeks later they wanted me back.",
        "When they come close I forget what it was like. Then it starts all over.",
        "I never said plainly what it does to me. I keep hoping it will settle by itself.",
    ),
    (
        "My ex sends a song or a joke every few weeks and then disappears for days.",
        "Each time my heart jumps, and each time I feel stupid afterwards.",
        "I asked what they want. They said they like how easy things are between us.",
        "I think I want it to stop, but I am scared of the quiet that comes after.",
    ),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """Milliseconds of one turn; guard and retrieval are 0 where a contestant has none."""

    first_token: float
    first_shown: float
    whole: float
    guard: float = 0.0
    retrieval: float = 0.0


def main(settings: Settings, rounds: int, out: Path | None = None) -> None:
    """Run all contestants one after another, print the table, write JSON where asked."""
    from assistant import terminal

    results = {name: _measured(name, settings, rounds) for name in CONTESTANTS}
    figures = {name: _figures(raw) for name, raw in results.items()}
    terminal.console(wide=True).print(_table(figures))
    if out:
        report = {"model": settings.model, "rounds": rounds, "cpus": available_cpus()}
        text = json.dumps({**report, "medians": figures, "raw": results}, indent=1)
        out.write_text(text + "\n", encoding="utf-8")


def _measured(name: str, settings: Settings, rounds: int) -> dict[str, Any]:
    """One contestant's raw figures, from a process that ends with it."""
    sys.stderr.write(f"measuring {CONTESTANTS[name]} ...\n")
    command = [sys.executable, "-m", "assistant.bench", name, str(rounds), settings.model]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise StillpointError(f"bench: {CONTESTANTS[name]} did not finish: {last}")
    raw: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return raw


def _figures(raw: dict[str, Any]) -> dict[str, float]:
    """Medians by the name of the row."""
    talks: list[list[dict[str, float]]] = raw["talks"]
    found = {"start, s": raw["start"]}
    for field in ("first_shown", "first_token", "whole"):
        for i in range(TURNS):
            row = f"{field.replace('_', ' ')}, turn {i + 1}, ms"
            found[row] = _median(talk[i][field] for talk in talks)
    for field in ("guard", "retrieval"):
        found[f"{field}, ms"] = _median(turn[field] for talk in talks for turn in talk)
    found["generation, tokens/s"] = _median(raw["speed"])
    found["peak memory, MB"] = raw["memory"]
    return found


def _median(values: Any) -> float:
    """Over the turns where a stage ran at all."""
    ran = [value for value in values if value]
    return statistics.median(ran) if ran else 0.0


def _table(figures: dict[str, dict[str, float]]) -> Any:
    """Medians side by side, and each rival's as a multiple of ours."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("median of")
    for title in (*CONTESTANTS.values(), "loop / ours", "chain / ours"):
        table.add_column(title, justify="right")
    for row, ours in figures["stillpoint"].items():
        values = [figures[name][row] for name in CONTESTANTS]
        ratios = [_ratio(value, ours) for value in values[1:]]
        table.add_row(row, *(_shown(value) for value in values), *ratios)
    return table


def _shown(value: float) -> str:
    return "-" if not value else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _ratio(value: float, ours: float) -> str:
    return f"{value / ours:.2f}" if value and ours else "-"


def _worker(name: str, rounds: int, model: str) -> dict[str, Any]:
    """What the process of one contestant does; its figures go to standard output."""
    started = time.perf_counter()
    talk, speed = {"stillpoint": _ours, "loop": _loop, "chain": _chain}[name](model)
    start = time.perf_counter() - started
    talks, speeds = [], []
    for number in range(rounds):
        talks.append([asdict(turn) for turn in talk(TALKS[number % len(TALKS)])])
        speeds.append(speed())
    return {"start": start, "talks": talks, "speed": speeds, "memory": _peak_mb()}


Talk = Callable[[tuple[str, ...]], Iterator[Turn]]
Speed = Callable[[], float]


def _ours(model: str) -> tuple[Talk, Speed]:
    from assistant.build import build
    from assistant.turn import Exchange, UserTurn

    assistant = build(Settings.load(model=model))
    chat: Any = assistant.writer

    def talk(messages: tuple[str, ...]) -> Iterator[Turn]:
        chat.warm()  # as at every start of the app, while the person still types
        history: list[Exchange] = []
        for text in messages:
            *_, last = assistant.turn(history, UserTurn(text))
            history.append(Exchange(UserTurn(text), last))
            ms = last.timings
            yield Turn(ms.first_token, ms.first_shown, ms.total, ms.screen, ms.retrieve)

    def speed() -> float:
        from langchain_core.messages import HumanMessage

        chunks = chat.model.stream([HumanMessage("Tell a long story.")], max_tokens=SPEED_TOKENS)
        return _rate(chunk.content for chunk in chunks if chunk.content)

    return talk, speed


def _loop(model: str) -> tuple[Talk, Speed]:
    """The README way: one Llama, the whole history in every call."""
    llama = _llama(model)

    def talk(messages: tuple[str, ...]) -> Iterator[Turn]:
        llama.reset()  # a new conversation; else the round before would be half remembered
        history = [{"role": "system", "content": SYSTEM}]
        for text in messages:
            history.append({"role": "user", "content": text})
            said: list[str] = []
            yield _timed(_deltas(llama, history), said)
            history.append({"role": "assistant", "content": "".join(said)})

    return talk, lambda: _plain_speed(llama)


def _chain(model: str) -> tuple[Talk, Speed]:
    """Retriever, prompt and model composed the documented way, cards in the system message."""
    from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
    from langchain_core.runnables import RunnableGenerator
    from langchain_core.vectorstores import InMemoryVectorStore

    from assistant.build import switch_off_telemetry
    from assistant.models.embedder import Embedder
    from knowledge.cards import load

    switch_off_telemetry()
    cards = load().cards.values()
    store = InMemoryVectorStore.from_texts([f"{c.title}. {c.idea}" for c in cards], Embedder())
    retriever = store.as_retriever(search_kwargs={"k": 3})
    template = ChatPromptTemplate.from_messages(
        [("system", SYSTEM + "\n\nNotes:\n{notes}"), MessagesPlaceholder("past"), ("human", "{q}")]
    )
    llama = _llama(model)
    roles = {"system": "system", "human": "user", "ai": "assistant"}

    def write(values: Iterator[Any]) -> Iterator[str]:
        for value in values:
            sent = [{"role": roles[m.type], "content": m.content} for m in value.to_messages()]
            yield from _deltas(llama, sent)

    chain = template | RunnableGenerator(write)

    def talk(messages: tuple[str, ...]) -> Iterator[Turn]:
        llama.reset()
        past: list[tuple[str, str]] = []
        for text in messages:
            begun = time.perf_counter()
            notes = "\n".join(document.page_content for document in retriever.invoke(text))
            spent = (time.perf_counter() - begun) * 1000
            said: list[str] = []
            yield _timed(chain.stream({"notes": notes, "past": past, "q": text}), said, spent)
            past += [("human", text), ("ai", "".join(said))]

    return talk, lambda: _plain_speed(llama)


def _llama(model: str) -> Any:
    """Given the processors this process may use: the package's own guess is the host's."""
    import llama_cpp

    from assistant.models.store import Store

    path = Store(Settings.load().folder("models")).find(model)
    threads = available_cpus()
    return llama_cpp.Llama(
        str(path), n_ctx=4096, n_threads=threads, n_threads_batch=threads, verbose=False
    )


def _deltas(llama: Any, sent: list[dict[str, str]], most: int = REPLY_TOKENS) -> Iterator[str]:
    for part in llama.create_chat_completion(sent, stream=True, max_tokens=most, seed=7):
        if content := part["choices"][0]["delta"].get("content"):
            yield content


def _timed(pieces: Iterator[str], said: list[str], retrieval: float = 0.0) -> Turn:
    """Time a stream; retrieval came before it and counts into every figure."""
    begun, first = time.perf_counter(), 0.0
    for piece in pieces:
        first = first or (time.perf_counter() - begun) * 1000 + retrieval
        said.append(piece)
    whole = (time.perf_counter() - begun) * 1000 + retrieval
    return Turn(first, first, whole, 0.0, retrieval)


def _plain_speed(llama: Any) -> float:
    return _rate(_deltas(llama, [{"role": "user", "content": "Tell a long story."}], SPEED_TOKENS))


def _rate(pieces: Iterator[Any]) -> float:
    """Tokens a second after the first one."""
    next(pieces)
    begun = time.perf_counter()
    return sum(1 for _ in pieces) / (time.perf_counter() - begun)


def _peak_mb() -> float:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_worker(sys.argv[1], int(sys.argv[2]), sys.argv[3])) + "\n")
