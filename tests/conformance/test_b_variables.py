"""Block B: reading and setting single variables."""

from typing import Any

import pytest

from tests.conformance.site import Site, good, variable

OFFLINE_THRESHOLD = "OCPPCommCtrlr.OfflineThreshold"
UNKNOWN_COMPONENT = "UnknownComponent.OfflineThreshold"
UNKNOWN_VARIABLE = "OCPPCommCtrlr.UnknownVariable"


def is_about(result: Any, name: str) -> bool:
    return {key: result[key] for key in ("component", "variable")} == variable(name)


@pytest.mark.conformance("TC_B_06_CS")
@pytest.mark.ocpp("B06.FR.01", "B06.FR.02", "B06.FR.03", "B06.FR.04", "B06.FR.10")
async def test_tc_b_06_cs(site: Site) -> None:
    """One variable is read."""
    await site.configured(OfflineThreshold="300")
    (result,) = await site.get_variables(variable(OFFLINE_THRESHOLD, attribute="Actual"))
    assert is_about(result, OFFLINE_THRESHOLD)
    assert result["attributeStatus"] == "Accepted"
    assert result["attributeType"] == "Actual"
    assert result["attributeValue"] == "300"
    assert good(result.get("attributeStatusInfo"))


@pytest.mark.conformance("TC_B_09_CS")
@pytest.mark.ocpp("B05.FR.01", "B05.FR.02", "B05.FR.03", "B05.FR.10")
async def test_tc_b_09_cs(site: Site) -> None:
    """One variable is set."""
    result = await site.set(OFFLINE_THRESHOLD, "300", attribute="Actual")
    assert_set(result, OFFLINE_THRESHOLD)


@pytest.mark.conformance("TC_B_10_CS")
@pytest.mark.ocpp("B05.FR.01", "B05.FR.02", "B05.FR.03", "B05.FR.10")
async def test_tc_b_10_cs(site: Site) -> None:
    """Two variables of different components are set at once."""
    wanted = {OFFLINE_THRESHOLD: "300", "AuthCtrlr.LocalAuthorizeOffline": "true"}
    results = await site.set_variables(
        *({**variable(name, attribute="Actual"), "attributeValue": value} for name, value in wanted.items())
    )
    assert len(results) == 2
    for name, value in wanted.items():
        (result,) = [result for result in results if is_about(result, name)]
        assert_set(result, name)
        assert await site.get(name) == value


def assert_set(result: Any, name: str) -> None:
    assert is_about(result, name)
    assert result["attributeStatus"] == "Accepted"
    assert result["attributeType"] == "Actual"
    assert good(result.get("attributeStatusInfo"))


@pytest.mark.conformance("TC_B_32_CS")
@pytest.mark.ocpp("B06.FR.06")
async def test_tc_b_32_cs(site: Site) -> None:
    """A component that does not exist cannot be read."""
    await _cannot_be_read(site, UNKNOWN_COMPONENT, "UnknownComponent")


@pytest.mark.conformance("TC_B_33_CS")
@pytest.mark.ocpp("B06.FR.07")
async def test_tc_b_33_cs(site: Site) -> None:
    """A variable that does not exist cannot be read."""
    await _cannot_be_read(site, UNKNOWN_VARIABLE, "UnknownVariable")


@pytest.mark.conformance("TC_B_35_CS")
@pytest.mark.ocpp("B05.FR.04")
async def test_tc_b_35_cs(site: Site) -> None:
    """A component that does not exist cannot be set."""
    await _cannot_be_set(site, UNKNOWN_COMPONENT, "UnknownComponent")


@pytest.mark.conformance("TC_B_36_CS")
@pytest.mark.ocpp("B05.FR.05")
async def test_tc_b_36_cs(site: Site) -> None:
    """A variable that does not exist cannot be set."""
    await _cannot_be_set(site, UNKNOWN_VARIABLE, "UnknownVariable")


@pytest.mark.conformance("TC_B_37_CS")
@pytest.mark.ocpp("B05.FR.03", "B05.FR.06")
async def test_tc_b_37_cs(site: Site) -> None:
    """A variable that has no target cannot be given one."""
    result = await site.set(OFFLINE_THRESHOLD, "300", attribute="Target")
    assert is_about(result, OFFLINE_THRESHOLD)
    assert result["attributeStatus"] == "NotSupportedAttributeType"
    assert result["attributeType"] == "Target"


@pytest.mark.conformance("TC_B_39_CS")
@pytest.mark.ocpp("B05.FR.09")
async def test_tc_b_39_cs(site: Site) -> None:
    """A variable that is only read cannot be set."""
    await _cannot_be_set(site, "OCPPCommCtrlr.MessageTimeout[Default]", "Rejected")


async def _cannot_be_read(site: Site, name: str, status: str) -> None:
    (result,) = await site.get_variables(variable(name))
    assert is_about(result, name)
    assert result["attributeStatus"] == status
    assert "attributeValue" not in result


async def _cannot_be_set(site: Site, name: str, status: str) -> None:
    result = await site.set(name, "300")
    assert is_about(result, name)
    assert result["attributeStatus"] == status
