"""A figure is a median, a goal is held by the ratio, and a missed goal cannot be overlooked."""

import json

import pytest

from benchmarks.figures import Bound, Result, Samples, as_document, lines


def result(ours: list[float], reference: list[float], *, bound: Bound = Bound.AT_MOST, goal: float = 2.5) -> Result:
    return Result(
        "a",
        "start",
        "ms",
        ours=Samples(tuple(ours)),
        reference=Samples(tuple(reference)),
        reference_name="bare",
        bound=bound,
        goal=goal,
        notes=("a note",),
    )


def test_a_figure_is_the_median_so_that_one_disturbed_round_does_not_count() -> None:
    assert result([400, 9000, 410], [200, 205, 4000]).ratio == 2.0


def test_there_is_no_figure_without_a_round() -> None:
    with pytest.raises(ValueError, match="without a round"):
        Samples(())


@pytest.mark.parametrize(
    ("bound", "ours", "met"),
    [
        (Bound.AT_MOST, 499.0, True),
        (Bound.AT_MOST, 500.0, True),
        (Bound.AT_MOST, 501.0, False),
        (Bound.AT_LEAST, 499.0, False),
        (Bound.AT_LEAST, 500.0, True),
        (Bound.AT_LEAST, 501.0, True),
    ],
)
def test_the_goal_itself_is_good_enough_on_either_side(bound: Bound, ours: float, met: bool) -> None:
    assert result([ours], [200.0], bound=bound).met is met


def test_the_report_shows_both_figures_the_ratio_the_goal_and_the_notes() -> None:
    header, line, note = lines([result([300], [200])])
    assert line.split("  ")[-1] == "met"
    for text in ("a  start", "300.0 ms", "200.0 ms, bare", "1.50", "at most 2.5"):
        assert text in line
    assert header.index("ratio") == line.index("1.50")
    assert note.strip() == "a note"


def test_a_missed_goal_is_shouted() -> None:
    assert lines([result([600], [200])])[1].endswith("MISSED")


def test_the_document_is_json_and_holds_every_round() -> None:
    document = json.loads(json.dumps(as_document(result([300, 310, 320], [100]))))
    assert (document["ours"], document["reference"], document["ratio"], document["met"]) == (310, 100, 3.1, False)
    assert document["goal"] == "at most 2.5"
    assert document["rounds"] == {"ours": [300, 310, 320], "reference": [100]}
