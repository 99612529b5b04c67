"""A queue with its sender and session, and a CSMS at the other end that answers as it is told."""

import asyncio
import contextlib
import json

from ocpp.v201 import call

from station.ocpp.outbox import Attempts, OutboxSender
from station.ocpp.router import Router
from station.ocpp.rpc_errors import NotPermitted
from station.ocpp.session import RpcSession
from station.storage.outbox import Outbox
from tests.fakes_clock import START, FakeClock
from tests.ocpp.csms import talking

ACTION = "SecurityEventNotification"
TIMEOUT_S = 30.0


class Letters:
    """A postman whose messages show what is queued."""

    action = ACTION
    never_given_up = False

    def __init__(self):
        self.answers = []

    def encode(self, row, body):
        return call.SecurityEventNotification(
            type=f"{row.kind}-{body}", timestamp="2026-12-01T12:00:00Z", tech_info="offline" if row.offline else None
        )

    def answered(self, body, answer):
        self.answers.append(body)


class Alarms(Letters):
    """A postman who must not give up."""

    never_given_up = True


class Office:
    """A queue with its sender and session."""

    def __init__(self, database):
        self.store = Outbox(database)
        self.letters = Letters()
        self.mail = asyncio.Event()
        self.attempts = Attempts(limit=3, interval_s=60.0)
        self.silences = 0
        self.looks = 0
        self.may_send = True
        self.clock = FakeClock()
        self.session = RpcSession(Router(), timeout_s=lambda: TIMEOUT_S, outgoing_gate=self._gate)
        self.sender = self._build_sender()

    def restart(self, *, after_s):
        """Forget all that is not stored; the clock of the computer shows so much more than before."""
        self.clock.shift(after_s)
        self.sender = self._build_sender()

    def _build_sender(self):
        return OutboxSender(
            self.store,
            self.session,
            postmen={"event": self.letters, "other": self.letters, "alarm": Alarms()},
            attempts=lambda: self.attempts,
            mail=self.mail,
            now=self.clock.now,
            on_silent=self._fall_silent,
        )

    def _gate(self, action):
        if not self.may_send:
            raise NotPermitted(action)

    def _fall_silent(self):
        self.silences += 1

    def count_looks(self):
        """Count from now on how often somebody looks into the queue."""
        head, self.looks = self.store.head, 0

        def counted(*arguments, **options):
            self.looks += 1
            assert self.looks < 1000, "the sender runs hot"
            return head(*arguments, **options)

        self.store.head = counted

    def put(self, body, *, kind="event", transaction=None, offline=False):
        row = self.store.put(
            kind, json.dumps(body), created_at=START, offline=offline, transaction_id=transaction, seq_no=0
        )
        self.mail.set()
        return row

    @contextlib.asynccontextmanager
    async def connected(self, *, online=lambda: True):
        async with talking(self.session) as csms:
            sending = asyncio.create_task(self.sender.run(online))
            try:
                yield csms
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        self.sender.went_offline()


def arrived(csms):
    return [payload["type"] for payload in csms.of(ACTION)]


def seconds():
    return asyncio.get_running_loop().time()
