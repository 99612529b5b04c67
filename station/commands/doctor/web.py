"""The status page: reachable by those who are meant to, and by nobody else."""

import ipaddress
import socket
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cryptography import x509

from station.commands.doctor.case import Case
from station.commands.doctor.findings import Finding, Group
from station.commands.doctor.permissions import READ, User, obstacle
from station.errors import StorageError
from station.settings import WebSettings
from station.web.access_file import AccessFile

GROUP: Final = Group("web")
SOON: Final = timedelta(days=14)
ANSWER_S: Final = 5.0


def check(case: Case) -> Iterator[Finding]:
    """Look at what the settings say of it; one that is off needs nothing."""
    web = case.settings.web
    if not web.enabled:
        yield GROUP.ok("page", "off ([web] enabled = false)")
        return
    if find_spec("aiohttp") is None:
        remedy = "install it: pip install 'bsm-station[web]', or say enabled = false in [web]"
        yield GROUP.failure("page", "the package aiohttp is not installed", remedy)
        return
    yield listening(web, runs=case.runs)
    yield password(case.state_dir)
    yield privacy(web)
    if web.certificate is not None:
        yield certificate(web.certificate, case.clock.now())
    if web.key is not None:
        yield key(web.key, case.user)


def listening(web: WebSettings, *, runs: bool) -> Finding:
    """The running station answers at the address; before it runs, nobody else has it."""
    name, told = "page", f"{web.host} port {web.port or 'of its choice'}"
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            if runs and not web.port:
                return GROUP.ok(name, f"at {told}; `station log --text web_started` tells which")
            if runs:
                probe.settimeout(ANSWER_S)
                probe.connect((_reachable(web.host), web.port))
                return GROUP.ok(name, f"answers at {told}")
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((web.host, web.port))
        except OSError as error:
            remedy = f"choose another host or port in [web]; `ss -ltnp sport = :{web.port}` shows who has this one"
            return GROUP.failure(name, f"{told} cannot be used: {error.strerror or error}", remedy)
    return GROUP.ok(name, f"{told} can be had")


def password(state_dir: Path) -> Finding:
    """Without one nobody can log in."""
    try:
        kept = AccessFile(state_dir).read()
    except StorageError as error:
        return GROUP.failure("password", str(error), "set it anew: station web password")
    if not kept.password:
        remedy = "set it: station web password; drivers see the page without"
        return GROUP.warning("password", "none is set, so no operator can log in", remedy)
    return GROUP.ok("password", "is set")


def privacy(web: WebSettings) -> Finding:
    """What an operator types is not to be read by others on the way."""
    if web.certificate is not None:
        return GROUP.ok("privacy", "over TLS")
    if ipaddress.ip_address(web.host).is_loopback:
        return GROUP.ok("privacy", f"{web.host}: this computer only")
    remedy = "name certificate and key in [web], or let a proxy with TLS stand in front and say host = 127.0.0.1"
    return GROUP.warning("privacy", f"{web.host} without TLS: passwords go over the network in the clear", remedy)


def certificate(file: Path, now: datetime) -> Finding:
    """What browsers are shown is valid, and for a while still."""
    name, remedy = "certificate", f"put a new one into {file} and its key beside it, and start the station anew"
    try:
        leaf = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        return GROUP.failure(name, f"{file} cannot be used: {error}", remedy)
    told = f"{leaf.subject.rfc4514_string() or file}, until {leaf.not_valid_after_utc:%Y-%m-%d}"
    if leaf.not_valid_after_utc < now:
        return GROUP.failure(name, f"{told}: it has ended", remedy)
    if leaf.not_valid_after_utc - now < SOON:
        return GROUP.warning(name, told, remedy)
    return GROUP.ok(name, told)


def key(file: Path, user: User) -> Finding:
    """The private key is the station's alone."""
    name = "private key"
    if obstacle(file, user) or not user.may(file.stat(), READ):
        return GROUP.failure(name, f"{file} cannot be read by {user.name}", f"chown {user.name} {file}")
    if file.stat().st_mode & stat.S_IROTH:
        remedy = f"chown {user.name} {file} && chmod 600 {file}"
        return GROUP.warning(name, f"{file} can be read by everybody here", remedy)
    return GROUP.ok(name, f"{file} is not for everybody")


def _reachable(host: str) -> str:
    """Return where a page that listens at all addresses is asked from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 nothing is bound to it
