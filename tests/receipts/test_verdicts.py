"""A verdict says apart whether a receipt is signed and what transparency software makes of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from station import texts
from station.receipts.judged import SENTENCES, Examiner
from station.receipts.verdicts import SOFTWARE, verdict_of
from station.receipts.views import Answer, EnergyStanding, Grade, Signature, VerdictView
from tests.commands.receipts.archive import BEGIN, END, LATER, OTHER_BEGIN, Archive, opened
from tests.meter import vectors

TEXTS = {
    language: json.loads((Path(texts.__file__).parent / f"receipts.{language}.json").read_text("utf-8"))
    for language in ("en", "de")
}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path) as archive:
        yield archive


def verdict(archive: Archive, *records: Any, **more: Any) -> VerdictView:
    archive.add("tx", *records, **more)
    return judged(archive)


def judged(archive: Archive) -> VerdictView:
    return verdict_of(Examiner(archive.database).judge(archive.receipts.get("tx")))


def test_that_a_version_of_the_software_refuses_changes_nothing_about_the_signature(archive: Archive) -> None:
    seen = verdict(archive, BEGIN, END)
    assert (seen.answer, seen.signature) == (Answer.VALID, Signature.VALID)
    assert [(law.software, law.accepted) for law in seen.law] == [("S.A.F.E. 1.3", True), ("S.A.F.E. 1.4.1", False)]
    assert "takes no reading with the OBIS code" in seen.law[1].text
    assert not {check.check for check in seen.together} & set(SOFTWARE)
    assert {check.grade for check in seen.together} == {Grade.OK}


def test_each_record_has_its_own_verdict(archive: Archive) -> None:
    seen = verdict(archive, BEGIN, replace(END, doubts=("id_differs",)))
    assert [(one.kind, one.pagination) for one in seen.records] == [("turn_on", 4276), ("turn_off", 4277)]
    assert [(one.answer, one.signature) for one in seen.records] == [
        (Answer.VALID, Signature.VALID),
        (Answer.DOUBTFUL, Signature.VALID),
    ]
    assert (seen.answer, seen.signature) == (Answer.DOUBTFUL, Signature.VALID)
    (check,) = (check for check in seen.records[1].checks if check.check == "id_differs")
    assert (check.grade, check.text) == (Grade.DOUBT, SENTENCES["id_differs"])


def test_one_signature_that_does_not_fit_makes_the_whole_invalid(archive: Archive) -> None:
    seen = verdict(archive, BEGIN, replace(END, ocmf=END.ocmf.replace(b'"RV":0.15', b'"RV":9.15')))
    assert (seen.answer, seen.signature) == (Answer.INVALID, Signature.INVALID)
    assert [one.signature for one in seen.records] == [Signature.VALID, Signature.INVALID]
    assert {law.accepted for law in seen.law} == {False}
    assert Grade.FAIL in {check.grade for check in seen.records[1].checks}


def test_bytes_that_changed_are_invalid_although_their_signature_fits(archive: Archive) -> None:
    archive.add("tx", BEGIN, ended=None)
    archive.spoil(f"UPDATE records SET ocmf = x'{vectors.OCMF['001BZR1521070003-T22107-B'].hex()}'")
    seen = judged(archive)
    assert (seen.answer, seen.signature) == (Answer.INVALID, Signature.VALID)


def test_what_is_missing_is_told_among_what_concerns_both(archive: Archive) -> None:
    seen = verdict(archive, BEGIN)
    assert (seen.answer, seen.signature, seen.law) == (Answer.DOUBTFUL, Signature.VALID, ())
    assert [(check.check, check.grade) for check in seen.together] == [("complete", Grade.DOUBT)]


def test_where_nothing_is_signed_there_is_nothing_to_check(archive: Archive) -> None:
    assert verdict(archive).signature is Signature.UNCHECKED


def test_what_could_not_be_checked_is_not_called_in_order(archive: Archive) -> None:
    seen = verdict(archive, replace(BEGIN, snapshot=b""), END)
    grades = {check.check: check.grade for check in seen.records[0].checks}
    assert (grades["snapshot"], grades["signature"]) == (Grade.UNCHECKED, Grade.OK)


def test_software_that_cannot_be_asked_neither_accepts_nor_refuses(archive: Archive) -> None:
    seen = verdict(archive, replace(BEGIN, ocmf=b"OCMF|{}"), END)
    assert seen.signature is Signature.INVALID
    assert [law.accepted for law in seen.law] in ([], [None, None])


def test_every_check_and_every_word_has_a_text_in_each_language(archive: Archive) -> None:
    seen = [
        verdict(archive, BEGIN, END, replace(END, pagination=9999, doubts=("id_differs",))),
        verdict_of(_judged_of(archive, "lonely", OTHER_BEGIN)),
        verdict_of(_judged_of(archive, "broken", replace(BEGIN, ocmf=b"OCMF|", pagination=9998), END)),
    ]
    checks = {
        check.check
        for one in seen
        for check in (*one.together, *(check for record in one.records for check in record.checks))
    }
    assert {"signature", "readable", "same_meter", "complete", "id_differs", "single"} <= checks
    wanted = {f"receipt.check.{check}" for check in checks}
    for words, name in ((EnergyStanding, "energy"), (Answer, "answer"), (Signature, "signature"), (Grade, "grade")):
        wanted |= {f"receipt.{name}.{word}" for word in words}
    for language, catalogue in TEXTS.items():
        assert wanted <= set(catalogue), language
        assert all(catalogue.values())
    assert set(TEXTS["en"]) == set(TEXTS["de"])


def _judged_of(archive: Archive, transaction: str, *records: Any) -> Any:
    archive.add(transaction, *records, ended=LATER)
    return Examiner(archive.database).judge(archive.receipts.get(transaction))
