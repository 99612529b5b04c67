"""A second writer of OCMF, made from the description of the format and none of the station's code."""

import json
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SIGNER = ec.generate_private_key(ec.SECP256R1())
KEY = SIGNER.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def signature_of(message: bytes) -> bytes:
    return SIGNER.sign(message, ec.ECDSA(hashes.SHA256()))


def sealed(payload: bytes) -> bytes:
    """A payload with its signature, as the meter writes it."""
    section = '{"SA":"ECDSA-secp256r1-SHA256","SD":"' + signature_of(payload).hex() + '"}'
    return b"OCMF|" + payload + b"|" + section.encode()


@dataclass(frozen=True)
class Text:
    """The values of one record; the defaults are those of a begin."""

    serial: str = "001BZR1521070006"
    counter: int = 4276
    meta1: str = "contract-id: rfid:12345678abcdef"
    meta2: str = "evse-id: DE*BDO*E8025334492*2"
    meta3: str = "csc-sw-version: v1.2.34"
    assigned: bool = True
    time: str = "2022-07-08T10:00:28,000+0200 S"
    transaction: str = "B"
    kind: int | None = 1
    session_wh: int = 0
    total_wh: int = 99840
    in_kwh: bool = True
    obis: str = "1-0:1.8.0*198"
    flags: str = ""
    status: str = "G"
    firmware: str = "1.9:32CA:AFF4, 01d484f"

    @property
    def payload(self) -> bytes:
        extra = [f'"X{n}":{_quoted(text)},' for n, text in ((2, self.meta2), (3, self.meta3)) if text]
        kind = "" if self.kind is None else f'"XT":{self.kind},'
        unit = "kWh" if self.in_kwh else "Wh"
        return (
            f'{{"FV":"1.0","GI":"BAUER Electronic BSM-WS36A-H01-1311-0000","GS":"{self.serial}",'
            f'"GV":"{self.firmware}","PG":"T{self.counter}","MV":"BAUER Electronic",'
            f'"MM":"BSM-WS36A-H01-1311-0000","MS":"{self.serial}","IS":{str(self.assigned).lower()},'
            f'"IT":"UNDEFINED","ID":{_quoted(self.meta1)},{"".join(extra)}"RD":[{{"TM":"{self.time}",'
            f'"TX":"{self.transaction}","RV":{self._energy(self.session_wh)},"RI":"{self.obis}","RU":"{unit}",'
            f'"XV":{self._energy(self.total_wh)},"XI":"1-0:1.8.0*255","XU":"{unit}",{kind}"RT":"AC",'
            f'"EF":"{self.flags}","ST":"{self.status}"}}]}}'
        ).encode()

    @property
    def ocmf(self) -> bytes:
        return sealed(self.payload)

    def _energy(self, watt_hours: int) -> str:
        return f"{watt_hours // 1000}.{watt_hours % 1000 // 10:02}" if self.in_kwh else str(watt_hours)


END_VALUES = {
    "counter": 4277,
    "time": "2022-07-08T10:05:52,000+0200 S",
    "transaction": "E",
    "kind": 2,
    "session_wh": 150,
    "total_wh": 100000,
}
"""What an end has that fits the default begin."""


def _quoted(text: str) -> str:
    return json.dumps(text).replace("|", "\\u007c")
