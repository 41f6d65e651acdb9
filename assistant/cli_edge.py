"""The edge of the command line, where a fault becomes one line for a person."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from assistant.errors import StillpointError

OWN = ("assistant", "evals", "knowledge", "ui")  # a fault in importing these is a bug, not a gap


class Edge(TyperGroup):
    """A group whose foreseeable faults end in one line and exit code 1; others keep their trace."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise failure("stopped") from None
        except (StillpointError, OSError, ImportError, ValueError) as error:
            if not _foreseeable(error):
                raise
            raise failure(_sentence(error)) from None


def _foreseeable(error: Exception) -> bool:
    from knowledge.cards import CardInvalid

    if isinstance(error, ImportError):
        return not (error.name or "").startswith(OWN)
    return not isinstance(error, (ValueError, BrokenPipeError)) or isinstance(error, CardInvalid)


def _sentence(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"a package is missing ({error}): run 'make' in the checkout to install it"
    return " ".join(str(error).split())


def failure(sentence: str) -> typer.Exit:
    """One line on stderr, and the exit to raise."""
    typer.echo(f"stillpoint: {sentence}", err=True)
    return typer.Exit(1)
