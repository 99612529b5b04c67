"""The station, an EVSE and a connector are out of service each for itself."""

import pytest

from station.core.availability import Place, out_of_service


@pytest.mark.ocpp("G03.FR.06", "G04.FR.01", "G04.FR.07")
@pytest.mark.parametrize(
    ("place", "evses"), [(Place(), {1, 2}), (Place(1), {1}), (Place(2), {2}), (Place(2, 1), {2}), (Place(3), set())]
)
def test_a_place_takes_what_is_within_it(place: Place, evses: set[int]) -> None:
    assert {evse_id for evse_id in (1, 2) if out_of_service({place}, evse_id)} == evses


@pytest.mark.ocpp("G03.FR.07", "G04.FR.08")
def test_any_place_is_enough_and_none_means_in_service() -> None:
    assert out_of_service({Place(), Place(1, 1)}, 1)
    assert out_of_service({Place(1, 1)}, 1)
    assert not out_of_service(set(), 1)
