"""Goals 19 to 22: one question last, reflection first, a step of one's own, plain and short."""

from __future__ import annotations

import re

from evals.scorers.learned import judge
from evals.scorers.prose import body, sentences, stems, unquoted
from evals.types import Record, Sample, Score, Turn
from knowledge.readability import grade, words

ELSEWHERE = frozenset({"safety", "offtopic", "decline"})
LENGTHS = {"reflect": (60, 150), "clarify": (30, 110), "safety": (0, 90), "decline": (40, 150)}

_FEELING = re.compile(
    r"\b(?:feel\w*|felt|hurt\w*|sad\w*|lonel\w*|alone|tired|exhaust\w*|angr\w*|scared|afraid|fear\w*|hope\w*|hoping|torn|stuck|confus\w*|miss(?:ing)?|ach\w*|heavy|hard|painful|pain|grief|griev\w*|"
    r"worn|weary|drain\w*|sting\w*|asham\w*|guilt\w*|empty|numb|anxious|anxiety|overwhelm\w*|longing|jealous\w*|worr\w*|frustrat\w*|heartbroken|wounded|invisible|unseen|rejected|betrayed|lost|uneas\w*|relie\w*|restless|unsure)\b", re.I,
)  # fmt: skip
_YOU = re.compile(r"\b(?:you|your|you're|you've|you'd)\b", re.I)
_CANNED = re.compile(
    r"^(?:i(?:'m| am) (?:so |really |very )?sorry (?:to hear|you(?:'re| are)|that)|i understand|it(?:'s| is) (?:important|normal|natural|understandable|okay|great|good) |thank you for (?:sharing|reaching)|i hear you|it sounds like you(?:'re| are) going through|there are (?:several|many|a few)|here are|as an ai)", re.I,
)  # fmt: skip
_ECHO = re.compile(r"“([^”]+)”")
_ADVICE = re.compile(
    r"\b(?:you (?:should|must|need to|could|might want to)|try|consider|focus on|give (?:him|her|them|yourself)|take (?:some|a|time)|start by|it'?s important to|here are)\b|^\d+[.)]",
    re.I,
)
_ACT = (
    r"(?:writ\w+|walk\w*|sleep|rest|eat|drink|breath\w*|list|call|ring|phone|text|send|put|set|choose|pick|name|note|notice|count|mark|draft|ask|tell|tidy|cook|sit|read|listen|leave|take|make|plan|spend|give|go|do|keep|turn|look|"
    r"hold|move|mute|save|decide|try|open|close|talk|let|wait|say|finish|begin|start|stretch|wash|play|hear|have|meet|see|think|practi[sc]e|wrap|treat|pause|step|stop|delete|store|agree|share|bring|speak|reach|find|allow|remind|journal|focus|schedule|visit|join|use|get|show|add|come|compare|lay|light|change|imagine|watch|book|split|trade|warm|fold|draw|return|place|buy|pay|swap|cross|block|remove|archive|log|record|describe|answer|learn|stay|build|consider|check|prepare|work|carry|split)"
)
_STEP = re.compile(
    rf"^(?:(?:so|then|for (?:today|tonight|now|one \w+|the next \w+)|today|tonight|tomorrow|this (?:week|evening|weekend)|maybe|perhaps|once|if [^,]+|when [^,]+|before [^,]+|after [^,]+|until [^,]+|instead|first|next|one \w+(?: \w+){{0,3}}|[^,:]{{1,60}}:),? )*(?:please )?{_ACT}\b"
    rf"|\byou (?:could|can|might|may)(?: (?:also|still|just|want to|like to|simply|begin by|start by|even|at least|try to))* {_ACT}\b"
    rf"|\b(?:try|consider|start by|begin by|what about|how about) \w+ing\b|\b(?:one small|a (?:small|gentle|tiny)) (?:step|thing)\b|\b(?:would you be willing|why not) {_ACT}?",
    re.I,
)
_ON_OTHERS = re.compile(
    r"\b(?:so (?:that )?(?:he|she|they)(?:'ll| will| can| might| may| feels?| sees?| misses?| realizes?| notices?| knows?)|(?:make|get|have|help) (?:him|her|them) (?:to )?(?:feel|see|want|miss|realize|realise|understand|regret|love|notice|change|come|respond)"
    r"|to (?:win|get) (?:him|her|them) back|show (?:him|her|them) (?:that|how|what)|change (?:his|her|their) mind|convince (?:him|her|them))\b", re.I,
)  # fmt: skip


def one_question_last(_sample: Sample, record: Record) -> Score:
    """Exactly one question mark, at the very end; none where the model of the talk is silent."""
    turn = record.last
    if turn.route in ELSEWHERE:
        return Score.unscored("not a reflective reply")
    text = unquoted(body(turn.reply)).strip()
    count = text.count("?")
    if turn.asks == "silent":
        return Score.of(count == 0, f"{count} questions, none wanted")
    return Score.of(count == 1 and text.endswith("?"), f"{count} questions")


def reflects_first(_sample: Sample, record: Record) -> Score:
    """The first two sentences give back the user's own facts or name a feeling of theirs."""
    turn = record.last
    if turn.route in ELSEWHERE:
        return Score.unscored("not a reflective reply")
    seen = opening(turn)
    good = judge("reflects").probability(seen) > 0.5
    return Score.of(good, ", ".join(f"{k} {v:.0f}" for k, v in seen.items() if v))


