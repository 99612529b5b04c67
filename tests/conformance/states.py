"""The reusable states of the test cases, and the checks that belong to each.

The station is set up as it comes (TxStartPoint PowerPathClosed, TxStopPoint EVConnected and Authorized, no detector
for parking bays), which decides which of a state's optional steps there are.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.conformance.door import Door
from tests.conformance.papers import V2gChain, hash_data, strong
from tests.conformance.site import MUTUAL_TLS, Site
from tests.flows.house import CARD, until

CSMS_ROOT = "CSMSRootCertificate"
MANUFACTURER_ROOT = "ManufacturerRootCertificate"
CONTRACT_ROOT = "MORootCertificate"
V2G_ROOT = "V2GRootCertificate"
STATION_CERTIFICATE = "ChargingStationCertificate"
V2G_CERTIFICATE = "V2GCertificate"
RECONNECT_S = 60.0
"""As long as a case waits for a new connection before it forces one."""
STARTED = ("StartupOfTheDevice", "ResetOrReboot")

# Booting and availability


async def booting(site: Site) -> int:
    """Reset at once; return the place in the record from which the new process is heard."""
    after = site.now
    answer = await site.call("Reset", type="Immediate")
    assert answer["status"] == "Accepted"
    await site.restarted()
    return after


async def booted(site: Site, *, kind: str = "Immediate", status: str = "Available", power_cycle: bool = False) -> int:
    """Reset, or take the power away, and come back; return the place in the record where that began."""
    after = site.now
    if power_cycle:
        await site.power_cycle()
    else:
        answer = await site.call("Reset", type=kind)
        assert answer["status"] == "Accepted"
        await site.restarted()
    await has_booted(site, after=after, status=status)
    return after


async def has_booted(site: Site, *, after: int, reason: str | None = None, status: str = "Available") -> None:
    """Check what the station says of itself when it starts."""
    boot = await site.request("BootNotification", after=after)
    assert reason is None or boot["reason"] == reason
    await connectors_told(site, dict.fromkeys(range(1, site.evses + 1), status), after=after)
    await site.security_event(*STARTED, after=after)


async def connectors_told(site: Site, wanted: Mapping[int, str], *, after: int) -> None:
    """Return when the station has told the status of the connector of each of these EVSEs."""
    for evse, status in wanted.items():
        await connector_told(site, status, evse=evse, after=after)


async def connector_told(site: Site, status: str, *, evse: int = 1, after: int) -> None:
    """Wait for a StatusNotification or a NotifyEvent with the status of a connector."""

    def told() -> bool:
        notified = site.requests("StatusNotification", after=after)
        events = [data for event in site.requests("NotifyEvent", after=after) for data in event["eventData"]]
        return any(
            (told["evseId"], told["connectorId"], told["connectorStatus"]) == (evse, 1, status) for told in notified
        ) or any(_is_status_event(data, evse, status) for data in events)

    await until(told, f"{status} of connector 1 of EVSE {evse}")


def _is_status_event(data: Any, evse: int, status: str) -> bool:
    wanted = {
        "trigger": "Delta",
        "actualValue": status,
        "component": {"name": "Connector", "evse": {"id": evse, "connectorId": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    return all(data[name] == value for name, value in wanted.items())


async def unavailable(site: Site, *, evse: int | None = 1, connector: int | None = 1) -> None:
    """Take a connector out of service, an EVSE (connector None) or the station (EVSE None)."""
    after = site.now
    assert await availability_changed(site, "Inoperative", evse=evse, connector=connector) == "Accepted"
    evses = range(1, site.evses + 1) if evse is None else [evse]
    await connectors_told(site, dict.fromkeys(evses, "Unavailable"), after=after)


async def availability_changed(
    site: Site, wanted: str, *, evse: int | None = None, connector: int | None = None
) -> str:
    """Send ChangeAvailability; return the status."""
    place = {} if connector is None else {"connectorId": connector}
    named = {} if evse is None else {"evse": {"id": evse, **place}}
    answer = await site.call("ChangeAvailability", operationalStatus=wanted, **named)
    return str(answer["status"])


# Charging


async def ev_connected_pre_session(site: Site, *, evse: int = 1) -> None:
    after = site.now
    site.bench.evse(evse).plug()
    await connector_told(site, "Occupied", evse=evse, after=after)


async def authorized(site: Site, *, evse: int = 1, card: str = CARD) -> None:
    """Present a card; return when the station has asked about it."""
    after = site.now
    site.bench.reader(evse).swipe(card)
    asked = await site.request("Authorize", after=after)
    assert asked["idToken"] == {"idToken": card, "type": "ISO14443"}


async def energy_transfer_started(site: Site, *, evse: int = 1, card: str = CARD) -> str:
    """Charge; return the transaction id."""
    after = site.now
    await ev_connected_pre_session(site, evse=evse)
    await authorized(site, evse=evse, card=card)
    begun = await transaction_event(site, after=after, evse=evse, eventType="Started")
    transaction_id = str(begun["transactionInfo"]["transactionId"])
    await transaction_event(
        site,
        after=after,
        transactionId=transaction_id,
        chargingState="Charging",
        triggerReason="ChargingStateChanged",
    )
    return transaction_id


async def transaction_event(
    site: Site, *, after: int, evse: int | None = None, **wanted: str | Collection[str]
) -> Any:
    """Return the first TransactionEvent after a place with these members, those of transactionInfo among them.

    A member may have one of several values.
    """

    def fits(event: Any) -> bool:
        members = {**event["transactionInfo"], **event}
        return all(
            members.get(name) in ((values,) if isinstance(values, str) else values) for name, values in wanted.items()
        ) and evse in (None, event.get("evse", {"id": evse})["id"])

    return await site.request("TransactionEvent", fits, after=after)


async def stop_authorized(site: Site, transaction_id: str, *, evse: int = 1, card: str = CARD) -> Any:
    """Present the same card again; return the event that ends the transaction."""
    after = site.now
    site.bench.reader(evse).swipe(card)
    ended = await transaction_event(site, after=after, transactionId=transaction_id, eventType="Ended")
    stop = await transaction_event(site, after=after, transactionId=transaction_id, triggerReason="StopAuthorized")
    assert stop.get("idToken", {"idToken": card, "type": "ISO14443"}) == {"idToken": card, "type": "ISO14443"}
    assert ended["transactionInfo"].get("chargingState") == "EVConnected"
    assert ended["transactionInfo"].get("stoppedReason", "Local") == "Local"
    return ended


async def ev_disconnected(site: Site, *, evse: int = 1, status: str = "Available") -> None:
    after = site.now
    site.bench.evse(evse).unplug()
    await connector_told(site, status, evse=evse, after=after)


# Certificates


async def certificate_installed(site: Site, use: str, pem: str) -> None:
    assert await install(site, use, pem) == "Accepted"


async def install(site: Site, use: str, pem: str) -> str:
    """Send a root; return the status."""
    answer = await site.call("InstallCertificate", certificateType=use, certificate=pem)
    return str(answer["status"])


async def installed_certificates(site: Site, *uses: str) -> list[Any]:
    """Return what the station says is installed for these uses, or for all."""
    answer = await site.call("GetInstalledCertificateIds", **({"certificateType": list(uses)} if uses else {}))
    assert (answer["status"] == "Accepted") is ("certificateHashDataChain" in answer)
    return list(answer.get("certificateHashDataChain", ()))


def lists(chains: Sequence[Any], use: str, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether a certificate is among those listed for a use, by whichever hash the station took."""
    return any(
        chain["certificateType"] == use and same_certificate(chain["certificateHashData"], certificate, issuer)
        for chain in chains
    )


