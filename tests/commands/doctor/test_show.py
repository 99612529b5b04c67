"""Findings on paper and for programs."""

from station.commands.doctor import show
from station.commands.doctor.findings import Group

GROUP = Group("computer")


def test_a_line_has_mark_group_name_and_below_it_the_remedy(capsys):
    show.line(GROUP.ok("clock", "it is noon"))
    show.line(GROUP.failure("disk", "full\nto the brim", "make room"))
    assert capsys.readouterr().out.splitlines() == [
        "ok      computer, clock: it is noon",
        "FAILURE computer, disk: full",
        "           to the brim",
        "          -> make room",
    ]


def test_what_a_device_says_commands_no_terminal(capsys):
    show.line(GROUP.ok("clock", "\x1b[2J"))
    assert "\x1b" not in capsys.readouterr().out


def test_the_summary_counts_and_names_what_is_to_be_looked_for_above(capsys):
    ok, warning, failure = GROUP.ok("a", ""), GROUP.warning("b", "", "do"), GROUP.failure("c", "", "do")
    show.summary([ok, ok])
    show.summary([ok, warning, warning])
    show.summary([ok, warning, failure])
    assert capsys.readouterr().out.splitlines() == [
        "all is well: 2 looked at",
        "2 of 3 with a warning: computer, b; computer, b",
        "1 of 3 failed: computer, c",
        "1 with a warning: computer, b",
    ]


def test_programs_get_every_part_by_name():
    assert show.document(GROUP.warning("disk", "it fills", "make room")) == {
        "group": "computer",
        "name": "disk",
        "result": "warning",
        "found": "it fills",
        "remedy": "make room",
    }
