"""The whole reply by the model, for models that can carry it, under the same guards.

The small default model only words a reflection (``wording``). A catalogue entry with
``composition = "free"`` writes reflection, idea and step itself from the notes it is given. Each
sentence is checked before it is shown and dropped if it breaks a rule; what is then missing is
filled with the vetted parts, and the question is always the decision model's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from assistant import compose, texts
from assistant.faithful import invented
from assistant.guards.review import watch
from assistant.turn import Exchange, Finding, Reading, Usage
from knowledge.cards import Card

REPLY_TOKENS = 220
MOST_WORDS = 110  # beyond this no further sentence is shown; goal 22 asks for short replies
LEAST_SENTENCES = 2  # fewer sound ones than this and the vetted reply is given instead
_SELF = re.compile(r"^(?:I|I'm|I've|I'd|I'll|My|Me)\b")
_NOTES = re.compile(r"\b(?:Where this leans|Notes|Step):")
_MARKER = re.compile(r"\s*\[([\w-]+)\]")


@dataclass(slots=True)
class Draft:
    """A reply while it is written: sound text so far, what was dropped, and what it cost."""

    text: str = ""
    dropped: list[Finding] = field(default_factory=list)
    left_out: int = 0  # older messages that no longer fit the model's window
    usage: Usage = field(default_factory=Usage)
    first_token: float = 0.0
    whole: bool = True  # False: too little was sound, and the vetted parts stand in


@dataclass(frozen=True, slots=True)
class FreeWriter:
    """Streams a checked reply from a chat model; ``fit`` of the model cuts what is too old."""

    model: BaseChatModel

    def write(
        self,
        history: Sequence[Exchange],
        text: str,
        reading: Reading,
        cards: Sequence[Card],
        parts: compose.Parts,
    ) -> Iterator[Draft]:
        """The same draft again and again, a sentence longer each time; the last is complete."""
        draft = Draft()
        messages = conversation(history, text, reading, cards, parts)
        if hasattr(self.model, "fit"):
            messages, draft.left_out = self.model.fit(messages, REPLY_TOKENS)
        known = frozenset(card.id for card in cards)
        chunks = self._chunks(messages, draft)
        sound = ""
        for shown in watch(
            chunks,
            danger=compose.careful(reading),
            refused=compose.refused(reading),
            said_by_user=text,
            also=lambda sentence: _faults(sentence.strip(), text),
            dropped=draft.dropped,
        ):
            sound = _only_known(shown, known)
            if len(sound.split()) > MOST_WORDS:
                break
            draft.text = sound.strip()
            yield draft
        self._complete(draft, parts)
        yield draft

    def _chunks(self, messages: list[BaseMessage], draft: Draft) -> Iterator[str]:
        started = time.perf_counter()
        for chunk in self.model.stream(messages, max_tokens=REPLY_TOKENS, temperature=0.0):
            draft.first_token = draft.first_token or (time.perf_counter() - started) * 1000
            if chunk.usage_metadata:
                draft.usage = Usage.of(chunk.usage_metadata)
            yield str(chunk.content)

    def _complete(self, draft: Draft, parts: compose.Parts) -> None:
        """Fill what is missing with vetted parts; the question comes last in any case."""
        draft.whole = len(texts.sentences(draft.text)) >= LEAST_SENTENCES
        marked = parts.card is not None and f"[{parts.card.id}]" in draft.text
        missing = [] if marked else [parts.opening, parts.insight]
        step = [] if draft.whole and marked else [parts.step]
        body = "\n\n".join(filter(None, (draft.text, " ".join(filter(None, missing)), *step)))
        draft.text = "\n\n".join(filter(None, (body, parts.question)))


def conversation(
    history: Sequence[Exchange],
    text: str,
    reading: Reading,
    cards: Sequence[Card],
    parts: compose.Parts,
) -> list[BaseMessage]:
    """System message, the talk so far, and the newest message with its notes behind it.

    Only the last message varies, so the model's cache keeps all that stands before it.
    """
    messages: list[BaseMessage] = [SystemMessage(texts.free())]
    for turn in history:
        messages += [HumanMessage(turn.user.text), AIMessage(_MARKER.sub("", turn.reply.text))]
    notes = [f"[{card.id}] {card.note}" for card in cards[:3]]
    direction = f"Where this leans: {reading.stance.why}"
    newest = "\n".join((text, "", "Notes:", *notes, direction, f"Step: {parts.step}"))
    return [*messages, HumanMessage(newest)]


def _faults(sentence: str, text: str) -> list[str]:
    """What only a free reply gets wrong; names and numbers the person never gave come on top."""
    wrong = {
        "question": sentence.endswith("?"),
        "speaks of itself": bool(_SELF.search(sentence)),
        "repeats its notes": bool(_NOTES.search(sentence)),
    }
    return [name for name, holds in wrong.items() if holds] + invented(sentence, text)


def _only_known(text: str, known: frozenset[str]) -> str:
    """Markers of cards the model was not given are taken out."""
    return _MARKER.sub(lambda found: found.group(0) if found.group(1) in known else "", text)
