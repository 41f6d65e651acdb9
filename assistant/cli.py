"""``stillpoint``: one small function per verb.

Everything heavy is imported inside the functions, so that ``--help`` is instant. Foreseeable
faults are caught once, in ``Edge``: one line on stderr and exit code 1; wrong use exits 2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import cli_models
from assistant.cli_edge import Edge, failure
from assistant.cli_options import (
    Adapter,
    Batch,
    Country,
    Listen,
    Model,
    Out,
    check_model,
    chosen,
    new,
    page_password,
    words_given,
)
from assistant.errors import SettingsInvalid
from assistant.settings import DEFAULT_PORT, Settings

if TYPE_CHECKING:
    from assistant.batch import Answer
    from assistant.chat import Assistant
    from assistant.listening import Listener


INTERRUPTED = 130  # what typer makes of Ctrl-C
app = new(cls=Edge)
app.add_typer(cli_models.app, name="models", help="The models on this machine.")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(version("stillpoint"))
        except PackageNotFoundError:
            typer.echo("not installed: running from the checkout")
        raise typer.Exit()


@app.callback()
def main(
    verbose: Annotated[bool, typer.Option("--verbose", help="Log counts and durations.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say and exit.")
    ] = False,
) -> None:
    """A private, offline companion for one hard moment. Nothing you write leaves this machine."""
    import logging

    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("stillpoint").setLevel(logging.DEBUG if verbose else logging.ERROR)


@app.command()
def chat(
    port: Annotated[int, typer.Option(min=1024, max=65535)] = DEFAULT_PORT,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open it yourself.")] = False,
    listen: Listen = None,
    model: Model = None,
    adapter: Adapter = True,
    country: Country = None,
) -> None:
    """Open the page in your browser.

    Only this machine can reach it. --listen changes that and asks for a password.

    Example: stillpoint chat --country GB
    """
    settings = chosen(model, country, adapter)
    check_model(settings)
    password = page_password() if listen else None
    from ui.address import WARNING
    from ui.app import end_like_interrupted, launch

    def start(told: Callable[[int, int], None]) -> Assistant:
        return _build(settings, told)

    end_like_interrupted()
    opened = partial(launch, settings, open_browser=not no_browser, start=start)
    with opened(port=port, listen=listen, password=password) as page:
        if listen:
            typer.echo(WARNING)
        typer.echo(f"Open {page.door.file.as_uri()} in your browser. Ctrl-C here ends it.")
        page.wait()


@app.command()
def ask(
    text: Annotated[str | None, typer.Argument(help="What happened; else read from stdin.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of the batch format.")] = False,
    batch: Annotated[str | None, typer.Option(metavar="IN", help="JSON lines; - is stdin.")] = None,
    out: Annotated[str | None, typer.Option(metavar="OUT", help="JSON lines; - is stdout.")] = None,
    model: Model = None,
    adapter: Adapter = True,
    country: Country = None,
    seed: Annotated[int, typer.Option(help="Repeats a reply exactly.")] = 7,
) -> None:
    """One reply in the terminal, or many from a file; a batch that was cut short goes on.

    Example: stillpoint ask "She reads my messages and never answers. Should I go silent?"
    """
    if (batch is None) != (out is None):
        raise typer.BadParameter("--batch and --out go together")
    if batch and (text is not None or as_json):
        raise typer.BadParameter("with --batch the texts come from IN: give no TEXT, no --json")
    settings = chosen(model, country, adapter, seed)
    check_model(settings)
    if batch and out:
        _run(batch, out, lambda: _asking(settings), resume=True)
    else:
        _reply(settings, words_given() if text is None else text, as_json)


@app.command()
def screen(batch: Batch, out: Out = "-") -> None:
    """What the guards and the decision model hear in each text. Loads no language model.

    Example: stillpoint screen --batch messages.jsonl --out heard.jsonl
    """
    from assistant.batch import screening

    _run(batch, out, lambda: screening(_listener()))


@app.command()
def retrieve(
    batch: Batch,
    out: Out = "-",
    k: Annotated[int, typer.Option("-k", min=1, help="At most so many cards.")] = 10,
) -> None:
    """The knowledge cards that fit each text, best first. Loads no language model.

    Example: stillpoint retrieve --batch messages.jsonl --out cards.jsonl -k 3
    """
    from assistant.batch import retrieval

    _run(batch, out, lambda: retrieval(_listener(), k))


@app.command()
def review(batch: Batch, out: Out = "-") -> None:
    """Check given replies with the output guard.

    Example: stillpoint review --batch replies.jsonl --out checked.jsonl
    """
    from assistant.batch import reviewing

    _run(batch, out, reviewing)


@app.command()
def cards(
    slug: Annotated[str | None, typer.Argument(help="A card's id, such as warm-no.")] = None,
    search: Annotated[str | None, typer.Option(metavar="WORDS", help="Words to look for.")] = None,
) -> None:
    """Read the knowledge the companion stands on.

    Example: stillpoint cards --search "came back"
    """
    from assistant import terminal
    from knowledge.cards import load

    library = load()
    if slug:
        terminal.card(library, slug)
    else:
        terminal.contents(library.search(search) if search else list(library.cards.values()))


@app.command()
def bench(
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Conversations of four turns.")] = 3,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write JSON.")] = None,
    model: Model = None,
) -> None:
    """Speed and memory, beside a plain llama-cpp-python loop and a plain LangChain chain.

    Example: stillpoint bench --rounds 5
    """
    settings = chosen(model)
    check_model(settings)
    from assistant import bench as benchmark

    benchmark.main(settings, rounds, out)


@app.command()
def doctor(
    release: Annotated[bool, typer.Option("--release", help="Also what a release needs.")] = False,
) -> None:
    """What is installed, which model, what is switched off, what was found wrong.

    Example: stillpoint doctor --release
    """
    from assistant import terminal
    from assistant.doctor import examine

    faults = terminal.findings(examine(chosen(), release))
    if faults:
        raise failure(f"{faults} thing{'s' if faults > 1 else ''} found wrong, marked with !")


@app.command(
    "eval",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def evaluate(context: typer.Context) -> None:
    """Measure what the companion hears and says: run, score, report, compare.

    Example: stillpoint eval run --tier quick
    """
    from evals.cli import app as suite

    command = typer.main.get_command(suite)
    try:
        code = command.main(context.args, prog_name="stillpoint eval", standalone_mode=False)
    except SettingsInvalid as fault:
        raise typer.BadParameter(str(fault)) from None
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if isinstance(code, int) and code:
        raise typer.Exit(code)


def _build(settings: Settings, told: Callable[[int, int], None] | None = None) -> Assistant:
    """The assistant, its fetching shown in the terminal and told to whoever else asks."""
    from assistant.build import build
    from assistant.terminal import FetchBar

    with FetchBar(settings.model) as bar:

        def progress(done: int, total: int) -> None:
            bar(done, total)
            if told:
                told(done, total)

        return build(settings, progress)


def _listener() -> Listener:
    from assistant.build import build_listener

    return build_listener(chosen())


def _asking(settings: Settings) -> Answer:
    from assistant.batch import asking
    from assistant.build import adapter_path

    adapter = adapter_path(settings)
    return asking(_build(settings), adapter.name if adapter else None)


def _run(source: str, target: str, make: Callable[[], Answer], *, resume: bool = False) -> None:
    from assistant.batch import run

    tally = run(source, target, make, resume=resume)
    typer.echo(str(tally), err=True)


def _reply(settings: Settings, text: str, as_json: bool) -> None:
    from datetime import datetime

    from assistant import terminal
    from assistant.turn import UserTurn

    now = datetime.now()
    if as_json:
        import json

        line = _asking(settings)({"text": text, "now": now.isoformat()})
        typer.echo(json.dumps({"id": "ask", **line}, ensure_ascii=False))
    else:
        assistant = _build(settings)
        last = terminal.reply(assistant.turn([], UserTurn(text), country=settings.country, now=now))
        if last.reading.screening.route == "safety" and not settings.country:
            typer.echo("\nWith --country CC this shows numbers near you.", err=True)
