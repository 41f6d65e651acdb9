"""Goal 26: milliseconds by stage, and the reader's cost in units of one plain encoder pass."""

from __future__ import annotations

from evals.types import Record, Sample, Score, Scorer


def stage(name: str) -> Scorer:
    """The longest a stage took in any turn, in ms; stages that did not run are not scored."""

    def score(_sample: Sample, record: Record) -> Score:
        took = max((float(turn.ms.get(name, 0.0)) for turn in record.turns), default=0.0)
        return Score(round(took, 1)) if took > 0 else Score.unscored(f"{name} did not run")

    return score


def reading_ratio(sample: Sample, record: Record) -> Score:
    """Guard, situation and stance together, over one encoder pass measured in the same minute."""
    one = float(record.last.ms.get("encoder_pass", 0.0))
    if not one:
        return Score.unscored("no yardstick on this machine")
    took = float(record.last.ms.get("screen", 0.0)) + float(record.last.ms.get("retrieve", 0.0))
    return Score(round(took / one, 2), f"{took:.0f} ms over {one:.0f} ms")
