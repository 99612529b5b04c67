"""From a plan to the text of a settings file: the shipped one, which explains every key, with other values."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from station.commands.init.draft import Draft, Section
from station.commands.init.plan import PARITIES, CsmsPlan, EvsePlan, LinePlan, Plan, ReaderPlan, WebPlan
from station.core.network import ENCRYPTED
from station.meter.lines import TCP

OF_SERIAL_LINES: Final = ("baud_rate", "parity")
TITLE: Final = "# Made by `station init`; it may be edited, and nothing else ever writes to it."


def compose(template: str, plan: Plan) -> str:
    """Return the settings; KeyError if the template lacks a key that they need."""
    draft = Draft(template)
    _put(draft.section("station"), _station(plan))
    _csms(draft.section("csms"), plan.csms)
    _lines(draft, plan.lines)
    _evses(draft, plan.evses, timezone=plan.timezone)
    _readers(draft, plan.readers)
    _web(draft.section("web"), plan.web)
    return f"{TITLE}\n{draft.text()}"


def _station(plan: Plan) -> dict[str, Any]:
    values: dict[str, Any] = {
        "identity": plan.identity,
        "vendor_name": plan.vendor_name,
        "model": plan.model,
        "state_dir": plan.state_dir,
        "trust_clock": plan.trust_clock,
    }
    return values | ({"serial_number": plan.serial_number} if plan.serial_number else {})


def _csms(section: Section, csms: CsmsPlan) -> None:
    _put(section, {"url": csms.url, "security_profile": csms.security_profile})
    if csms.security_profile:
        section.switch_off("allow_plain_without_password")
    if csms.password_file:
        section.set("password_file", csms.password_file)
    if csms.root_certificate:
        section.set("root_certificate", csms.root_certificate)
    elif csms.security_profile in ENCRYPTED:
        section.set("system_roots", True)


def _lines(draft: Draft, lines: Sequence[LinePlan]) -> None:
    """The lines of the template are examples: as many stay as are wanted, for their comments."""
    examples = [section for section in draft.sections if section.name == "line"]
    for surplus in examples[len(lines) :]:
        draft.sections.remove(surplus)
    kept = examples[: len(lines)]
    copies = [examples[0].copy() for _ in lines[len(kept) :]]
    draft.add_after(kept[-1], copies)
    for section, line in zip((*kept, *copies), lines, strict=True):
        _put(section, {"name": line.name, "port": line.port})
        if line.port.startswith(TCP):
            section.switch_off(*OF_SERIAL_LINES)
        else:
            _put(section, {"baud_rate": line.baud, "parity": PARITIES[line.parity]})


def _evses(draft: Draft, evses: Sequence[EvsePlan], *, timezone: str) -> None:
    first = draft.group("evse")
    copies = [[part.copy() for part in first if part.says_something] for _ in evses[1:]]
    draft.add_after(first[-1], [part for group in copies for part in group])
    for group, evse in zip((first, *copies), evses, strict=True):
        parts = {part.name: part for part in group}
        _put(parts["evse"], _evse(evse))
        meter = {"type": evse.meter.type, "line": evse.meter.line, "unit": evse.meter.unit, "timezone": timezone}
        _put(parts["evse.meter"], meter)
        controller = {"type": evse.controller.type, "line": evse.controller.line, "unit": evse.controller.unit}
        _put(parts["evse.controller"], controller | {"fixed_cable": evse.fixed_cable})


def _evse(evse: EvsePlan) -> dict[str, Any]:
    return {
        "id": evse.id,
        "evse_id": evse.name,
        "max_current_a": evse.max_current_a,
        "phases": evse.phases,
        "connector": evse.connector,
    }


def _readers(draft: Draft, readers: Sequence[ReaderPlan]) -> None:
    first = draft.section("reader")
    copies = [first.copy() for _ in readers[1:]]
    draft.add_after(first, copies)
    if not readers:
        first.switch_off()
    for section, reader in zip((first, *copies), readers, strict=False):
        values = {"name": reader.name, "type": reader.type, "port": reader.port, "baud_rate": reader.baud}
        _put(section, values | {"evses": reader.evses})


def _web(section: Section, web: WebPlan) -> None:
    _put(section, {"enabled": web.enabled, "host": web.host, "port": web.port, "language": web.language})
    if web.public_url:
        section.set("public_url", web.public_url)


def _put(section: Section, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        section.set(key, value)
