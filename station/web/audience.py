"""What of an outlet is told to everybody: less than to who stands before it; pure."""

from dataclasses import replace
from enum import StrEnum

from station.hardware.ports import Notice
from station.local.views import OutletView


class Audience(StrEnum):
    """Who is told."""

    EVERYBODY = "everybody"
    NEAR = "near"
    """Whoever is on this computer, such as a kiosk's display, and operators who look at the drivers' page."""
    OPERATORS = "operators"


def for_everybody(outlet: OutletView, *, offer_receipts: bool) -> OutletView:
    """Return an outlet without what is meant for one driver.

    The signed records of a receipt may hold the id of his card, with which somebody else could charge.
    """
    notice = outlet.notice
    if notice is not None and notice.notice == Notice.PERSONAL.value:
        notice = None
    return replace(outlet, notice=notice, last_receipt=outlet.last_receipt if offer_receipts else "")
