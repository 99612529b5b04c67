"""The power goes at every point between two things the station does: nothing is lost, doubled or left on.

Whole sessions are played again and again, each time one point further before the cut, with a cut of the daemon
alone and of everything, and with a second cut at every point of the recovery.
"""

import copy
import itertools
from collections.abc import Container, Iterable
from datetime import datetime
from pathlib import Path

import pytest
from ocpp.v201.enums import ReadingContextEnumType
from ocpp.v201.enums import TransactionEventEnumType as Event

from station.clock import SystemClock
from station.core.effects import StoredEffect
from station.core.events import StopCause, Timer
from station.core.policy import Policy, TxPoint
from station.core.records import RecordKind, SignedRecord
from station.core.reports import TransactionReport
from station.core.session import Metering, Session, idle
from station.storage.database import Database
from station.storage.journal import Journal
from station.storage.receipts import Receipts
from tests.fakes import FakeReceipt, FakeStore, reports_in
from tests.flows.sweep import (
    Act,
    Cut,
    Daemon,
    Fuse,
    PowerCutError,
    World,
    arrive,
    card,
    card_twice,
    depart,
    draw,
    expected_reason,
    expire,
    fault,
    is_awaited,
    judge,
    leave,
    play,
    plug,
    refuse_ends,
    remote_start,
    stop,
    unplug_vehicle,
)

BY_CARD, BY_REMOTE = stop(StopCause.CARD), stop(StopCause.REMOTE)
NO_CABLE, TOLD, COLLECTED = expire(Timer.EV_CONNECT), expire(Timer.SAMPLE), expire(Timer.ENDED_SAMPLE)
REFUSED = judge(accepted=False)
STORIES: dict[str, list[Act]] = {
    "stopped by card": [plug, card, draw, BY_CARD, leave],
    "card first, stopped by unplugging": [card, plug, draw, leave],
    "from afar": [plug, remote_start, draw, BY_REMOTE, leave],
    "stopped by a fault": [plug, card, draw, fault, leave],
    "stopped while the start is signed": [plug, card_twice, leave],
    "end signed at the second attempt": [plug, card, draw, refuse_ends(1), BY_CARD, leave],
    "end signed after Ended": [plug, card, draw, refuse_ends(4), BY_CARD, leave],
    "two drivers, one cable": [plug, card, draw, BY_CARD, card, BY_CARD, leave],
    "a card that waits for its cable": [card, plug, draw, BY_CARD, leave],
    "a card that waited in vain": [card, NO_CABLE, plug, leave],
}
POINTS = {
    "PowerPathClosed": frozenset({TxPoint.POWER_PATH_CLOSED}),
    "EVConnected": frozenset({TxPoint.EV_CONNECTED}),
    "Authorized": frozenset({TxPoint.AUTHORIZED}),
    "EnergyTransfer": frozenset({TxPoint.ENERGY_TRANSFER}),
}
BAY, PLUG, DRIVER = TxPoint.PARKING_BAY_OCCUPANCY, TxPoint.EV_CONNECTED, TxPoint.AUTHORIZED
RULES: dict[str, tuple[Policy, list[Act]]] = {
    "vehicle unplugged, cable let go": (Policy(), [plug, card, draw, unplug_vehicle, leave]),
    "vehicle unplugged, cable held for its owner": (
        Policy(unlock_on_ev_side_disconnect=False),
        [plug, card, draw, unplug_vehicle, BY_CARD, leave],
    ),
    "vehicle unplugged and plugged in again": (
        Policy(stop_on_ev_side_disconnect=False, stop_points=frozenset({DRIVER})),
        [plug, card, draw, unplug_vehicle, plug, draw, BY_CARD, leave],
    ),
    "vehicle unplugged for good": (
        Policy(stop_on_ev_side_disconnect=False, stop_points=frozenset({DRIVER})),
        [plug, card, draw, unplug_vehicle, leave],
    ),
    "refused by the CSMS": (Policy(), [plug, card, draw, REFUSED, BY_CARD, leave]),
    "refused, and no energy any more": (
        Policy(stop_on_invalid_id=False, max_energy_on_invalid_id_wh=0),
        [plug, card, draw, REFUSED, BY_CARD, leave],
    ),
    "ends with the vehicle's leaving": (
        Policy(start_points=frozenset({PLUG}), stop_points=frozenset({PLUG})),
        [plug, card, draw, BY_CARD, card, draw, BY_CARD, leave],
    ),
    "refused, and ends with the vehicle's leaving": (
        Policy(start_points=frozenset({PLUG}), stop_points=frozenset({PLUG})),
        [plug, card, draw, REFUSED, leave],
    ),
    "as long as the bay is taken": (
        Policy(start_points=frozenset({BAY}), stop_points=frozenset({BAY})),
        [arrive, plug, card, draw, BY_CARD, leave, depart],
    ),
    "begun by driving in, ended by driving off": (
        Policy(start_points=frozenset({BAY}), stop_points=frozenset({BAY, PLUG})),
        [arrive, card, plug, draw, leave, depart],
    ),
    "values kept for Ended": (
        Policy(ended_interval_s=60.0),
        [plug, card, draw, COLLECTED, COLLECTED, BY_CARD, leave],
    ),
    "signed values on the way": (
        Policy(sign_updated_readings=True),
        [plug, card, draw, TOLD, TOLD, BY_CARD, leave],
    ),
}
"""Paths that depend on what the CSMS has set."""


