"""What a meter signs: snapshots and OCMF texts out of registers, with a key of its own."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from station.core.records import RecordKind
from station.meter.codec import Block, Value, encode
from station.meter.registers import MODELS
from station.meter.snapshot import hash_input

MAKER, MODEL = "BAUER Electronic", "BSM-WS36A-H01-1311-0000"
TRANSACTION = {RecordKind.CURRENT: "C", RecordKind.TURN_ON: "B", RecordKind.START: "B"}


class Signer:
    """A P-256 key that signs as the meter does."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    def snapshot(self, values: Mapping[str, Value], *, broken: bool = False) -> list[int]:
        """Return the payload of a snapshot block; with a signature over something else if `broken`."""
        model = MODELS["scs"]
        rows = list(model.points.values())[2:]
        values = {**values, "NSig": 48, "BSig": 0, "Sig": b""}
        words = [word for point in rows for word in encode(point, values[point.name])]
        signature = self.sign(hash_input(Block(model, model.payload, words)) + b"!" * broken)
        values |= {"BSig": len(signature), "Sig": signature}
        return [word for point in rows for word in encode(point, values[point.name])]

    def ocmf(
        self, values: Mapping[str, Value], *, edits: Mapping[str, str], flag: str, old: bool, broken: bool
    ) -> str:
        """Return the text that belongs to a snapshot's values.

        `edits` are made before it is signed; `old`: firmware before 1.3; `broken`: changed after it was signed.
        """
        payload = _payload(values, flag=flag, old=old)
        for before, after in edits.items():
            assert before in payload, f"{before} not in {payload}"
            payload = payload.replace(before, after)
        signature = self.sign(payload.encode()).hex()
        if broken:
            payload = payload.replace('"FV":"1.0"', '"FV":"1.1"')
        return f'OCMF|{payload}|{{"SA":"ECDSA-secp256r1-SHA256","SD":"{signature}"}}'


def _payload(values: Mapping[str, Value], *, flag: str, old: bool) -> str:
    kind = list(RecordKind)[_number(values, "Typ")]
    serial, meta1 = values["MA1"], values["Meta1"]
    extra = "" if old else "".join(f'"X{i}":"{text}",' for i in (2, 3) if (text := values[f"Meta{i}"]))
    health = '"EF":"Et","ST":"E"' if values["Evt"] else '"EF":"","ST":"G"'
    unit = "Wh" if old else "kWh"
    return (
        f'{{"FV":"1.0","GI":"{MAKER} {MODEL}","GS":"{serial}","GV":"1.9:32CA:AFF4, 01d484f",'
        f'"PG":"T{values["RCnt"]}","MV":"{MAKER}","MM":"{MODEL}","MS":"{serial}",'
        f'"IS":{"true" if meta1 else "false"},"IT":"UNDEFINED","ID":"{meta1}",{extra}'
        f'"RD":[{{"TM":"{_time(values, flag)}","TX":"{TRANSACTION.get(kind, "E")}",'
        f'"RV":{_energy(values, "RCR", old)},"RI":"1-0:1.8.0*198","RU":"{unit}",'
        f'"XV":{_energy(values, "TotWhImp", old)},"XI":"1-0:1.8.0*255","XU":"{unit}",'
        f'"XT":{values["Typ"]},"RT":"AC",{health}}}]}}'
    )


def _energy(values: Mapping[str, Value], name: str, old: bool) -> str:
    wh = _number(values, name) * 10 ** _number(values, "Wh_SF")
    return str(wh) if old else f"{wh // 1000}.{wh % 1000 // 10:02}"


def _time(values: Mapping[str, Value], flag: str) -> str:
    if values["Epoch"] is None:
        return "1970-01-01T00:00:00,000+0000 U"
    zone = timezone(timedelta(minutes=_number(values, "TZO")))
    local = datetime.fromtimestamp(_number(values, "Epoch"), zone)
    return local.strftime(f"%Y-%m-%dT%H:%M:%S,000%z {flag}")


def _number(values: Mapping[str, Value], name: str) -> int:
    value = values[name]
    assert isinstance(value, int)
    return value
