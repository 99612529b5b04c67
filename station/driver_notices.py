"""What drivers are told: about a session, whoever began it, and by the CSMS."""

from collections.abc import Callable
from functools import partial

from station.core.session import Metering, Session
from station.core.tokens import PersonalMessage, TokenInfo
from station.evse import Evse
from station.hardware.ports import Display, DriverNotice, Notice


def notice_of(session: Session) -> Notice | None:
    """Return what a driver has to know or do now, or None."""
    if session.metering is Metering.STARTING:
        return Notice.PREPARING
    if session.metering is Metering.STOPPING:
        return Notice.STOPPING
    if session.authorization is not None and not session.plugged:
        return Notice.PLUG_IN
    return None


def personal(info: TokenInfo, evse_id: int | None) -> DriverNotice | None:
    """Return the CSMS's message to the driver whose token this is about, or None if it has none for him."""
    message = info.personal_message
    return None if message is None else in_words_of_csms(message, evse_id, language=info.language)


def in_words_of_csms(message: PersonalMessage, evse_id: int | None, *, language: str = "") -> DriverNotice:
    """Return a message of the CSMS as a notice; `language`: of the driver, if the message does not say its own."""
    language = message.language or language
    return DriverNotice(Notice.PERSONAL, evse_id, message.content, message.format.value, language=language)


async def guide(evse: Evse, display: Display, *, language: Callable[[int], str]) -> None:
    """Tell the drivers of an EVSE, for ever, how far their session is; `language`: what the driver wants to read."""
    told: Notice | None = None
    while True:
        session = await evse.wait_for(partial(_is_new, told))
        before, told = told, notice_of(session)
        shown = told
        if shown is None and before is Notice.STOPPING and session.held_for is None:
            shown = Notice.RELEASED
        if shown is not None:
            display.show(DriverNotice(shown, evse.evse_id, language=language(evse.evse_id)))


def _is_new(told: Notice | None, session: Session) -> bool:
    return notice_of(session) is not told
