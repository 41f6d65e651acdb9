"""The verbs of ``stillpoint eval``: run, score, report, compare. Heavy parts load when called."""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console

from assistant.errors import EvalInvalid, SettingsInvalid
from assistant.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from evals.run import Run
    from evals.systems import System

app = typer.Typer(
    help="Measure replies, guards and retrieval. Example: stillpoint eval run --tier quick",
    no_args_is_help=True,
)
LOG_WIDTH = 110  # where there is no terminal to fit: names of goals stay whole in a log
console = Console(stderr=True, width=None if sys.stderr.isatty() else LOG_WIDTH)
RunFile = Annotated[Path, typer.Argument(help="A run file, as written by 'eval run'.")]


@app.command()
def run(
    tier: Annotated[
        str, typer.Option(help="quick (no model), model (48 samples) or full")
    ] = "quick",
    system: Annotated[str, typer.Option(help="guarded, or bare: the model alone")] = "guarded",
    model: Annotated[str | None, typer.Option(help="catalogue name or PATH.gguf")] = None,
    adapter: Annotated[
        bool, typer.Option(help="use the trained adapter where there is one")
    ] = True,
    endpoint: Annotated[
        str | None, typer.Option(help="OpenAI-compatible address on this machine or network")
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="only this task; may be given again")
    ] = None,
    seed: int = 7,
    out: Annotated[
        Path | None, typer.Option(help="run file; one that exists is gone on with")
    ] = None,
) -> None:
    """Answer, score, compare with the baseline; exit 1 as 'compare' does.

    Example: stillpoint eval run --tier model --out before.jsonl
    """
    from evals import run as running

    if tier not in running.SEEDS or system not in {"guarded", "bare"}:
        raise SettingsInvalid("--tier is quick, model or full; --system is guarded or bare")
    if tier == "quick" and (system == "bare" or endpoint or model):
        raise SettingsInvalid("the quick tier runs no model: use --tier model or --tier full")
    settings = Settings.load(model=model, adapter=adapter, seed=seed)
    measured, about = assemble(settings, tier, system, endpoint)
    path = out or _fresh(settings, measured.name, tier)
    with _Bar() as bar:
        done = running.execute(
            measured,
            settings,
            cast("running.Tier", tier),
            path,
            only=task or (),
            about=about,
            progress=bar.show,
        )
    _print(done)
    console.print(f"run file: {path}")
    _gate(done)


@app.command()
def score(path: RunFile) -> None:
    """Score a stored run again without generating. Example: stillpoint eval score before.jsonl"""
    from evals.run import rescore

    _print(rescore(path))


@app.command()
def report(
    paths: Annotated[
        list[Path], typer.Argument(help="one run file or several, compared side by side")
    ],
    out: Annotated[
        Path, typer.Option(help="folder for report.html, summary.md and junit.xml")
    ] = Path("eval-report"),
) -> None:
    """Write the readable report. Example: stillpoint eval report bare.jsonl guarded.jsonl"""
    from evals import beside
    from evals import report as reporting
    from evals.run import read

    runs = [read(path) for path in paths]
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.html").write_text(reporting.html(runs), encoding="utf-8")
    summaries = [reporting.markdown(run) for run in runs]
    (out / "junit.xml").write_text(reporting.junit(runs[-1]), encoding="utf-8")
    if len(runs) > 1:
        (out / "beside.svg").write_text(beside.picture(runs), encoding="utf-8")
        summaries.insert(0, beside.markdown(runs))
    (out / "summary.md").write_text("\n".join(summaries), encoding="utf-8")
    console.print(f"report: {out / 'report.html'}")


@app.command()
def compare(
    path: RunFile,
    baseline: Annotated[
        Path | None, typer.Option(help="default: the committed evals/baseline.json")
    ] = None,
    accept: Annotated[bool, typer.Option(help="make this run the baseline of its system")] = False,
) -> None:
    """Exit 1 when a floor breaks or a figure drops beyond chance. Example: stillpoint eval compare after.jsonl"""
    from evals import compare as comparing
    from evals.run import read

    done, against = read(path), baseline or comparing.BASELINE
    if accept:
        comparing.accept(done, against)
        console.print(f"{done.system} in {against} is now this run")
        return
    _gate(done, against)


def _gate(done: Run, baseline: Path | None = None) -> None:
    """Say what is open and what fell, goal by goal; exit 1 when anything fell."""
    from evals import compare as comparing

    against = baseline or comparing.BASELINE
    if not comparing.load(against).get("systems", {}).get(done.system):
        console.print(f"no baseline for {done.system} yet: only floors are checked")
    found = comparing.verdict(done, against)
    for known in found.known:
        console.print(f"open  {known}", style="yellow", soft_wrap=True)
    for fault in found.faults:
        console.print(f"FELL  {fault}", style="bold red", soft_wrap=True)
    if not found.passes:
        raise typer.Exit(1)
    console.print("may go in: no floor is broken but the open ones, nothing dropped beyond chance")


def assemble(
    settings: Settings, tier: str, system: str, endpoint: str | None
) -> tuple[System, dict[str, Any]]:
    """The system to measure and what the header says of its model.

    Raises ModelMissing when the tier needs weights that are not here: not run, never passed.
    """
    from assistant.build import build_listener
    from assistant.chat import Assistant
    from assistant.wording import PlainWriter
    from evals.ranking import Baselines
    from evals.systems import Bare, Guarded

    model, about = (None, {}) if tier == "quick" else _model(settings, endpoint)
    if system == "bare":
        if model is None:
            raise EvalInvalid("the bare system needs a model")
        return Bare(model), about
    listener = build_listener(settings)
    library = listener.retriever.library
    assistant = Assistant(settings, listener, library, PlainWriter())
    return Guarded(assistant, Baselines.over(library, settings), model), about


def _model(settings: Settings, endpoint: str | None) -> tuple[BaseChatModel, dict[str, Any]]:
    from assistant.build import adapter_path, load_model
    from assistant.models.store import Store

    if endpoint:
        from evals.endpoint import EndpointChat

        console.print(
            f"LEAVING THIS PROCESS: answers come from {endpoint}", style="bold white on red"
        )
        return EndpointChat(address=endpoint, model=settings.model, seed=settings.seed), {
            "endpoint": endpoint
        }
    path = Store(settings.folder("models")).find(
        settings.model
    )  # before load_model, which would fetch
    adapter = adapter_path(settings)
    return load_model(settings), {
        "model_sha256": _sha256(path),
        "adapter": adapter.name if adapter else None,
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fresh(settings: Settings, system: str, tier: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return settings.folder("runs") / f"{stamp}-{system}-{tier}.jsonl"


def _print(done: Run) -> None:
    from rich.table import Table

    from evals.summary import results

    table = Table("goal", "measure", "value", "95%", "n", "floor", "state", box=None)
    for r in results(done):
        value = "" if r.value is None else f"{r.value:.3f}"
        span = "" if r.value is None else f"{r.low:.3f} to {r.high:.3f}"
        floor = "" if r.measure.floor is None else f"{r.measure.floor:g}"
        table.add_row(str(r.measure.goal), r.measure.name, value, span, str(r.n), floor, r.state)
    console.print(table)


class _Bar:
    """A progress bar with the time left."""

    def __enter__(self) -> _Bar:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console)
        self._task = self._progress.add_task("starting")
        self._progress.start()
        return self

    def show(self, done: int, everything: int, what: str) -> None:
        self._progress.update(self._task, completed=done, total=everything, description=what)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
