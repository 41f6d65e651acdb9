"""Kept talks as markup: turning it on, the passphrase, and the list with what can be done."""

from __future__ import annotations

import time
from html import escape

from assistant.history import Conversation
from ui.desk import Desk
from ui.keeping import LEAST, Keeping

MISSING = (
    "<p>Keeping talks needs the package sqlcipher3, which is not installed here. Nothing can be "
    "kept.</p>"
)


def page(keeping: Keeping, desk: Desk, words: str = "") -> str:
    """The view for the state the file is in; ``words`` narrow the list."""
    match keeping.state:
        case "open":
            return _open(keeping, desk, words)
        case "locked":
            return LOCKED
        case _:
            return OFF if _available() else MISSING


def rows(keeping: Keeping, desk: Desk, words: str) -> str:
    """The list of kept talks, newest first."""
    found = keeping.kept.search(words) if words.strip() else keeping.kept.list()
    if not found:
        none = "No kept talk holds all of these words." if words.strip() else "No talk is kept yet."
        return f"<p>{none}</p>"
    return f'<ul class="kept">{"".join(_row(talk, desk) for talk in found)}</ul>'


def _available() -> bool:
    from importlib.util import find_spec

    return find_spec("sqlcipher3") is not None


def _secret(name: str, label: str) -> str:
    """A field for a passphrase. Not of the password kind: browsers offer to store those."""
    return (
        f'<label for="k-{name}">{label}</label><input id="k-{name}" name="{name}" type="text" '
        'class="secret" autocomplete="off" autocapitalize="none" autocorrect="off" '
        'spellcheck="false" data-secret>'
    )


_SHOW = '<label class="check"><input type="checkbox" data-show> Show what I type</label>'
OFF = f"""
<p>Nothing is kept now, and nothing will be unless you turn it on here. Then the talks that you
choose are kept on this device in one encrypted file, which opens with a passphrase.</p>
<div class="warn"><strong>Nobody can recover a forgotten passphrase,</strong> and then the kept
talks are lost for good. There is no second way in: no question, no mail, no one to ask.</div>
<ul><li>That the file exists can be seen on this device. What it holds cannot be read without the
passphrase.</li><li>If someone can make you tell them your passphrases, it may be safer to keep
nothing.</li><li>A passphrase of four or more words that do not belong together is hard to guess
and easy to remember. It needs {LEAST} characters at least.</li></ul>
<form data-keep="on" autocomplete="off">{_secret("passphrase", "A new passphrase")}
{_secret("again", "The same once more")}{_SHOW}
<label class="check"><input type="checkbox" name="sure" required> I know that nobody can recover
it for me</label>
<div class="row"><button type="submit" class="do">Turn on keeping</button></div></form>
"""
LOCKED = f"""
<p>Some talks are kept on this device. They are locked.</p>
<form data-keep="unlock" autocomplete="off">{_secret("passphrase", "Passphrase")}{_SHOW}
<div class="row"><button type="submit" class="do">Open</button></div></form>
<details class="more"><summary>I have forgotten it</summary>
<p>Nobody can recover it. What is left is to delete the kept talks, all of them and for good, and
to begin again with a new passphrase.</p>
<div class="row"><button type="button" data-keep="give_up" data-sure="Delete every kept talk for
good? None of them can be brought back." data-yes="Delete all">Delete every kept talk</button></div>
</details>
"""
CHANGE = f"""
<details class="more"><summary>Change the passphrase</summary>
<form data-keep="change" autocomplete="off">{_secret("old", "The passphrase until now")}
{_secret("passphrase", "A new passphrase")}{_secret("again", "The new one once more")}{_SHOW}
<p class="small">Nobody can recover a forgotten one.</p>
<div class="row"><button type="submit" class="do">Change it</button></div></form></details>
"""
OUT_SURE = (
    "An export is a plain text file. Anyone who finds it can read every word. Save it only where "
    "that is safe."
)
MOVE = f"""
<details class="more"><summary>Export and import</summary>
<p>An export is a plain file for moving talks to another device. It is not encrypted.</p>
<div class="row"><button type="button" data-keep="export" data-sure="{OUT_SURE}"
data-yes="Save it">Export all</button></div>
<label for="k-import">Import an export</label>
<input type="file" id="k-import" accept=".json,application/json"></details>
"""


def _open(keeping: Keeping, desk: Desk, words: str) -> str:
    return (
        f'<p class="row"><span>Open. It locks after ten minutes without use.</span> '
        f'<button type="button" data-keep="lock">Lock now</button></p>{_this(desk)}'
        '<label for="k-search">Search the kept talks</label>'
        '<input id="k-search" type="search" autocomplete="off" spellcheck="false" '
        f'value="{escape(words)}"><div id="k-list" aria-live="polite">'
        f"{rows(keeping, desk, words)}</div>{MOVE}{CHANGE}"
    )


def _this(desk: Desk) -> str:
    """What holds for the talk on this tab."""
    if desk.talk is not None:
        return "<p>The talk on this tab is kept as it goes on.</p>"
    if not desk.turns:
        return "<p>No talk is open on this tab. A new one is not kept unless you choose it.</p>"
    return (
        '<p class="row"><span>The talk on this tab is not kept.</span> '
        '<button type="button" class="do" data-keep="keep">Keep this talk</button></p>'
    )


def _row(talk: Conversation, desk: Desk) -> str:
    title = escape(talk.title)
    here = desk.talk is not None and desk.talk.id == talk.id
    when = time.strftime("%d %B %Y, %H:%M", time.localtime(talk.changed)).lstrip("0")
    turns = f"{talk.turns} message{'' if talk.turns == 1 else 's'}"
    sure = f"Delete “{title}” for good? It cannot be brought back."
    return (
        f'<li data-id="{escape(talk.id)}"><div class="about"><strong>{title}</strong>'
        f'<span class="small">{when} · {turns}{" · open here" if here else ""}</span></div>'
        f'<div class="acts">{_button("open", "Go on", title)}'
        f"{_button('rename', 'Rename', title)}"
        f"{_button('export', 'Export', title, OUT_SURE, 'Save it')}"
        f"{_button('delete', 'Delete', title, sure, 'Delete')}</div></li>"
    )


def _button(act: str, name: str, title: str, sure: str = "", yes: str = "") -> str:
    asks = f' data-sure="{sure}" data-yes="{yes}"' if sure else ""
    named = f' data-title="{title}"' if act == "rename" else ""
    return (
        f'<button type="button" data-keep="{act}"{asks}{named} aria-label="{name}: {title}">'
        f"{name}</button>"
    )