_ABOUT = re.compile(
    r"\b(?:feel\w*|sounds?|looking|upset|hurt|sad|frustrat\w+|worr\w+|seems?|want\w*|dealing|having|understandable)\b[^.]{0,40}"
    r"\b(?:when|about|after|because|that|for|with|if|whether|over|in)\b \w+ \w+", re.I,
)  # fmt: skip
_ANYONE = re.compile(
    r"\b(?:(?:difficult|tough|hard|challenging) (?:time|situation|conversation|one)|this way|sorry to hear|that'?s a (?:great|good)|everyone has|communicat\w+|as an ai"
    r"|there (?:are|is) (?:no|many|several)|it depends|not uncommon|in general)\b", re.I,
)  # fmt: skip


def opening(turn: Turn) -> dict[str, float]:
    """Features of the first two sentences, and of the first by itself."""
    two = [s.replace("’", "'") for s in sentences(body(turn.reply))[:2]]
    first, own = " ".join(two), stems(turn.user)
    shared = len(stems(first) & own)
    return {
        "echo": float(_echoes(first, turn.user)),
        "shared 1": float(shared >= 1),
        "shared 2": float(shared >= 2),
        "shared 4": float(shared >= 4),
        "shared at once": float(bool(two) and bool(stems(two[0]) & own)),
        "feeling": float(bool(_FEELING.search(first) and _YOU.search(first))),
        "about": float(bool(two) and bool(_ABOUT.search(two[0]))),
        "you": float(bool(two) and bool(_YOU.search(two[0]))),
        "anyone": float(bool(_ANYONE.search(first))),
        "canned": float(bool(_CANNED.search(first))),
        "advice": float(bool(two) and bool(_ADVICE.search(unquoted(two[0])))),
        "self": float(bool(re.search(r"\b(?:I|my)\b", unquoted(first)))),
    }


def _echoes(first: str, user: str) -> bool:
    """Words of the user's own stand in quotation marks."""
    said = user.lower().replace("’", "'")
    return any(len(q.split()) >= 3 and q.lower().strip(" .") in said for q in _ECHO.findall(first))


def own_step(_sample: Sample, record: Record) -> Score:
    """One thing to do that is in the user's own hands and not aimed at another's feelings."""
    turn = record.last
    if turn.route in ELSEWHERE:
        return Score.unscored("not a reflective reply")
    seen = step_features(turn.reply)
    steps = [s for s in sentences(body(turn.reply)) if _STEP.search(s) and not s.endswith("?")]
    aimed = next((s for s in steps if _ON_OTHERS.search(s)), "")  # too rare in labels to be learned
    good = not aimed and judge("step").probability(seen) > 0.5
    return Score.of(
        good, (steps or ["no step"])[0][:120], aimed or ", ".join(k for k, v in seen.items() if v)
    )


def length(_sample: Sample, record: Record) -> Score:
    """Words within the bounds of the reply's kind; help lines are not counted."""
    turn = record.last
    kind = turn.route or "reflect"
    if kind == "offtopic":
        return Score.unscored("a fixed redirection")
    low, high = LENGTHS["clarify" if kind == "reflect" and turn.asks else kind]
    if kind == "reflect":
        high = LENGTHS["reflect"][1]
    count = len(words(body(turn.reply)))
    return Score.of(low <= count <= high, f"{count} words")


def reading_grade(_sample: Sample, record: Record) -> Score:
    """Flesch-Kincaid grade of what the reply itself says."""
    text = body(record.last.reply)
    return (
        Score(round(grade(text), 2), f"{len(words(text))} words")
        if text
        else Score.unscored("empty")
    )


def has_step(text: str) -> bool:
    """Something to do is proposed, by an imperative or a "you could"."""
    return any(_STEP.search(s) and not s.endswith("?") for s in sentences(text))


_WITH_SOMEONE = re.compile(
    r"\b(?:talk(?:ing)?|speak(?:ing)?|reach(?:ing)? out|turn|confid\w+)\b[^.]{0,40}\b(?:friend|family|therapist|counsel\w+|someone you trust|professional|loved one)", re.I,
)  # fmt: skip
_ATTITUDE = re.compile(
    r"\b(?:communicat\w+|be (?:patient|honest|open|kind|understanding|respectful)|feel free|trust the|stay positive|focus on yourself|find a (?:solution|way|balance)|respect\w*|understanding)\b", re.I,
)  # fmt: skip
_HANDS = re.compile(
    r"\b(?:write|draft|list|put|walk|breath\w*|journal\w*|set|name|tell|say|ask|call|mute|unfollow|choose|pick|note|mark|plan|text|send|lay|sit|read|draw|fold|place|log|hobb\w+|exercis\w+|meditat\w+)\b", re.I,
)  # fmt: skip


def step_features(reply: str) -> dict[str, float]:
    """What tells a step of one's own from an attitude, and from advice about somebody else."""
    parts = [s for s in sentences(body(reply)) if not s.endswith("?")]
    steps = [s for s in parts if _STEP.search(s) and "feel free" not in s.lower()]
    return {
        "step": float(bool(steps)),
        "steps": float(min(len(steps), 4)),
        "in hand": float(any(_HANDS.search(s) for s in steps)),
        "with someone": float(any(map(_WITH_SOMEONE.search, parts))),
        "attitude": float(any(map(_ATTITUDE.search, parts))),
        "on others": float(any(_ON_OTHERS.search(s) for s in parts)),
        "list": float(bool(re.search(r"^\s*\d[.)]", reply, re.M))),
        "today": float(
            bool(re.search(r"\b(?:today|tonight|this (?:week|evening)|tomorrow)\b", reply, re.I))
        ),
    }
