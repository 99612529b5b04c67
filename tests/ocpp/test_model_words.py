"""The device model in the words of OCPP messages, and back."""

import pytest

from station.core.device_model import EvseFacts, rows_for
from station.ocpp.model_words import address_of, because, component_of, json_size, status_info, variable_of


@pytest.mark.parametrize("row", rows_for([EvseFacts(1, name="DE*ABC*E1")], vendors=["com.example"]), ids=str)
def test_an_address_is_the_same_after_a_message(row):
    assert address_of(component_of(row.address), variable_of(row.address)) == row.address


def test_a_reason_is_cut_to_what_the_message_takes():
    assert because("TxInProgress").additional_info is None
    assert len(because("InternalError", "x" * 600).additional_info) == 512


def test_without_a_reason_there_is_no_status_info():
    assert status_info("") is None
    assert status_info("ReadOnly").additional_info is None
    assert len(status_info("InvalidValue", "x" * 600).additional_info) == 512


def test_a_size_is_counted_in_bytes_without_blanks():
    assert json_size({"a": ["ü", 1]}) == len('{"a":["ü",1]}'.encode())
    assert json_size({"a": "\ud800"}) > 0
