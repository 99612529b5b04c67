"""How every play ends: all is repaired, everybody leaves, everything is told, and the next drivers charge."""

import asyncio
from collections.abc import Callable, Iterator

from simulators.mock_csms.transactions import Transaction
from simulators.mock_csms.verify import RESOLUTION_WH, Verdict
from station.core.records import RecordKind
from station.storage.outbox import Outbox
from station.storage.receipts import Receipt, Receipts
from tests.flows.house import is_whole, until
from tests.flows.machine import wishes
from tests.flows.machine.checks import Excuses, is_marked
from tests.flows.machine.site import ANNA, BERT, CARDS, EVSES, Site
from tests.flows.machine.watch import Watch
from tests.flows.machine.wishes import for_a_while

SETTLED_S = 30.0
"""By then what was repaired has been looked at again."""
CABLE_S = 65.0
"""After that nobody is waited for any more who may charge and brought no cable."""
PATIENCE_S = 1500.0
"""What was lost is asked for every minute; a CSMS that was away is dialled within a few."""
NEXT = dict(zip(EVSES, (ANNA, BERT), strict=True))


class Ending:
    def __init__(self, site: Site, watch: Watch, excuses: Excuses) -> None:
        self._site, self._watch, self._excuses = site, watch, excuses
        self._next: dict[int, str] = {}

    async def play(self) -> None:
        await self._repair()
        await self._empty()
        await self._comes(self._free, "connectors Available")
        await self._comes(self._told, "an empty outbox")

    async def check(self) -> None:
        """Raise for everything that did not come right; then have somebody charge."""
        found = list(self._problems())
        if found:
            raise AssertionError("\n".join(found))
        for number, card in NEXT.items():
            await self._charge(number, card)

    async def _repair(self) -> None:
        site = self._site
        for number in EVSES:
            site.repair(number)
        for action in list(site.seen.overrides.rows()):
            site.csms.reset_override(site.seen.id, action)
        for card, info in CARDS.items():
            site.csms.tokens.put(card, info)
        if not site.up:
            await site.start(wait=False)
        await self._comes(lambda: site.seen.connected and site.seen.registration == "Accepted", "the station")
        await asyncio.sleep(SETTLED_S)
        await wishes.put_right(site)

    async def _empty(self) -> None:
        """Everybody leaves; a plug that is held for somebody who is gone is let go by the operator."""
        site = self._site
        for number in EVSES:
            site.outlet(number).set_vehicle(wants_power=True)
            site.outlet(number).unplug()
            site.outlet(number).occupy_bay(False)
        await for_a_while(lambda: not any(map(site.running, EVSES)), seconds=60)
        for number in EVSES:
            if transaction := site.running(number):
                await site.ask("RequestStopTransaction", transactionId=transaction)
        await for_a_while(lambda: not any(map(site.running, EVSES)), seconds=60)
        for number in EVSES:
            await site.ask("UnlockConnector", evseId=number, connectorId=1)
        await asyncio.sleep(CABLE_S)

    def _free(self) -> bool:
        return all(self._site.seen.connectors.get((number, 1)) == "Available" for number in EVSES)

    def _told(self) -> bool:
        with self._site.stored() as database:
            return Outbox(database).size() == 0

    async def _comes(self, wanted: Callable[[], bool], what: str) -> None:
        try:
            await until(wanted, what, seconds=PATIENCE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self._site.seen.connectors} {list(self._site.seen.faults)}") from None

    def _problems(self) -> Iterator[str]:
        site = self._site
        with site.stored() as database:
            receipts = {receipt.id: receipt for receipt in Receipts(database).list()}
        for transaction in site.seen.transactions.values():
            receipt = receipts.get(transaction.id)
            yield from (f"transaction {transaction.id} {problem}" for problem in self._missing(transaction, receipt))
        for receipt in receipts.values():
            kinds = [record.kind for record in receipt.records if record.kind is not RecordKind.CURRENT]
            if kinds != [RecordKind.TURN_ON, RecordKind.TURN_OFF] or receipt.ended_at is None:
                yield f"receipt {receipt.id} of EVSE {receipt.evse_id} has {kinds}, ended at {receipt.ended_at}"
            if receipt.id not in site.seen.transactions and _billed_wh(receipt) > RESOLUTION_WH:
                yield f"receipt {receipt.id} was never told"
        yield from self._energy(receipts)
        for number in EVSES:
            if site.seen.faults:
                yield f"EVSE {number}: {list(site.seen.faults)} though everything is repaired"

    def _missing(self, transaction: Transaction, receipt: Receipt | None) -> Iterator[str]:
        if not transaction.complete:
            yield f"is not complete: {[(event.seq_no, event.type) for event in transaction.events]}"
        if receipt is None or self._excuses.unsigned:
            return
        values = {"begin": transaction.begin, "end": transaction.end}
        for name, value in values.items():
            if value is None:
                if name == "begin" or not is_marked(self._site, transaction.id):
                    yield f"has no signed {name}"
            elif value.verdict is not Verdict.VALID:
                yield f"has a signed {name} that is {value.verdict}"

    def _energy(self, receipts: dict[str, Receipt]) -> Iterator[str]:
        """What the meters counted is what was billed; their registers show steps of 10 Wh."""
        for number in EVSES:
            mine = [receipt for receipt in receipts.values() if receipt.evse_id == number]
            billed_wh = sum(map(_billed_wh, mine))
            drawn_wh = self._site.drawn_wh(number)
            if abs(drawn_wh - billed_wh) > RESOLUTION_WH * (len(mine) + 1):
                yield f"EVSE {number}: {drawn_wh:.0f} Wh were drawn, {billed_wh} Wh are on receipts"

    async def _charge(self, number: int, card: str) -> None:
        site = self._site
        known = set(site.seen.transactions)
        site.outlet(number).plug()
        await asyncio.sleep(2)
        site.swipe(card)
        await until(lambda: site.bench.state()["evses"][number - 1]["power_w"] > 0, f"power at EVSE {number}")
        await asyncio.sleep(20)
        site.swipe(card)
        await until(lambda: bool(set(site.seen.transactions) - known), "the last session")
        [transaction_id] = set(site.seen.transactions) - known
        transaction = site.transaction(transaction_id)
        await until(lambda: transaction.ended, "the end of the last session")
        assert self._excuses.unsigned or is_whole(transaction), transaction.problems
        site.outlet(number).unplug()
        await until(lambda: site.seen.connectors[number, 1] == "Available", "an empty outlet")


def _billed_wh(receipt: Receipt) -> int:
    begin = next((record for record in receipt.records if record.kind is RecordKind.TURN_ON), None)
    end = next((record for record in receipt.records if record.kind is RecordKind.TURN_OFF), None)
    return end.energy_wh - begin.energy_wh if begin and end else 0
