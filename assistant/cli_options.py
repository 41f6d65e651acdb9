"""What the commands share: options, settings from them, and the look of their help."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from assistant.errors import InputInvalid, SettingsInvalid
from assistant.settings import Settings, given_password

Model = Annotated[
    str | None, typer.Option(metavar="NAME|PATH", help="A catalogue name, or a .gguf file.")
]
Adapter = Annotated[bool, typer.Option("--adapter/--no-adapter", help="The model's adapter.")]
Country = Annotated[
    str | None, typer.Option(metavar="CC", help="Whose help lines: a code such as GB or US.")
]
Listen = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Also serve other devices, at this address of this machine. The way there is not "
        "encrypted. A password is asked for, or read from STILLPOINT_PASSWORD or from the file "
        "named in STILLPOINT_PASSWORD_FILE.",
    ),
]
Batch = Annotated[str, typer.Option("--batch", metavar="IN", help="JSON lines; - is stdin.")]
Out = Annotated[str, typer.Option("--out", metavar="OUT", help="JSON lines; - is stdout.")]


def new(**more: Any) -> typer.Typer:
    """A group of commands with plain help, which needs no rich and is there at once."""
    return typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        **more,
    )


def chosen(
    model: str | None = None, country: str | None = None, adapter: bool = True, seed: int = 7
) -> Settings:
    """Settings from flags and environment; a bad value is wrong use."""
    try:
        return Settings.load(model=model, country=country, adapter=adapter, seed=seed)
    except SettingsInvalid as fault:
        raise typer.BadParameter(str(fault)) from None


def check_model(settings: Settings) -> None:
    """A wrong name or file is told at once, before a page opens or packages load."""
    from assistant.models.catalogue import lookup
    from assistant.models.store import Store

    if settings.model.endswith(".gguf"):
        Store(settings.home).find(settings.model)
    elif lookup(settings.model).kind != "chat":
        raise InputInvalid(f"{settings.model} is no chat model: see 'stillpoint models list'")


def page_password() -> str | None:
    """The password for --listen: from the environment or a file, else asked on the terminal.

    Never from the command line, which other accounts and the shell's history can read. None
    where there is nobody to ask.
    """
    given = given_password()
    if given is not None or not sys.stdin.isatty():
        return given
    return str(typer.prompt("Password for the page", hide_input=True, confirmation_prompt=True))


def words_given() -> str:
    """The text from standard input, in whatever bytes it comes."""
    if sys.stdin.isatty():
        typer.echo("Tell what happened, then press Ctrl-D on a line of its own.", err=True)
    text = sys.stdin.buffer.read().decode("utf-8", "replace").strip()
    if not text:
        raise typer.BadParameter("there is no text: give TEXT, or pipe it in")
    return text
