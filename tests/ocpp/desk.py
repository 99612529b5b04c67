"""A yard with its authorization, what it knows about tokens in a dict, readers and a display that is read."""

import asyncio
import contextlib
import json
from dataclasses import replace

from ocpp.v201.enums import AuthorizationStatusEnumType

from station.core.authorization import Rules
from station.core.presented import Choose
from station.core.tokens import IdToken, Source, TokenInfo
from station.errors import PortError
from station.hardware.ports import CardRead, Selection
from station.ocpp.blocks.authorization import Authority
from station.ocpp.presenting import Presenting, Reach
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.ocpp.yard import ANNA, Yard

CABLE_TIMEOUT_S = 60.0
EFFECT_S = 2.0
"""Until everything that follows from something has been done, on the slowest machine."""


class Reader:
    """A card reader whose cards the test holds to it."""

    def __init__(self):
        self._cards = asyncio.Queue()

    def tap(self, token):
        self._cards.put_nowait(CardRead(token.value, token.type))

    def select(self, evse_id):
        self._cards.put_nowait(Selection(evse_id))

    def break_down(self):
        self._cards.put_nowait(None)

    async def cards(self):
        while card := await self._cards.get():
            yield card
        raise PortError("the reader is gone")


class Notices:
    """A display that remembers what it was told to show."""

    def __init__(self):
        self.shown = []

    def show(self, notice):
        self.shown.append(notice)

    @property
    def kinds(self):
        return [notice.notice for notice in self.shown]


class Desk:
    """Where drivers present themselves: one reader for all EVSEs."""

    def __init__(self, yard):
        self.yard = yard
        self.known = {}
        self.rules = Rules()
        self.online = True
        self.closed = None
        self.display = Notices()
        self.reader = Reader()
        self.session = RpcSession(Router(), timeout_s=lambda: 30.0)
        self.authorization = Authority(self.session, known=self, rules=lambda: self.rules, online=lambda: self.online)
        self.presenting = Presenting(
            yard.evses,
            self.authorization,
            closed=lambda: self.closed,
            cable_timeout_s=lambda: CABLE_TIMEOUT_S,
            display=self.display,
        )

    # What the station knows

    def get(self, token):
        return self.known.get(token)

    def learn(self, token, info):
        self.known[token] = replace(info, source=Source.CACHE)

    def rule(self, **rules):
        self.rules = replace(self.rules, **rules)

    # What drivers do

    def reach(self, **changes):
        return replace(Reach(tuple(self.yard.evses)), **changes)

    async def tap(self, token=ANNA, **reach):
        """Present a token, and wait until it has had its effect."""
        await self.presenting.presented(token, self.reach(**reach))
        await asyncio.sleep(EFFECT_S)

    def tap_and_go_on(self, token=ANNA, **reach):
        return asyncio.create_task(self.tap(token, **reach), name="tap")

    def select(self, evse_id):
        self.presenting.chosen(evse_id, self.reach())

    @contextlib.asynccontextmanager
    async def serving(self, *, choose=Choose.NEWEST_PLUG, evse_ids=None, reader=None):
        """Let the station take what the reader yields, for the length of the block."""
        reach = self.reach(choose=choose, **({"evse_ids": evse_ids} if evse_ids else {}))
        serving = asyncio.create_task(self.presenting.serve(reader or self.reader, reach), name="reader")
        try:
            yield
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    # What came of it

    def authorized(self, evse_id=1):
        authorization = self.yard.evses[evse_id].session.authorization
        return authorization and authorization.token

    def transaction(self, evse_id=1):
        return self.yard.evses[evse_id].session.transaction


def answer(status="Accepted", **info):
    return {"idTokenInfo": {"status": status, **info}}


def reply_late(csms, action, payload):
    """Answer the request of this action that got silence."""
    [message_id] = [frame[1] for frame in map(json.loads, csms.wire.sent) if frame[2] == action]
    csms.wire.say([3, message_id, payload])


@contextlib.asynccontextmanager
async def open_desk(folder, evses=1, **policy):
    """Run a yard with a desk for the length of the block."""
    yard = Yard(folder, evses=evses, **policy)
    async with yard.open():
        yield Desk(yard)


CARLA = IdToken("04CCCCCC", "ISO14443")
FLEET = IdToken("fleet", "Central")
ACCEPTED = TokenInfo(AuthorizationStatusEnumType.accepted, source=Source.CACHE)
OF_FLEET = replace(ACCEPTED, group=FLEET)
FLEET_ANSWER = answer(groupIdToken={"idToken": "fleet", "type": "Central"})
POLICE_ANSWER = answer(groupIdToken={"idToken": "Police", "type": "Central"})
