"""A response is kept until another replaces it, or its certificate is gone."""

from datetime import timedelta

from station.storage.database import Database
from station.storage.ocsp import OcspResponses
from tests.fakes_clock import START, FakeClock

WEEK = timedelta(days=7)


def test_a_response_outlives_the_process_and_is_replaced(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        responses = OcspResponses(database)
        assert responses.get("aa") is None
        assert responses.next_update("aa") is None
        responses.put("aa", "old", next_update=START)
        responses.put("aa", "new", next_update=START + WEEK)
    with Database.open(tmp_path, FakeClock()) as database:
        responses = OcspResponses(database)
        assert responses.get("aa") == "new"
        assert responses.next_update("aa") == START + WEEK


def test_what_is_still_there_is_kept_and_the_rest_forgotten(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        responses = OcspResponses(database)
        for name in ("aa", "bb", "cc"):
            responses.put(name, "text", next_update=START)
        responses.forget_all_but({"aa", "cc"})
        assert [responses.get(name) for name in ("aa", "bb", "cc")] == ["text", None, "text"]
        responses.forget_all_but(())
        assert responses.get("aa") is None
