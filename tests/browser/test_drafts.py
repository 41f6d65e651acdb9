"""What "Before you send" shows: threats do not survive in the calmer words, danger brings lines."""

from __future__ import annotations

import re

import pytest

from ui import tools

LOST = "Could we talk when you have time?"  # what is offered where nothing else is left


def calmer(shown: str) -> str:
    found = re.search(r"<blockquote>(.*)</blockquote>", shown, re.S)
    return re.sub(r"<[^>]+>", " ", found.group(1)).strip() if found else ""


@pytest.mark.parametrize(
    ("draft", "kept"),
    [
        pytest.param(
            "If I hear nothing tonight I'm done, and don't come crawling back.",
            "I would like to hear from you tonight.",
            id="a threat in the second half",
        ),
        pytest.param("I miss you. You'll regret this.", "I miss you.", id="regret"),
        pytest.param(
            "I miss you but don't bother coming back.", "I miss you", id="do not bother coming"
        ),
        pytest.param("Leave then, see if I care.", LOST, id="see if I care"),
        pytest.param(
            "I'm giving you one last chance to explain.",
            "I would like you to explain.",
            id="a last chance",
        ),
        pytest.param(
            "Last chance: call me or I'm gone.", "I would like you to call me.", id="gone"
        ),
        pytest.param("You'll be sorry. I felt sad on Friday.", "I felt sad on Friday.", id="sorry"),
        pytest.param("You had your chance. Watch me.", LOST, id="watch me"),
        pytest.param(
            "One day you'll realise what you lost. I cried.", "I cried.", id="what you lost"
        ),
        pytest.param(
            "You're going to lose me if you don't text me back.",
            "I would like you to text me back.",
            id="losing me",
        ),
        pytest.param(
            "If you leave now, don't come back.",
            "It would matter a lot to me if you leave now.",
            id="a door shut behind them",
        ),
        pytest.param("I love you, don't come running back later.", "I love you.", id="a feeling"),
    ],
)
def test_the_calmer_version_drops_the_threat_and_keeps_the_rest(draft: str, kept: str) -> None:
    shown = calmer(tools.check(draft.replace("'", "’")))
    assert kept in shown
    threat = r"crawl|running|bother|regret|see if|chance|sorry|watch me|lost|lose|gone|don.t come"
    assert not re.search(threat, shown, re.I), shown


@pytest.mark.parametrize(
    "draft",
    [
        "Please don't come back to the house.",
        "Let's try it and see what happens.",
        "Please give me one last chance.",
        "I will not be here when you come home, the keys are with Ana.",
        "If I don't hear from you I will go to the film with Ana.",
        "You'll see me on Friday.",
        "I don't want to lose you.",
    ],
)
def test_plain_words_that_sound_alike_are_left(draft: str) -> None:
    assert "How it may land" not in tools.check(draft)


def test_danger_brings_the_lines_of_the_country_before_anything_else() -> None:
    shown = tools.check("if you leave i'll kill myself", "gb")
    assert shown.index("not wanting to live") < shown.index("999") < shown.index("What it asks for")
    assert 'data-view="lines"' in shown
    assert not calmer(shown)


def test_hurt_feelings_are_reworded_and_the_lines_come_after() -> None:
    shown = tools.check("You really hurt me. You'll regret this.", "gb")
    assert shown.index("A calmer version") < shown.index("999")


def test_a_calm_draft_brings_no_lines() -> None:
    assert "lines" not in tools.check("Could we meet on Friday?", "gb")
