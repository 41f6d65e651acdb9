"""``stillpoint eval``: the eval suite from the command line; the work is done in ``evals.cli``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli_options import new

app = new()
Run = Annotated[Path | None, typer.Argument(help="A run file; the newest one if none.")]


class Tier(StrEnum):
    """How much is run: without a model, with a few model cases, or all."""

    quick = "quick"
    model = "model"
    full = "full"


@app.command()
def run(
    tier: Annotated[Tier, typer.Option(help="quick loads no language model.")] = Tier.quick,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The run file.")] = None,
) -> None:
    """Run the cases of a tier and score them.

    Example: stillpoint eval run --tier quick
    """
    from evals import cli

    _end(cli.run(tier=tier.value, out=out))


@app.command()
def score(run: Run = None) -> None:
    """Score a run again, with the scorers as they are now.

    Example: stillpoint eval score evals/runs/quick.jsonl
    """
    from evals import cli

    _end(cli.score(run))


@app.command()
def report(run: Run = None) -> None:
    """A run as a page for a person: figures, misses, floors.

    Example: stillpoint eval report
    """
    from evals import cli

    _end(cli.report(run))


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="The earlier run file.")],
    after: Annotated[Path, typer.Argument(help="The later run file.")],
) -> None:
    """What changed between two runs, and whether it is more than chance.

    Example: stillpoint eval compare before.jsonl after.jsonl
    """
    from evals import cli

    _end(cli.compare(before, after))


def _end(code: object) -> None:
    """A verb may return an exit code, for a floor that was not held."""
    if isinstance(code, int) and code:
        raise typer.Exit(code)