class JournalStore:
    """The real thing, in a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open()

    def load(self) -> Session:
        return self._journal.load(1)

    def commit(self, session: Session, effects: Iterable[StoredEffect], *, now: datetime) -> None:
        self._journal.commit(session, effects, now=now, offline=False)

    def reopen(self) -> None:
        self._database.close()
        self._open()

    def _open(self) -> None:
        self._database = Database.open(self._folder, SystemClock())
        self._journal = Journal(self._database)

    def close(self) -> None:
        self._database.close()

    def check_collected(self) -> None:
        """What was kept for Ended is in it, and nowhere else any more."""
        assert self._database.execute("SELECT count(*) FROM collected").fetchone() == (0,)

    @property
    def reports(self) -> list[TransactionReport]:
        return reports_in(self._database)

    @property
    def receipts(self) -> dict[str, FakeReceipt]:
        return {
            receipt.id: FakeReceipt(opened=1, closed=int(receipt.ended_at is not None), records=list(receipt.records))
            for receipt in Receipts(self._database).list()
        }


def points_in(policy: Policy, story: list[Act]) -> int:
    """Return how many points the story has without a cut, and check that it is right without one."""
    world, fuse = World(FakeStore(), policy), Fuse()
    check(world, start_and_play(world, story, fuse))
    return fuse.passed


def start_and_play(world: World, story: list[Act], fuse: Fuse) -> Daemon:
    daemon = Daemon(world, fuse)
    daemon.start()
    play(world, daemon, story)
    return daemon


def run_until_cut(world: World, story: list[Act], *, at: int) -> None:
    with pytest.raises(PowerCutError):
        start_and_play(world, story, Fuse(at))


def seen_before(world: World, seen: set[str], *, at: str) -> bool:
    """Tell whether a world was in all but its clock the same before, so that the same would come of it."""
    story = (world.store.load(), len(world.store.reports), world.meter, world.controller, world.refused_ends)
    looks = f"{at}: {story}"
    known = looks in seen
    seen.add(looks)
    return known


def recover(world: World, *, cut_at: int | None = None) -> Daemon | None:
    """Start again; return None if the power was cut a second time on the way."""
    daemon = Daemon(world, Fuse(cut_at))
    try:
        daemon.start()
    except PowerCutError:
        return None
    return daemon


def check_safe(world: World, daemon: Daemon) -> None:
    """Nothing is left on, and nobody is left who may charge."""
    assert not world.meter.output_on
    assert world.controller.offered_amps == 0
    assert daemon.session.metering is Metering.OFF
    assert daemon.session.authorization is None


def check_recovered(world: World, daemon: Daemon, before: Session) -> None:
    """Nothing of the time before the cut goes on, but the right of a driver who fetches the cable."""
    if not is_awaited(before):
        check_safe(world, daemon)


def check(world: World, daemon: Daemon) -> None:
    """Everything has come to its end: nothing is lost, nothing is doubled."""
    check_safe(world, daemon)
    assert idle(daemon.session)
    assert not daemon.session.faults
    assert daemon.session.owed is None
    assert world.store.load() == daemon.session
    for transaction_id in {report.transaction_id for report in world.store.reports}:
        check_told(world, [report for report in world.store.reports if report.transaction_id == transaction_id])
    billed = 0
    for receipt in world.store.receipts.values():
        begin, end = ends(receipt)
        assert (receipt.opened, receipt.closed) == (1, 1)
        assert (begin.kind, end.kind) == (RecordKind.TURN_ON, RecordKind.TURN_OFF)
        billed += end.session_energy_wh - begin.session_energy_wh
        assert end.energy_wh - begin.energy_wh == end.session_energy_wh
    assert billed == world.drawn_wh


def check_told(world: World, told: list[TransactionReport]) -> None:
    """Each number once and in order, Started first, Ended last, the signed values in it are those of the receipt."""
    assert [report.seq_no for report in told] == list(range(len(told)))
    events = [report.event for report in told]
    assert events == [Event.started, *[Event.updated] * (len(told) - 2), Event.ended]
    receipt = world.store.receipts.get(told[0].transaction_id, FakeReceipt())
    sent, kept = signed_in(told[-1], of=ENDS), [record.ocmf for record in ends(receipt)]
    assert sent == kept[: len(sent)]
    assert len(sent) == len(kept) or world.ends_were_refused
    assert {ocmf for report in told for ocmf in signed_in(report)} <= {record.ocmf for record in receipt.records}


ENDS = frozenset({ReadingContextEnumType.transaction_begin, ReadingContextEnumType.transaction_end})


def signed_in(
    report: TransactionReport, *, of: Container[ReadingContextEnumType] = frozenset(ReadingContextEnumType)
) -> list[bytes]:
    values = (value for sample in report.samples for value in sample.values if value.context in of)
    return [value.signed.ocmf for value in values if value.signed]


def ends(receipt: FakeReceipt) -> list[SignedRecord]:
    """Return what is billed from: neither of what was signed in between."""
    return [record for record in receipt.records if record.kind is not RecordKind.CURRENT]


def check_reason(world: World, open_before: tuple[str, str] | None) -> None:
    """What stood open when the power went says why it ended, unless nobody ever heard of it."""
    if open_before is None:
        return
    transaction_id, reason = open_before
    told = [report for report in world.store.reports if report.transaction_id == transaction_id]
    assert [report.stopped_reason for report in told[-1:]] == [reason] * bool(told)


def check_evidence(world: World) -> None:
    """A meter that kept its power kept its begins and ends: each one is stored, once."""
    stored = [record for receipt in world.store.receipts.values() for record in receipt.records]
    assert len(set(stored)) == len(stored)
    signed = [record for record in world.meter.signed if record in stored or record.kind is not RecordKind.CURRENT]
    assert sorted(stored, key=lambda record: record.pagination) == signed


GONE: list[Act] = [leave, depart, NO_CABLE]
AFTERWARDS: list[Act] = [*GONE, check, arrive, plug, card, draw, BY_CARD, *GONE]
"""Whatever happened, the vehicle leaves and the next one charges."""


def cut_anywhere(policy: Policy, story: list[Act]) -> None:
    """Play the story again and again, with a cut one point later each time."""
    seen = set[str]()
    for at in range(1, points_in(policy, story) + 1):
        for what in Cut:
            world = World(FakeStore(), policy)
            run_until_cut(world, story, at=at)
            if seen_before(world, seen, at=what):
                continue
            before = world.store.load()
            world.cut(what)
            daemon = recover(world)
            assert daemon is not None
            check_recovered(world, daemon, before)
            check_reason(world, expected_reason(before))
            play(world, daemon, AFTERWARDS)
            check(world, daemon)
            if what is Cut.DAEMON:
                check_evidence(world)


@pytest.mark.parametrize("points", POINTS)
@pytest.mark.parametrize("name", STORIES)
def test_a_cut_at_any_point(name: str, points: str) -> None:
    cut_anywhere(Policy(start_points=POINTS[points]), STORIES[name])


@pytest.mark.parametrize("name", RULES)
def test_a_cut_at_any_point_under_other_rules(name: str) -> None:
    cut_anywhere(*RULES[name])


@pytest.mark.parametrize("name", STORIES)
def test_a_second_cut_at_any_point_of_the_recovery(name: str) -> None:
    cut_twice(Policy(), STORIES[name])


@pytest.mark.parametrize("name", RULES)
def test_a_second_cut_under_other_rules(name: str) -> None:
    cut_twice(*RULES[name])


def cut_twice(policy: Policy, story: list[Act]) -> None:
    """Play the story with a cut at every point, and each time with another one at every point of the recovery."""
    seen = set[str]()
    for at in range(1, points_in(policy, story) + 1):
        cut_once = World(FakeStore(), policy)
        run_until_cut(cut_once, story, at=at)
        if seen_before(cut_once, seen, at="first cut"):
            continue
        before = cut_once.store.load()
        for first, second in itertools.product(Cut, Cut):
            for second_at in itertools.count(1):
                world = copy.deepcopy(cut_once)
                world.cut(first)
                if recover(world, cut_at=second_at) is not None:
                    break
                between = world.store.load()
                world.cut(second)
                if seen_before(world, seen, at=f"{first}, {second}"):
                    continue
                daemon = recover(world)
                assert daemon is not None
                check_recovered(world, daemon, between)
                check_reason(world, expected_reason(before))
                play(world, daemon, GONE)
                check(world, daemon)
                if first is second is Cut.DAEMON:
                    check_evidence(world)


@pytest.mark.parametrize("what", Cut)
@pytest.mark.parametrize("name", ["stopped by card", "values kept for Ended", "signed values on the way"])
def test_the_real_journal_survives_a_cut_at_any_point(name: str, what: Cut, tmp_path: Path) -> None:
    policy, story = RULES.get(name) or (Policy(), STORIES[name])
    for at in range(1, points_in(policy, story) + 1):
        store = JournalStore(tmp_path / str(at))
        world = World(store, policy)
        run_until_cut(world, story, at=at)
        before = store.load()
        world.cut(what)
        daemon = recover(world)
        assert daemon is not None
        check(world, daemon)
        check_reason(world, expected_reason(before))
        play(world, daemon, AFTERWARDS)
        check(world, daemon)
        store.check_collected()
        store.close()


def test_what_was_kept_for_ended_is_in_it_though_the_daemon_died_in_between(tmp_path: Path) -> None:
    store = JournalStore(tmp_path)
    world = World(store, Policy(ended_interval_s=60.0))
    play(world, start_and_play(world, [plug, card, draw, COLLECTED, COLLECTED], Fuse()), [])
    world.cut(Cut.DAEMON)
    assert recover(world) is not None
    ended = store.reports[-1]
    assert ended.event is Event.ended
    taken = [sample.values[0].context.value for sample in ended.samples]
    assert taken == ["Transaction.Begin", "Sample.Periodic", "Sample.Periodic", "Transaction.End"]
    assert len(signed_in(ended, of=ENDS)) == 2
    store.check_collected()
    store.close()
