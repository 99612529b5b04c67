"""`station config check`: can a settings file be used?"""

import argparse
from collections.abc import Iterator
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path

from station.core.network import ENCRYPTED
from station.settings import Settings, load


def check(options: argparse.Namespace) -> int:
    """Load the file as the daemon would; what is wrong is raised as SettingsError with every mistake.

    What is no mistake by itself, but may keep the station from its work on this computer, is a note.
    """
    settings = load(options.file)
    meters = ", ".join(f"EVSE {evse.id}" for evse in settings.evses)
    print(f"{options.file} is fine: {settings.station.identity} with {meters}, CSMS {settings.csms.url}")
    for note in (*_about_the_csms(settings), *_about_the_page(settings), *_about_ports(settings)):
        print(f"note: {note}")
    return 0


def _about_the_csms(settings: Settings) -> Iterator[str]:
    csms, identity = settings.csms, settings.station.identity
    if csms.url.rstrip("/").endswith(f"/{identity}"):
        yield f"csms.url: ends with the identity, which is appended once more: .../{identity}/{identity}"
    if csms.security_profile not in ENCRYPTED:
        return
    from ocpp.v201.enums import CertificateSigningUseEnumType, InstallCertificateUseEnumType

    from station.pki.keystore import FOLDER  # late: costs time, and the other profiles have no certificates

    folder = settings.station.state_dir / FOLDER
    root = InstallCertificateUseEnumType.csms_root_certificate.value
    own = CertificateSigningUseEnumType.charging_station_certificate.value
    if csms.root_certificate is None and not csms.system_roots and not _holds(folder / root):
        yield f"csms.root_certificate: is not set, and there is none in {folder / root}: no CSMS would be trusted"
    if csms.security_profile == ENCRYPTED[-1] and not _holds(folder / own):
        yield (
            f"csms.security_profile: 3 needs a certificate of the station, and there is none in {folder / own}; begin"
            " with 1 or 2 and let the CSMS send one"
        )


def _holds(folder: Path) -> bool:
    return any(folder.glob("*.pem"))


def _about_the_page(settings: Settings) -> Iterator[str]:
    web = settings.web
    if not web.enabled:
        return
    if find_spec("aiohttp") is None:
        yield "web.enabled: aiohttp is not installed, which the page needs: pip install 'bsm-station[web]'"
    if web.certificate is None and not ip_address(web.host).is_loopback:
        yield f"web.host: {web.host} lets the network in without TLS; set web.certificate and web.key, or 127.0.0.1"


def _about_ports(settings: Settings) -> Iterator[str]:
    named = [(f"line[{number}]", line.port) for number, line in enumerate(settings.lines, 1)]
    named += [(f"reader[{number}]", reader.port) for number, reader in enumerate(settings.readers, 1)]
    for key, port in named:
        if "://" not in port and not Path(port).exists():
            yield f"{key}.port: {port} is not there now"