def same_certificate(listed: Mapping[str, str], certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    expected = hash_data(certificate, issuer, listed["hashAlgorithm"])
    return {name: value.lower() for name, value in listed.items()} == {
        name: value.lower() for name, value in expected.items()
    }


async def signing_requested(site: Site, use: str = STATION_CERTIFICATE) -> str:
    """Ask for a new certificate; return the certificate signing request."""
    after = site.now
    answer = await site.call("TriggerMessage", requestedMessage=f"Sign{use}")
    assert answer["status"] == "Accepted"
    request = await site.request("SignCertificate", after=after)
    assert request.get("certificateType", STATION_CERTIFICATE) == use
    assert strong(request["csr"])
    return str(request["csr"])


async def certificate_signed(site: Site, chain: str, use: str = STATION_CERTIFICATE) -> str:
    """Send a signed certificate; return the status."""
    answer = await site.call("CertificateSigned", certificateChain=chain, certificateType=use)
    return str(answer["status"])


async def renew_charging_station_certificate(site: Site) -> x509.Certificate:
    """Give the station a new certificate, with which it connects anew where one is asked for; return it.

    It is valid from a minute ago, later than any that `under_mutual_tls` gave.
    """
    csr = await signing_requested(site)
    return await _taken(site, site.authority.sign_csr(csr, not_before=datetime.now(UTC) - timedelta(minutes=1)))


async def _taken(site: Site, chain: str) -> x509.Certificate:
    """Send a good certificate of the station, and give it time to connect anew; return it."""
    assert await certificate_signed(site, chain) == "Accepted"
    await asyncio.sleep(RECONNECT_S)
    await site.seen.wait_connected(timeout_s=600)
    return x509.load_pem_x509_certificate(chain.encode())


@asynccontextmanager
async def under_mutual_tls(site: Site) -> AsyncIterator[Door]:
    """Take a station with a root from profile 2 to profile 3; yields the door that it goes through then."""
    certificate = await _taken(site, site.authority.sign_csr(await signing_requested(site)))
    async with site.another_door(MUTUAL_TLS) as door:
        active = await site.active_slot()
        assert await site.set_profile(3 - active, door.url, MUTUAL_TLS) == "Accepted"
        assert await site.prefer(3 - active, active) in ("Accepted", "RebootRequired")
        await booted(site)
        assert door.upgrades[-1].credentials is None
        assert door.upgrades[-1].certificate == certificate
        assert await site.get("SecurityCtrlr.SecurityProfile") == str(MUTUAL_TLS)
        assert await site.get("OCPPCommCtrlr.NetworkConfigurationPriority") == str(3 - active)
        yield door


async def reconnected_with(site: Site, door: Door, certificate: x509.Certificate) -> None:
    """Return when the station has come to a door that asks for certificates, and shown this one."""
    await until(
        lambda: bool(door.upgrades) and door.upgrades[-1].certificate == certificate and site.seen.connected,
        "a connection with the new certificate",
        seconds=3600,
    )


async def renew_v2g_certificate(site: Site, chain: V2gChain) -> x509.Certificate:
    """Give the station a new certificate for vehicles, whose root it has; return it."""
    signed = chain.sign(await signing_requested(site, V2G_CERTIFICATE))
    assert await certificate_signed(site, signed, V2G_CERTIFICATE) == "Accepted"
    certificate = x509.load_pem_x509_certificate(signed.encode())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.key_size >= 256
    return certificate
