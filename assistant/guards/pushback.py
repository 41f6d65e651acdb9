"""How people go on after an answer: pressing an ask, denying, staying with the danger, leaving."""

from __future__ import annotations

import re

_PUSHBACK = re.compile(
    r"\b(?:hypothetical\w*|just (?:tell|give|say|answer|help|this once|one)|come on|pl(?:ease|s|z)\b|"
    r"my (?:therapist|coach|friend|sister|counsell?or|doctor|mum|mom)\w* (?:said|says|told|thinks?)|"
    r"everyone (?:does|says|thinks)|be real|not (?:a )?manipulat\w+|it'?s (?:not|only|just) |no harm|"
    r"for (?:a|my) (?:friend|story|book|novel|character)|pretend (?:you|to)|role ?play|ignore (?:the|your|all)|"
    r"why (?:not|won'?t you)|so (?:no|how|what) |ok(?:ay)? but|yeah but|but (?:how|what|if|just|i|he|she|they)|"
    r"don'?t lecture|you'?re (?:my friend|supposed|no help|useless)|still want|(?:help|tell|do|say|write) (?:\w+ )?anyway\b|"
    r"what would you)",
    re.I,
)
# A stop said in advance and with its end is what is offered in place of a silence, not the silence.
_ANNOUNCED = re.compile(
    r"\b(?:say|tell|text|write|let \w+ know)\b.{0,60}\b(?:until|till|tomorrow|for (?:an hour|a day|tonight|the night)|"
    r"(?:need|want) (?:a|some|an) (?:\w+ )?(?:hour|evening|night|day|break|time))\b",
    re.I,
)
_DENIAL = re.compile(
    r"^\W*(?:no+|nah|nope|never|not (?:at all|really|like that)|of course not|god no|lol no|i'?m (?:ok|okay|fine|safe)|"
    r"nothing like that|(?:i'?m |i am )?not (?:\w+ ){0,2}(?:think|plan|suicid|consider)\w*|"
    r"i (?:don'?t|do not|would never|wouldn'?t) (?:\w+ ){0,2}(?:want to (?:die|hurt)|think (?:of|about) (?:dy|sui|end)))\w*\b",
    re.I,
)
_NOT_A_DENIAL = re.compile(
    r"\b(?:no (?:one|body|point|way out|longer|contact|idea|reply)|but (?:sometimes|i do|he did|she did|once|maybe)|"
    r"not (?:yet|safe|sure)|don'?t know|maybe|kind of|mostly|i guess|i suppose|most of the time)\b",
    re.I,
)
_SAFE = re.compile(
    r"\b(?:i'?m|i am|im|we'?re|we are|yes|yeah|yep|feel(?:ing)?) (?:\w+ ){0,3}(?:safe|ok|okay|fine|alright|better now)\b(?! (?:with it )?(?:mostly|i guess|i suppose|most of))|"
    r"\b(?:at|with) my (?:mum|mom|sister|brother|parents|friend|dad)'?s?\b|^\W*(?:thanks?|thank you|thx|ty)\b|"
    r"\b(?:thanks?|thank you|thx)\W*$|\bmy (?:mum|mom|sister|brother|parents|friend|neighbou?r|aunt|cousin) (?:is|are|'?s) "
    r"(?:here|with me|staying|coming|on (?:the|her|his) way)\b|\b(?:don'?t|dont|do not) need (?:a|any|the|your) (?:help ?line|hotline|number)s?\b|"
    r"\b(?:(?:i|ive|i've) (?:called|spoke|rang|texted|talked) (?:to )?(?:them|the|someone|my|a))\b|"
    # The alarm was a wrong guess: said so in answer to it, with nothing taken back after it.
    r"^(?:no|nah|nope)\b[^?]{0,12}\b(?:(?:he|she|they)(?:'?s|'?ve| has| have| is|'?re| are)? (?:never|not)(?: been| even)? "
    r"(?:\w+ )?(?:scary|violent|dangerous|threatening|frightening|like that)|i(?:'?m| am|'?ve)? (?:not|never)(?: been| felt)? "
    r"(?:scared|afraid|frightened|in danger))\b(?!.*\b(?:but|except|only|until|just (?:once|when))\b)",
    re.I,
)
_DANGER_TALK = re.compile(
    r"\b(?:safe|unsafe|police|hotline|helpline|the (?:line|number)s?|advocate|call(?:ed|ing)? (?:them|someone|anyone|911|999)|"
    r"emergency|hospital|doctor|shelter|refuge|bruis\w*|knife|gun|pills|hurt (?:me|myself)|kill\w*|"
    r"die|dying|alive|scared|afraid|hit|threat\w*|stalk\w*|report|he'?s (?:here|home|outside)|"
    r"she'?s (?:here|home|outside))\b",
    re.I,
)


_GOODBYE = re.compile(
    r"\b(?:thank(?:s| you)|thx|ty|cheers|bye|good ?night|nighty?|see you|(?:going|off|gotta go|heading) to (?:bed|sleep)|"
    r"(?:gotta|got to|need to|must|should|will|i'?ll) (?:\w+ )?(?:sleep|go now|log off)|that(?:'s| was)? (?:really |actually )?help(?:ed|s|ful))\b",
    re.I,
)
_MORE = re.compile(
    r"\?|\b(?:but|he|she|they|him|her|them|why|how|what|though|except|no thanks?)\b", re.I
)
SHORT_GOODBYE = 14  # words; a longer message that thanks has something to tell as well


def is_goodbye(text: str) -> bool:
    """Thanks or a good night, and nothing else that wants an answer."""
    short = len(text.split()) <= SHORT_GOODBYE
    return short and bool(_GOODBYE.search(text)) and not _MORE.search(text)


def is_pushback(text: str) -> bool:
    """Whether a message presses on with what was just declined."""
    return bool(_PUSHBACK.search(text)) and not _ANNOUNCED.search(text)


def is_denial(text: str) -> bool:
    """A plain no to a question just asked; a hedged one is none."""
    return bool(_DENIAL.search(text)) and not _NOT_A_DENIAL.search(text)


def stays_with_danger(text: str) -> bool:
    """Whether a message after a safety reply still speaks of it, or only answers shortly."""
    short = len(text.split()) <= 8 and "?" not in text
    return short or is_safe_now(text) or bool(_DANGER_TALK.search(text))


def is_safe_now(text: str) -> bool:
    """Says that they are safe, or thanks: time for the way back rather than another warning."""
    return bool(_SAFE.search(text)) and not re.search(
        r"\b(?:not|n't|dont|isnt) (?:\w+ )?(?:safe|ok|okay|fine)\b", text, re.I
    )
