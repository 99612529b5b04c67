"""Key and counters in a state folder that somebody has spoilt."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from simulators.bench.errors import BenchError
from simulators.bench.meter.memory import Memory

SERIAL = "001BZR1521070101"


def memory(folder: Path) -> Memory:
    return Memory(folder, serial=SERIAL, energy_wh=7.5)


def test_counters_come_back_with_their_hidden_digits(tmp_path: Path) -> None:
    first = memory(tmp_path)
    assert not first.woke_up
    first.kept.count(0.123)
    first.kept.response_counter = 41
    first.save()
    second = memory(tmp_path)
    assert second.woke_up
    assert second.kept == first.kept
    assert second.kept.total_wh == pytest.approx(7.623)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"total_wh": "much"}'])
def test_spoilt_counters_are_named_with_the_remedy(tmp_path: Path, text: str) -> None:
    memory(tmp_path).save()
    (tmp_path / f"meter-{SERIAL}.json").write_text(text, "utf-8")
    with pytest.raises(BenchError, match=rf"meter-{SERIAL}.json does not hold.*remove it"):
        memory(tmp_path)


def test_a_counter_that_is_no_number_is_found(tmp_path: Path) -> None:
    memory(tmp_path).save()
    file = tmp_path / f"meter-{SERIAL}.json"
    file.write_text(file.read_text("utf-8").replace("7.5", '"7.5"'), "utf-8")
    with pytest.raises(BenchError, match="remove it"):
        memory(tmp_path)


def test_a_spoilt_key_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / f"meter-{SERIAL}.pem").write_text("no key", "utf-8")
    with pytest.raises(BenchError, match=rf"meter-{SERIAL}.pem holds no usable key: remove it"):
        memory(tmp_path)


def test_a_key_of_another_curve_is_refused(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / f"meter-{SERIAL}.pem").write_bytes(other)
    with pytest.raises(BenchError, match=r"another key than one of P-256"):
        memory(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(BenchError, match="state folder cannot be made"):
        memory(tmp_path / "file/state")
