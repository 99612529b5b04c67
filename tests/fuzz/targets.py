"""What must be true of any bytes; each target raises if it is not."""

from collections.abc import Iterator

from station.ocpp import codec, schemas, validation
from station.ocpp.frames import MAX_DESCRIPTION_LENGTH, Error, ErrorCode, Malformed, Result, parse, to_text
from station.ocpp.lenient import repair
from station.ocpp.redaction import Shown, redacted
from station.ocpp.schemas import Kind

_DECODE = {Kind.REQUEST: codec.decode_request, Kind.RESPONSE: codec.decode_response}
_MESSAGES = [(action, kind) for action in sorted(schemas.actions()) for kind in Kind]


def frames(data: bytes) -> None:
    """Whatever arrives is read or refused; what was read can be written, and is then read as the same."""
    text = data.decode("utf-8", "surrogateescape")
    message = parse(text)
    assert repr(Shown(text)).isprintable() or not text.isascii()
    redacted(text)
    if not isinstance(message, Malformed):
        assert parse(to_text(message)) == message
    elif message.reply is not None:
        refusal = parse(to_text(message.reply))
        assert isinstance(refusal, Error)
        assert refusal.code in set(ErrorCode)
        assert len(refusal.description) <= MAX_DESCRIPTION_LENGTH


def payloads(data: bytes) -> None:
    """`Action Kind`, a line end and a payload: it is valid and comes back, or it is told what is wrong with it."""
    head, _, body = data.decode("utf-8", "replace").partition("\n")
    action, kind = _message(head)
    frame = parse(f'[3,"id",{body}]')
    if not isinstance(frame, Result):
        return
    payload = frame.payload
    violation = validation.check(action, kind, payload)
    mended, what = repair(action, kind, payload)
    if violation is None:
        assert (mended, what) == (payload, frozenset())
        _comes_back(action, kind, payload)
    else:
        assert violation.code in set(ErrorCode)
        assert violation.description
        assert repair(action, kind, mended) == (mended, frozenset())


def words() -> list[str]:
    """Return what a fuzzer would take long to guess: names and values of the schemas, and loose ends of JSON."""
    found = {r"\"idToken\":", "null", "1e5", "-0.0", r"\\ud800", "customData"}
    for action, kind in _MESSAGES:
        found |= set(_strings(schemas.load(action, kind)))
    return sorted(found)


def _strings(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for key, member in part.items():
            if key in ("properties", "enum"):
                yield from member
            yield from _strings(member)


def _comes_back(action: str, kind: Kind, payload: object) -> None:
    """The first round may turn 1.0 into 1 and a Decimal into a float; after that nothing changes any more."""
    assert isinstance(payload, dict)
    once = codec.encode(_DECODE[kind](action, payload))
    assert validation.check(action, kind, once) is None
    assert once.get("customData") == payload.get("customData")
    assert codec.encode(_DECODE[kind](action, once)) == once
    assert parse(to_text(Result("id", once))) == Result("id", once)


def _message(head: str) -> tuple[str, Kind]:
    """Return the message that the first line names; any line names one."""
    action, _, kind = head.partition(" ")
    if (action, kind) in _MESSAGES:
        return action, Kind(kind)
    return _MESSAGES[sum(head.encode()) % len(_MESSAGES)]


TARGETS = {"frames": frames, "payloads": payloads}
