"""``stillpoint models``: the model store from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli_options import chosen, new
from assistant.errors import ModelMissing
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.models.store import Store

app = new()
Maybe = Annotated[str | None, typer.Argument(help="All installed ones if none.")]
Name = Annotated[str | None, typer.Argument(help="The default one if none.")]


@app.command("list")
def models_list() -> None:
    """Every model the app knows: size, memory it needs, licence, and whether it is here.

    Example: stillpoint models list
    """
    from assistant import terminal

    settings = chosen()
    terminal.models(store_of(settings), settings.model)


@app.command()
def pull(name: Name = None) -> None:
    """Fetch a model once; goes on where an earlier attempt was cut short.

    Example: stillpoint models pull qwen2.5-coder-0.5b-instruct-q4_k_m
    """
    from assistant.terminal import FetchBar

    settings = chosen(name)
    with FetchBar(settings.model) as bar:
        path = store_of(settings).pull(settings.model, bar)
    typer.echo(str(path))


@app.command()
def verify(name: Maybe = None) -> None:
    """Compare a model with the published checksum.

    Example: stillpoint models verify
    """
    store = store_of(chosen())
    names = [name] if name else [model for model, here in store.installed().items() if here]
    for model in names:
        store.verify(model)
        typer.echo(f"{model}: as published")
    if not names:
        typer.echo("no model is installed: 'stillpoint models pull' fetches the default one")


@app.command()
def path(name: Name = None) -> None:
    """Where a model lies.

    Example: stillpoint models path
    """
    from assistant.models.catalogue import lookup

    settings = chosen(name)
    found = store_of(settings).path(lookup(settings.model))
    if not found.exists():
        raise ModelMissing(f"{settings.model} is not here yet; it would be {found}")
    typer.echo(str(found))


@app.command()
def remove(name: Annotated[str, typer.Argument(help="A catalogue name.")]) -> None:
    """Delete a model from this machine.

    Example: stillpoint models remove smollm2-135m-instruct-q4_1
    """
    freed = store_of(chosen()).remove(name)
    typer.echo(f"{freed / 1e6:.0f} MB freed" if freed else f"{name} was not installed")


def store_of(settings: Settings) -> Store:
    from assistant.models.store import Store

    return Store(settings.folder("models"))
