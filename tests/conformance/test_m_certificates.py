"""Block M: the certificates that are installed."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import Certificate

from tests.conformance.papers import V2gChain, hash_data
from tests.conformance.site import TLS, Site
from tests.conformance.states import (
    CONTRACT_ROOT,
    CSMS_ROOT,
    MANUFACTURER_ROOT,
    V2G_ROOT,
    certificate_installed,
    install,
    installed_certificates,
    lists,
    renew_charging_station_certificate,
    renew_v2g_certificate,
    same_certificate,
    under_mutual_tls,
)
from tests.pki.authority import Authority

ALGORITHM = "SHA256"


async def is_listed(site: Site, use: str, root: Authority, *, asked: tuple[str, ...] | None = None) -> bool:
    """Tell whether the station lists a root for a use; `asked` are the uses it is asked for, or this one."""
    chains = await installed_certificates(site, *((use,) if asked is None else asked))
    return lists(chains, use, root.certificate, root.certificate)


@pytest.mark.conformance("TC_M_01_CS")
@pytest.mark.ocpp("M05.FR.01", "M05.FR.02")
async def test_tc_m_01_cs(tls_site: Site) -> None:
    """A second root for the CSMS is installed."""
    root = Authority.now("Second root")
    await certificate_installed(tls_site, CSMS_ROOT, root.pem)
    assert await is_listed(tls_site, CSMS_ROOT, root)
    assert await is_listed(tls_site, CSMS_ROOT, tls_site.authority)


@pytest.mark.conformance("TC_M_04_CS")
@pytest.mark.ocpp("M05.FR.01", "M05.FR.02")
async def test_tc_m_04_cs(site: Site) -> None:
    """A root for contracts is installed."""
    root = Authority.now("Contract root")
    await certificate_installed(site, CONTRACT_ROOT, root.pem)
    assert await is_listed(site, CONTRACT_ROOT, root)


@pytest.mark.conformance("TC_M_07_CS")
@pytest.mark.ocpp("M05.FR.01", "M05.FR.07")
async def test_tc_m_07_cs(tls_site: Site) -> None:
    """A root that has expired is refused."""
    root = Authority("Old root", at=Authority.now().at, days=-1)
    assert await install(tls_site, CSMS_ROOT, root.pem) == "Rejected"
    assert await is_listed(tls_site, CSMS_ROOT, tls_site.authority)
    assert not await is_listed(tls_site, CSMS_ROOT, root)


@pytest.mark.conformance("TC_M_09_CS")
@pytest.mark.ocpp("M05.FR.10", "M05.FR.11")
async def test_tc_m_09_cs(tmp_path: Path) -> None:
    """Under the additional check a root is refused that the old root has not signed."""
    async with Site(tmp_path, profile=TLS, security="additional_root_check = true") as site:
        root = Authority.now("Second root")
        assert await install(site, CSMS_ROOT, root.pem) == "Rejected"
        (chain,) = await installed_certificates(site, CSMS_ROOT)
        assert lists([chain], CSMS_ROOT, site.authority.certificate, site.authority.certificate)


@pytest.mark.conformance("TC_M_12_CS")
@pytest.mark.ocpp("M03.FR.01", "M03.FR.03", "M03.FR.04")
async def test_tc_m_12_cs(tls_site: Site) -> None:
    """The roots for the CSMS are listed."""
    root = Authority.now("Second root")
    await certificate_installed(tls_site, CSMS_ROOT, root.pem)
    assert await is_listed(tls_site, CSMS_ROOT, root)


@pytest.mark.conformance("TC_M_13_CS")
@pytest.mark.ocpp("M03.FR.01", "M03.FR.03", "M03.FR.04")
async def test_tc_m_13_cs(site: Site) -> None:
    """The roots for firmware are listed."""
    root = Authority.now("Manufacturer root")
    await certificate_installed(site, MANUFACTURER_ROOT, root.pem)
    assert await is_listed(site, MANUFACTURER_ROOT, root)


@pytest.mark.conformance("TC_M_16_CS")
@pytest.mark.ocpp("M03.FR.01", "M03.FR.03", "M03.FR.04")
async def test_tc_m_16_cs(site: Site) -> None:
    """The roots for contracts are listed."""
    roots = [Authority.now(f"Contract root {number}") for number in (1, 2)]
    for root in roots:
        await certificate_installed(site, CONTRACT_ROOT, root.pem)
    for root in roots:
        assert await is_listed(site, CONTRACT_ROOT, root)


@pytest.mark.conformance("TC_M_17_CS")
@pytest.mark.ocpp("M03.FR.01", "M03.FR.03", "M03.FR.04")
async def test_tc_m_17_cs(tls_site: Site) -> None:
    """The roots for two uses are listed at once."""
    roots = await _two_uses(tls_site)
    for use, root in roots.items():
        assert await is_listed(tls_site, use, root, asked=tuple(roots))


@pytest.mark.conformance("TC_M_18_CS")
@pytest.mark.ocpp("M03.FR.01", "M03.FR.03", "M03.FR.04")
async def test_tc_m_18_cs(tls_site: Site) -> None:
    """All that is installed is listed where no use is named."""
    for use, root in (await _two_uses(tls_site)).items():
        assert await is_listed(tls_site, use, root, asked=())


async def _two_uses(site: Site) -> dict[str, Authority]:
    roots = {CSMS_ROOT: Authority.now("Second root"), MANUFACTURER_ROOT: Authority.now("Manufacturer root")}
    for use, root in roots.items():
        await certificate_installed(site, use, root.pem)
    return roots


@pytest.mark.conformance("TC_M_19_CS")
@pytest.mark.ocpp("M03.FR.01", "M03.FR.02")
async def test_tc_m_19_cs(site: Site) -> None:
    """Nothing is listed for a use that has nothing."""
    answer = await site.call("GetInstalledCertificateIds", certificateType=["MORootCertificate"])
    assert answer["status"] == "NotFound"
    assert "certificateHashDataChain" not in answer


@pytest.mark.conformance("TC_M_20_CS")
@pytest.mark.ocpp("M04.FR.01", "M04.FR.02")
async def test_tc_m_20_cs(tls_site: Site) -> None:
    """A root that is listed is deleted by what was listed of it."""
    site, root = tls_site, Authority.now("Second root")
    await certificate_installed(site, CSMS_ROOT, root.pem)
    (listed,) = [
        chain["certificateHashData"]
        for chain in await installed_certificates(site, CSMS_ROOT)
        if same_certificate(chain["certificateHashData"], root.certificate, root.certificate)
    ]
    answer = await site.call("DeleteCertificate", certificateHashData=listed)
    assert answer["status"] == "Accepted"
    assert not await is_listed(site, CSMS_ROOT, root)


@pytest.mark.conformance("TC_M_23_CS")
@pytest.mark.ocpp("M04.FR.01", "M04.FR.06")
async def test_tc_m_23_cs(tls_site: Site) -> None:
    """The certificate of the station itself is not deleted."""
    site = tls_site
    async with under_mutual_tls(site):
        certificate = await renew_charging_station_certificate(site)
        await installed_certificates(site)
        wanted = hash_data(certificate, site.authority.certificate, ALGORITHM)
        answer = await site.call("DeleteCertificate", certificateHashData=wanted)
        assert answer["status"] in ("Failed", "NotFound")


@pytest.mark.conformance("TC_M_24_CS")
@pytest.mark.ocpp("M06.FR.06", "M06.FR.07")
async def test_tc_m_24_cs(site: Site) -> None:
    """After the certificate for vehicles is renewed, its status and that of all above it is asked for."""
    chain = await _v2g_roots(site)
    after = site.now
    leaf = await renew_v2g_certificate(site, chain)
    site.csms.override(
        site.seen.id, "GetCertificateStatus", {"status": "Accepted", "ocspResult": chain.status_of(leaf)}
    )
    for certificate, issuer in chain.with_issuers(leaf):
        await _asked_status(site, certificate, issuer, after=after)
    assert len(site.requests("GetCertificateStatus", after=after)) == 3


@pytest.mark.conformance("TC_M_25_CS")
@pytest.mark.ocpp("M06.FR.06")
async def test_tc_m_25_cs(site: Site) -> None:
    """A status that cannot be had is done without."""
    chain = await _v2g_roots(site)
    site.csms.override(site.seen.id, "GetCertificateStatus", {"status": "Failed", "ocspResult": None})
    after = site.now
    leaf = await renew_v2g_certificate(site, chain)
    for certificate, issuer in chain.with_issuers(leaf):
        await _asked_status(site, certificate, issuer, after=after)
    assert site.seen.connected


async def _v2g_roots(site: Site) -> V2gChain:
    chain = V2gChain()
    await certificate_installed(site, V2G_ROOT, chain.root.pem)
    await certificate_installed(site, CONTRACT_ROOT, Authority.now("Contract root").pem)
    return chain


async def _asked_status(site: Site, certificate: Certificate, issuer: Certificate, *, after: int) -> None:
    def fits(request: Any) -> bool:
        data = dict(request["ocspRequestData"])
        return data.pop("responderURL") == V2gChain.RESPONDER and same_certificate(data, certificate, issuer)

    await site.request("GetCertificateStatus", fits, after=after)
