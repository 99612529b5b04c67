"""From devices that were found and answers to a plan."""

import platform
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from station.commands.init.asking import Answers
from station.commands.init.pairs import Pair
from station.commands.init.plan import CsmsPlan, EvsePlan, LinePlan, Plan, ReaderPlan, WebPlan
from station.core.network import ENCRYPTED, WITH_PASSWORD
from station.settings.sections import IDENTITY, IDENTITY_ALLOWED, IDENTITY_LENGTH

SYSTEM_FOLDER: Final = Path("/etc/station")
SYSTEM_STATE: Final = "/var/lib/station"
OWN_STATE: Final = "state"
PASSWORD_FILE: Final = "csms-password"  # noqa: S105 its name
CURRENTS: Final = range(6, 64)
USUAL_CURRENT: Final = "16"
SOCKET, FIXED = "socket", "fixed"
READER_TYPE: Final = "serial-line"
READER_BAUD: Final = 9600
WEB_PORT: Final = "8080"


def interview(answers: Answers, pairs: Sequence[Pair], lines: Mapping[str, LinePlan], *, folder: Path) -> Plan:
    """Ask for everything that the devices do not tell; StationError for an option that cannot be taken."""
    identity = answers.text("identity", "identity, as the CSMS knows the station", default=_host(), check=_identity)
    return Plan(
        identity=identity,
        vendor_name=answers.text("vendor", "vendor, as the CSMS is told", default="bsm-station", check=_most(50)),
        model=answers.text("model", "model, as the CSMS is told", default="BSM-WS36A", check=_most(20)),
        serial_number=answers.option("serial_number", ""),
        state_dir=answers.option("state_dir", SYSTEM_STATE if folder == SYSTEM_FOLDER else OWN_STATE),
        trust_clock=answers.switch("trust_clock"),
        timezone=answers.option("timezone", "system"),
        csms=_csms(answers),
        lines=tuple(lines.values()),
        evses=tuple(_evse(answers, number, pair, identity) for number, pair in enumerate(pairs, 1)),
        readers=tuple(_readers(answers, len(pairs))),
        web=_web(answers),
    )


def _csms(answers: Answers) -> CsmsPlan:
    url = answers.text("csms_url", "address of the CSMS, ws:// or wss://, without the identity", check=_url)
    usual = "2" if url.startswith("wss:") else "1"
    told = "security profile: 1 password, 2 TLS and password, 3 TLS and certificate"
    profile = int(answers.text("security_profile", told, default=usual, check=_profile(url)))
    return CsmsPlan(
        url=url,
        security_profile=profile,
        password_file=PASSWORD_FILE if profile in WITH_PASSWORD else "",
        root_certificate=answers.option("root_certificate", "") if profile in ENCRYPTED else "",
    )


def _evse(answers: Answers, number: int, pair: Pair, identity: str) -> EvsePlan:
    name = answers.each("evse_id", number, "public name", default=f"{identity}*{number}", check=_most(48))
    told = "largest current that fuse, cable and contactor carry, in ampere"
    amps = answers.each("max_current", number, told, default=USUAL_CURRENT, check=_current)
    usual = SOCKET if pair.locks else FIXED
    cable = answers.each("cable", number, f"{SOCKET} or {FIXED} cable", default=usual, check=_cable(pair))
    return EvsePlan(
        id=number,
        name=name,
        max_current_a=int(amps),
        phases=int(answers.option("phases", "3")),
        fixed_cable=cable == FIXED,
        meter=pair.meter,
        controller=pair.controller,
    )


def _readers(answers: Answers, evses: int) -> list[ReaderPlan]:
    ports = answers.given("reader")
    if not ports:
        told = "serial port of the card reader (empty: there is none)"
        port = answers.text("reader_port", told, default="", check=_port)
        ports = [port] if port else []
    kind, baud = answers.option("reader_type", READER_TYPE), int(answers.option("reader_baud", str(READER_BAUD)))
    everywhere = ",".join(str(number) for number in range(1, evses + 1))
    readers = []
    for number, text in enumerate(ports, 1):
        port, _, which = text.partition("=")
        ids = re.findall(r"\d+", which or everywhere)
        name = "reader" if len(ports) == 1 else f"reader-{number}"
        readers.append(ReaderPlan(name, kind, str(Path(port).absolute()), baud, tuple(map(int, ids))))
    return readers


def _web(answers: Answers) -> WebPlan:
    enabled = answers.flag("web", "status page for drivers and operators", default=False)
    return WebPlan(
        enabled=enabled,
        host=answers.option("web_host", "127.0.0.1"),
        port=int(answers.option("web_port", WEB_PORT)),
        public_url=answers.option("public_url", ""),
        language=answers.option("language", "en"),
    )


def _host() -> str | None:
    """Return this computer's name, as far as it can be an identity."""
    name = re.sub(r"[^A-Za-z0-9-]", "-", platform.node().partition(".")[0])[:IDENTITY_LENGTH]
    return name or None


def _identity(answer: str) -> str:
    if 0 < len(answer) <= IDENTITY_LENGTH and re.fullmatch(IDENTITY, answer):
        return ""
    return f"1 to {IDENTITY_LENGTH} characters; {IDENTITY_ALLOWED}"


def _url(answer: str) -> str:
    try:
        parts = urlsplit(answer)
        good = parts.scheme in ("ws", "wss") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    return "" if good else "write ws://host:port/path or wss://host:port/path"


def _profile(url: str) -> Callable[[str], str]:
    allowed = ("2", "3") if url.startswith("wss:") else ("0", "1")

    def check(answer: str) -> str:
        return "" if answer in allowed else f"with this address {' or '.join(allowed)} is possible"

    return check


def _current(answer: str) -> str:
    good = answer.isdecimal() and int(answer) in CURRENTS
    return "" if good else f"write {CURRENTS.start} to {CURRENTS.stop - 1}"


def _port(answer: str) -> str:
    return "" if not answer or Path(answer).is_absolute() else "write its path, such as /dev/ttyACM0, or nothing"


def _cable(pair: Pair) -> Callable[[str], str]:
    def check(answer: str) -> str:
        if answer == SOCKET and not pair.locks:
            return f"{pair.controller.type} locks no plug, so only a {FIXED} cable will do"
        return "" if answer in (SOCKET, FIXED) else f"write {SOCKET} or {FIXED}"

    return check


def _most(longest: int) -> Callable[[str], str]:
    def check(answer: str) -> str:
        good = 0 < len(answer) <= longest and answer.isascii() and answer.isprintable()
        return "" if good else f"1 to {longest} printable characters are allowed"

    return check
