"""BSM-WS36A: records that are proven: text and snapshot both signed, new, and of one mind."""

from dataclasses import dataclass, replace

import structlog

from station.core.records import Metadata, RecordKind, SignedRecord
from station.errors import RecordInvalidError
from station.meter.bsm import metadata as bsm_metadata
from station.meter.bsm.agreement import differences
from station.meter.bsm.snapshots import ALIASES, Snapshots
from station.meter.codec import to_bytes
from station.meter.evidence.verdict import examine, signed_record
from station.meter.ocmf import Ocmf
from station.meter.port import MeterIdentity
from station.meter.signature import is_signed_by
from station.meter.snapshot import Snapshot, decode

log = structlog.get_logger("station.meter")


@dataclass(frozen=True, slots=True)
class Proven:
    """A record, and the snapshot that it was made from."""

    record: SignedRecord
    snapshot: Snapshot


class Records:
    """Takes and fetches the records of one meter; whatever it returns is proven.

    `likely` is the metadata that the meter probably signed. With the right guess it need not be read: the
    snapshot's signature, which goes over it, proves that the meter has exactly this.
    """

    def __init__(self, snapshots: Snapshots, *, name: str) -> None:
        self.counter = 0
        """RCnt of the newest record known; a new one must be beyond it."""
        self._snapshots = snapshots
        self._name = name

    async def take(self, kind: RecordKind, meter: MeterIdentity, *, likely: Metadata | None) -> Proven:
        """Have the meter sign a new record; RecordInvalidError if what it says is old or not to be trusted."""
        await self._snapshots.take(kind, counter=self.counter)
        proven = await self.fetch(kind, meter, likely=likely, beyond=self.counter)
        self.counter = proven.record.pagination
        log.info("record_taken", meter=self._name, kind=kind.value, pagination=self.counter)
        return proven

    async def fetch(
        self, kind: RecordKind, meter: MeterIdentity, *, likely: Metadata | None, beyond: int = -1
    ) -> Proven:
        """Return the record that is in the meter's blocks; its counter must be beyond `beyond`."""
        ocmf = await self._snapshots.text(kind)
        verdict = examine(ocmf, meter.public_key)
        text = verdict.record
        if text is None or not verdict.valid:
            raise self.invalid(ocmf, *(doubt.sentence for doubt in verdict.doubts))
        if text.pagination <= beyond:
            raise self.invalid(ocmf, f"it is an old one, its number {text.pagination} is not beyond {beyond}")
        if text.meter_serial != meter.serial:
            raise self.invalid(ocmf, f"it is of meter {text.meter_serial}, not of {meter.serial}")
        words = await self._signed_words(kind, meter.public_key, guesses=(likely, _named_in(text)))
        snapshot = _genuine(kind, meter.public_key, words)
        if snapshot is None:
            raise self.invalid(ocmf, "the signature of its snapshot does not fit")
        differing = differences(text, snapshot)
        if differing:
            raise self.invalid(ocmf, *differing)
        record = signed_record(verdict, ocmf, key=meter.public_key, kind=kind)
        return Proven(replace(record, snapshot=to_bytes(words)), snapshot)

    def invalid(self, ocmf: bytes, *reasons: str) -> RecordInvalidError:
        """Return the error for a record that cannot be used."""
        return RecordInvalidError(f"{self._name}: its record cannot be used: {'; '.join(reasons)}", ocmf=ocmf)

    async def _signed_words(self, kind: RecordKind, key: bytes, *, guesses: tuple[Metadata | None, ...]) -> list[int]:
        """Return the registers of a snapshot; its metadata is read only if no guess fits the signature."""
        head, tail = await self._snapshots.around_metadata(kind)
        for metadata in dict.fromkeys(guesses):
            words = head + _words(metadata) + tail
            if _genuine(kind, key, words):
                return words
        return head + await self._snapshots.metadata(kind) + tail


def _named_in(text: Ocmf) -> Metadata:
    """Return what an OCMF text says of the metadata: all that is not empty, from communication firmware 1.3 on."""
    return Metadata(text.id_data, text.meta2, text.meta3)


def _words(metadata: Metadata | None) -> list[int]:
    try:
        return bsm_metadata.words(metadata) if metadata else []
    except ValueError:  # a text that says more than the registers hold is not made from them
        return []


def _genuine(kind: RecordKind, key: bytes, words: list[int]) -> Snapshot | None:
    """Return what the registers say if they are a signed snapshot."""
    try:
        snapshot = decode(ALIASES[kind], words)
    except ValueError:
        return None
    return snapshot if is_signed_by(key, snapshot.signed, snapshot.signature) else None
