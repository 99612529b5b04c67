"""Logging in and out."""

from typing import Final

from station.web.access import ABSOLUTE_S
from station.web.answers import LoginAnswer, LoginBody, Nothing, SessionAnswer
from station.web.asking import Ask, May, Route
from station.web.headers import session_cookie
from station.web.site import Site

LOGIN_BODY_S: Final = 2.0
"""Whoever is nobody yet holds nothing for longer; a password is one packet."""


async def login(site: Site, ask: Ask) -> LoginAnswer:
    session_id, operator = await site.access.login(ask.body.password, address=ask.address)
    if ask.operator is not None:
        site.access.logout(ask.operator)
    ask.headers["Set-Cookie"] = session_cookie(session_id, secure=_is_secure(ask), max_age_s=int(ABSOLUTE_S))
    return LoginAnswer(operator.csrf or "")


def session(_site: Site, ask: Ask) -> SessionAnswer:
    if ask.operator is None:
        return SessionAnswer(operator=False, csrf=None)
    return SessionAnswer(operator=True, csrf=ask.operator.csrf)


def logout(site: Site, ask: Ask) -> Nothing:
    if ask.operator is not None:
        site.access.logout(ask.operator)
    ask.headers["Set-Cookie"] = session_cookie("", secure=_is_secure(ask), max_age_s=0)
    return Nothing()


def _is_secure(ask: Ask) -> bool:
    """Tell whether the browser came over TLS, be it to a server before this one."""
    return ask.request.secure or ask.request.headers.get("Origin", "").startswith("https://")


ROUTES = (
    Route(
        "POST",
        "/api/v1/login",
        login,
        "Log in; sets a cookie, and tells what has to stand in X-CSRF-Token.",
        May.ANYBODY,
        body=LoginBody,
        body_s=LOGIN_BODY_S,
    ),
    Route("GET", "/api/v1/session", session, "Whether this browser is an operator's.", May.ANYBODY),
    Route("POST", "/api/v1/logout", logout, "Log out."),
)
