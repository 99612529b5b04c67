from decimal import Decimal

import pytest

from simulators.mock_csms.ocmf import OcmfError, read
from tests.simulators.mock_csms.payloads import BEGIN, OCMF, OTHER_METER_END, SERIAL


def test_every_record_of_the_vectors_is_read() -> None:
    for text in OCMF.values():
        assert read(text.encode()).meter_serial in text


def test_kilowatt_hours_are_read_to_the_watt_hour() -> None:
    record = read(BEGIN.encode())
    assert (record.energy_wh, record.session_energy_wh) == (Decimal(99840), 0)
    assert (record.meter_serial, record.pagination, record.transaction) == (SERIAL, 4276, "B")
    assert record.taken_at.isoformat() == "2022-07-08T10:00:28+02:00"
    assert record.time_flag == "S"


def test_watt_hours_are_read() -> None:
    assert read(OTHER_METER_END.encode()).energy_wh == 88350


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("OCMF|", "OCFM|", "OCMF|payload|signature"),
        ("}|{", "}{", "OCMF|payload|signature"),
        ('"FV"', "FV", "no ASCII JSON"),
        ('"MS":"001BZR1521070006",', "", "no 'MS'"),
        ('"T4276"', '"4276"', "pagination"),
        ('"kWh","XV"', '"MWh","XV"', "Wh or kWh"),
        ("99.84", "-1", "XV"),
        ("99.84", "1e99", "XV"),
        ("99.84", '"99.84"', "XV"),
        ("99.84", "NaN", "XV"),
        ("2022-07-08", "2022-13-08", "cannot be read"),
        ('"RD":[', '"RD":[],"RE":[', "cannot be read"),
        ('"SD":"30', '"SD":"3', "cannot be read"),
    ],
)
def test_a_text_that_is_no_ocmf_says_why(old: str, new: str, why: str) -> None:
    assert old in BEGIN
    with pytest.raises(OcmfError, match=why.replace("|", r"\|")):
        read(BEGIN.replace(old, new).encode())


def test_the_filling_of_the_registers_is_no_part_of_a_record() -> None:
    with pytest.raises(OcmfError):
        read(BEGIN.encode() + b"\0")
