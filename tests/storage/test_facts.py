"""A fact stays until it is replaced or forgotten."""

from station.storage.database import Database
from station.storage.facts import Facts
from tests.fakes_clock import FakeClock


def test_a_fact_outlives_the_process_and_is_replaced(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        facts = Facts(database)
        assert facts.get("slot") is None
        facts.put("slot", "1")
        facts.put("slot", "2")
    with Database.open(tmp_path, FakeClock()) as database:
        facts = Facts(database)
        assert facts.get("slot") == "2"
        facts.forget("slot")
        facts.forget("slot")
        assert facts.get("slot") is None
