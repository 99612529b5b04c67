"""What is out of service stays so over restarts."""

import pytest

from station.core.availability import Place
from station.storage.availability import OutOfService
from station.storage.database import Database
from tests.fakes_clock import FakeClock


@pytest.mark.ocpp("B01.FR.07", "G03.FR.08", "G04.FR.09")
def test_places_outlive_the_process_until_they_are_put_back(tmp_path):
    with Database.open(tmp_path, FakeClock()) as database:
        store = OutOfService(database)
        assert store.all() == set()
        for place in (Place(), Place(1), Place(1, 1), Place(1)):
            store.add(place)
    with Database.open(tmp_path, FakeClock()) as database:
        store = OutOfService(database)
        assert store.all() == {Place(), Place(1), Place(1, 1)}
        for _ in range(2):
            store.remove(Place(1))
        assert store.all() == {Place(), Place(1, 1)}
