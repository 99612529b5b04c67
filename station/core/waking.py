"""Waking up: what the meter holds from before is dealt with before anything new is begun."""

from station.core import effects as do
from station.core import events as on
from station.core.faults import OF_INPUTS, Fault
from station.core.records import LeftOver, SignedRecord
from station.core.session import Metering, Transaction
from station.core.signing import end_signed, keep_begin, keep_end
from station.core.work import POWER_LOSS, Work, await_cable, clear_fault, is_new, raise_fault, settle_faults, stop


def wake(work: Work, woken: on.Woken) -> None:
    """The meter is the truth: adopt what it signed before the power went, and end what was open."""
    left = woken.left_over
    lasting = {Fault.END, Fault.UNFIT} if left else {Fault.END, woken.fault}
    # What inputs told stays until they say otherwise: nobody shall begin in between.
    for fault in sorted(work.session.faults - lasting - OF_INPUTS):
        clear_fault(work, fault)
    work.set(awake=left is not None, letter="", offered_amps=0.0, blocked=False, held_for=None)
    work.set_transaction(keep_locked=False, released=False)  # no plug is held beyond a power loss
    work.do(do.Withhold())
    settle_faults(work)
    _keep_waiting(work, clock_trusted=woken.clock_trusted)
    if left is None:
        raise_fault(work, woken.fault, woken.problem)
    else:
        _forget_other_meter(work, left)
    transaction = work.transaction
    if transaction is None:
        _wake_without_transaction(work, left)
        _note_counter(work, left)
    elif left is not None or transaction.started or transaction.begin:
        _end_what_was_open(work, transaction, left)
    else:
        # Whether the start was signed is known when the meter answers (MeterFound).
        work.set_transaction(stop=transaction.stop or POWER_LOSS)


def _keep_waiting(work: Work, *, clock_trusted: bool) -> None:
    """A driver who was fetching the cable when the power went still has the rest of his time (C01.FR.26).

    Not where the meter is silent: nothing begins there, and what does when it answers must not be on his account.
    Nor where nobody knows how long the power was away.
    """
    session, left_s = work.session, 0.0
    if session.transaction is None and session.authorized_at is not None and clock_trusted:
        passed_s = (work.moment.now - session.authorized_at).total_seconds()
        left_s = work.policy.ev_connection_timeout_s - passed_s if passed_s >= 0 else 0.0
    if left_s > 0 and not session.plugged and session.awake:
        await_cable(work, left_s)
    else:
        work.set(authorization=None, authorized_at=None)


def meter_found(work: Work, left: LeftOver) -> None:
    work.set(awake=True)
    clear_fault(work, Fault.METER)
    clear_fault(work, Fault.CHANGED)
    _forget_other_meter(work, left)
    transaction = work.transaction
    if transaction is None:
        if work.session.owed is None:
            work.do(do.ReleaseOutput())
        _note_counter(work, left)
    elif work.session.metering is Metering.STARTING:
        _end_what_was_open(work, transaction, left)


def _note_counter(work: Work, left: LeftOver | None) -> None:
    """Nothing is open, so whatever the meter holds now belongs to no transaction to come; new evidence is kept."""
    if left is not None and work.session.owed is None:
        for record in (left.begin, left.end):
            if record is not None and work.session.last_serial == left.meter_serial and is_new(work, record):
                work.do(do.SetAside(record, "signed for a transaction that had to end before the meter answered"))
        work.set(last_pagination=left.counter, last_serial=left.meter_serial)


def _forget_other_meter(work: Work, left: LeftOver) -> None:
    """Give up the end that only a meter could sign which is not there any more; an operator confirmed the new one."""
    session, transaction = work.session, work.transaction
    begin = transaction.begin if transaction else None
    if session.owed is not None and session.owed_by not in ("", left.meter_serial):
        work.do(do.StopTimer(on.Timer.RETRY))
        work.set(owed=None, owed_by="", owed_key_told=False)
        clear_fault(work, Fault.END)
    if begin is not None and begin.meter_serial != left.meter_serial:
        raise_fault(work, Fault.END, f"meter {begin.meter_serial} began, meter {left.meter_serial} is there now")
        clear_fault(work, Fault.END)
        work.set(metering=Metering.OFF)
        stop(work, POWER_LOSS)
        work.do(do.ReleaseOutput())


def _wake_without_transaction(work: Work, left: LeftOver | None) -> None:
    work.do(do.Unlock())
    if work.session.owed is None:
        work.do(do.ReleaseOutput())
    elif end := _end_from_before(work, left):
        end_signed(work, on.EndSigned(end))
    else:
        work.do(do.TurnOff(work.session.owed))


def _end_what_was_open(work: Work, transaction: Transaction, left: LeftOver | None) -> None:
    if left and transaction.begin and transaction.begin.meter_serial != left.meter_serial:
        return
    if transaction.over and work.session.metering is Metering.OFF:
        stop(work, POWER_LOSS)  # its end is signed
        work.do(do.ReleaseOutput())
        return
    if left and left.begin and transaction.begin is None and is_new(work, left.begin):
        keep_begin(work, left.begin)
    work.set_transaction(stop=transaction.stop or POWER_LOSS)
    assert work.transaction is not None
    if work.transaction.begin is None:
        work.set(metering=Metering.OFF)
        work.do(do.ReleaseOutput())
    elif end := _end_from_before(work, left):
        keep_end(work, end)
    else:
        work.set(metering=Metering.ON)


def _end_from_before(work: Work, left: LeftOver | None) -> SignedRecord | None:
    """Return the end that was signed but not stored; one taken now would say the same, a counter later."""
    if left is None or left.end is None or left.output_on or not is_new(work, left.end):
        return None
    begin = work.transaction.begin if work.transaction else None
    follows = begin is None or (
        left.end.meter_serial == begin.meter_serial
        and left.end.pagination > begin.pagination
        and left.end.energy_wh >= begin.energy_wh
    )
    return left.end if follows else None
