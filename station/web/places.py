"""What several handlers look for: an EVSE, a receipt, and the address that people know this station by."""

from typing import Final, TypeVar

from station.web.asking import Ask, Parameter
from station.web.hosts import authority
from station.web.problems import not_found
from station.web.site import Site

T = TypeVar("T")

EVSE: Final = Parameter("id", int, "The EVSE.", least=1, most=9999)
NUMBER: Final = Parameter("number", int, "The number of a receipt in the list.", least=1)
TRANSACTION: Final = Parameter(
    "transaction_id", str, "The transaction, as it was told to the CSMS.", pattern="[A-Za-z0-9-]{1,36}"
)


def evse_of(site: Site, ask: Ask) -> int:
    """Return the EVSE that is asked about; ProblemError if there is none."""
    return known_evse(site, ask.values[EVSE.name])


def known_evse(site: Site, evse_id: int) -> int:
    """Return that id; ProblemError if there is no such EVSE."""
    known = [outlet.evse_id for outlet in site.snapshots.outlets()]
    if evse_id not in known:
        raise not_found(f"there is no EVSE {evse_id}; there are: {', '.join(map(str, known))}")
    return evse_id


def needed(found: T | None, otherwise: str = "there is no such receipt") -> T:
    """Return what was found; ProblemError if it is nothing."""
    if not found:
        raise not_found(otherwise)
    return found


def address_of(site: Site, ask: Ask) -> str:
    """Return how people reach this station, without a slash at the end."""
    if site.settings.public_url:
        return site.settings.public_url
    request = ask.request
    reached_at, port = (request.get_extra_info("sockname") or ("", 0))[:2]
    here = authority(request.host, reached_at=reached_at, port=port, tls=request.secure)
    return f"{request.scheme}://{here}"
