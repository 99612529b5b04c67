"""Where a line may be."""

from pathlib import Path

import pytest

from simulators.bench.place import TcpPlace, parse

BASE = Path("/base")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("m", Path("/base/m")),
        ("/dev/m", Path("/dev/m")),
        ("tcp://127.0.0.1:0", TcpPlace("tcp", "127.0.0.1", 0)),
        ("tcp://localhost:5020", TcpPlace("tcp", "localhost", 5020)),
        ("rtu+tcp://[::1]:65535", TcpPlace("rtu+tcp", "::1", 65535)),
        ("tcp://127.0.0.1:0/garage_1-b", TcpPlace("tcp", "127.0.0.1", 0, "garage_1-b")),
    ],
)
def test_a_place_is_a_path_or_an_address(text: str, place: Path | TcpPlace) -> None:
    assert parse(text, base=BASE) == place
    assert text.startswith("m") or str(place) == text


@pytest.mark.parametrize(
    "text",
    [
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:-1",
        "tcp://127.0.0.1:port",
        "tcp://0.0.0.0:0",
        "tcp://192.0.2.1:502",
        "tcp://:502",
        "udp://127.0.0.1:502",
        "http://127.0.0.1:502",
        "TCP://127.0.0.1:502",
        "tcp://user@127.0.0.1:502",
        "tcp://127.0.0.1:502/name",
        "tcp://127.0.0.1:0/a/b",
        "tcp://127.0.0.1:0/a?b",
        "tcp://127.0.0.1:0#a",
        "tcp://[::1:0",
    ],
)
def test_what_is_no_address_on_loopback_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text for people is the rule's
        parse(text, base=BASE)
