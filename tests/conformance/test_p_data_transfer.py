"""Block P: what vendors agree on beyond the standard."""

import pytest

from tests.conformance.site import Site


@pytest.mark.conformance("TC_P_01_CS")
@pytest.mark.ocpp("P01.FR.05", "P01.FR.06")
async def test_tc_p_01_cs(site: Site) -> None:
    """Data of a vendor whom nobody here knows is refused."""
    answer = await site.call("DataTransfer", vendorId="org.openchargealliance.octt", messageId="unused")
    assert answer["status"] in ("UnknownVendorId", "UnknownMessageId", "Rejected")
