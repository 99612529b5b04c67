"""Members that have another type than they may are told, with the types that they may have."""

import pytest

from simulators.mock_csms.members import misfit

TYPES = {"port": (int,), "wait_s": (int, float), "on": (bool,), "name": (str, type(None))}


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, None),
        ({"port": 0, "wait_s": 0.5, "on": False, "name": None}, None),
        ({"port": "0"}, "port: int expected, got '0'"),
        ({"port": 1.0}, "port: int expected, got 1.0"),
        ({"wait_s": True}, "wait_s: int or float expected, got True"),
        ({"on": 1}, "on: bool expected, got 1"),
        ({"name": 1}, "name: str or null expected, got 1"),
        ({"port": 1, "on": "yes"}, "on: bool expected, got 'yes'"),
    ],
)
def test_the_first_member_of_another_type_is_told(values, problem):
    assert misfit(values, TYPES) == problem
