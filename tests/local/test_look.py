"""An operator sees how the whole station stands, and never a secret."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from ocpp.v201.enums import InstallCertificateUseEnumType

from station import __version__
from station.core import variables as var
from station.core.documents import to_document
from station.core.events import FaultRaised
from station.core.faults import Fault
from station.local.look import memory_mib
from station.secret import Secret
from station.storage.outbox import Outbox
from tests.fakes import KEY, SERIAL
from tests.local.place import Place
from tests.pki.authority import Authority
from tests.settings.files import PASSWORD


async def test_the_station_says_who_it_is_and_how_it_stands(place: Place) -> None:
    place.csms.connected, place.csms.online, place.csms.last_failure = False, False, "the name csms is not known"
    place.crashes["reader-front"] = "/dev/ttyREADER is missing"
    async with place.open():
        view = place.look.station()
    assert (view.identity, view.vendor_name, view.model, view.version) == ("CS001", "Example", "Bench", __version__)
    assert (view.process_id, view.clock_trusted, view.card_test_allowed) == (os.getpid(), True, True)
    assert view.now >= view.started_at
    assert (view.csms.connected, view.csms.last_failure) == (False, "the name csms is not known")
    assert [outlet.outlet.evse_id for outlet in view.outlets] == [1, 2]
    assert view.crashes == {"reader-front": "/dev/ttyREADER is missing"}
    json.dumps(to_document(view))


async def test_an_operator_sees_what_runs_at_an_outlet(place: Place) -> None:
    async with place.open() as yard:
        transaction = await yard.charge()
        place.evses[2].post(FaultRaised(Fault.GROUND, "the controller says so"))
        await yard.until(lambda: place.evses[2].session.faults)
        first, second = place.look.station().outlets
    assert (first.plugged, first.pilot, first.authorized, first.metering) == (True, "C", True, "on")
    assert (first.transaction_id, first.charging_state, first.cable_rating_a) == (transaction, "Charging", 32)
    assert (second.faults, second.outlet.status, second.transaction_id) == (("ResidualCurrent",), "Faulted", "")


async def test_meters_and_lines_show_what_they_counted(place: Place) -> None:
    counted = place.lines["rs485"]._counted
    counted[42].frames, counted[42].timeouts, counted[43].frames = 10, 2, 7
    async with place.open():
        await asyncio.sleep(8)
        view = place.look.station()
    first, second = view.meters
    assert (first.serial, first.public_key, first.meter_firmware, first.known) == (SERIAL, KEY.hex(), "1.9", True)
    assert (first.line, first.unit, second.unit) == ("rs485", 42, 43)
    assert (first.counters["frames"], first.counters["timeouts"], second.counters["frames"]) == (10, 2, 7)
    [line] = view.lines
    assert (line.port, line.baud_rate, line.counters["frames"]) == ("/dev/ttyMETER", 19200, 17)
    assert first.reading_age_s is not None
    assert 0 <= first.reading_age_s < 10


async def test_the_queue_shows_what_waits_and_what_was_given_up_but_not_what_it_says(place: Place) -> None:
    outbox, now = Outbox(place.database), place.clock.now()
    body = json.dumps({"idToken": "04A1B2C3"})
    waiting = outbox.put("TransactionEvent", body, created_at=now, offline=False, transaction_id="tx", seq_no=3)
    dead = outbox.put("NotifyEvent", body, created_at=now, offline=False)
    outbox.bury(dead, 'FormationViolation: "idToken": "04A1B2C3"', now)
    async with place.open():
        csms = place.look.station().csms
        [queued], [letter] = place.look.queue(), place.look.dead_letters()
        assert (csms.queued, csms.dead_letters) == (1, 1)
    assert (queued.id, queued.kind, queued.transaction_id, queued.seq_no) == (waiting, "TransactionEvent", "tx", 3)
    assert letter.reason.startswith("FormationViolation")
    assert "04A1B2C3" not in json.dumps(to_document((queued, letter)))


async def test_an_error_about_a_proxy_is_shown_without_its_password(place: Place) -> None:
    place.csms.last_failure = "http://me:letmein@proxy:3128 refused"
    async with place.open():
        assert "letmein" not in place.look.station().csms.last_failure


async def test_variables_are_found_by_a_part_of_their_name(place: Place) -> None:
    async with place.open():
        [row] = place.look.variables("heartbeatINTERVAL")
        everything = place.look.variables()
        of_first = place.look.variables("EVSE#1.")
    assert (row.name, row.value, row.unit) == ("OCPPCommCtrlr.HeartbeatInterval", "300", "s")
    assert (row.mutability, row.data_type, row.values) == ("ReadWrite", "integer", ())
    assert {"EVSE#1.AvailabilityState", "EVSE#1.Power"} <= {row.name for row in of_first}
    assert all(row.evse_id == 1 for row in of_first)
    assert len(everything) == len(list(place.model))
    [listed] = [row for row in everything if row.name == "OCPPCommCtrlr.PublicKeyWithSignedMeterValue"]
    assert listed.values == ("Never", "OncePerTransaction", "EveryMeterValue")
    [default] = [row for row in everything if row.variable == "MessageTimeout[Default]"]
    assert default.component == "OCPPCommCtrlr"
    json.dumps(to_document(everything))


async def test_a_password_is_shown_to_nobody(place: Place) -> None:
    place.model.keep(var.BASIC_AUTH_PASSWORD, Secret(PASSWORD))
    async with place.open():
        [row] = place.look.variables("BasicAuthPassword")
        everything = json.dumps(to_document((place.look.station(), place.look.variables())))
    assert (row.value, row.mutability) == ("", "WriteOnly")
    assert PASSWORD not in everything


async def test_certificates_are_listed_with_their_time(place: Place) -> None:
    root = Authority("CSMS Root")
    place.parts.keys.inventory.add_root(InstallCertificateUseEnumType.csms_root_certificate, (root.certificate,))
    [view] = place.look.certificates()
    assert (view.use, view.subject, view.issuer) == (
        "CSMSRootCertificate",
        "O=CSO,CN=CSMS Root",
        "O=CSO,CN=CSMS Root",
    )
    assert view.not_before is not None
    assert view.not_after is not None
    assert view.not_before < view.not_after


async def test_why_is_answered_for_each_outlet_and_no_other(place: Place) -> None:
    async with place.open() as yard:
        await yard.charge()
        assert place.look.why(1).charging
        assert not place.look.why(2).charging
        first = place.look.why(2).first
        assert first is not None
        assert place.look.outlet(2).why_code == first.code
        with pytest.raises(KeyError):
            place.look.why(3)


def test_memory_is_told_where_the_kernel_tells_it(tmp_path: Path) -> None:
    mine = memory_mib()
    assert mine is not None
    assert 10 < mine < 2000
    assert memory_mib(tmp_path / "statm") is None
