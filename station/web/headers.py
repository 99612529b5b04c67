"""What stands at the head of every answer, and of every error too."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

COOKIE: Final = "station_session"
CSRF: Final = "X-CSRF-Token"

SECURITY: Final[Mapping[str, str]] = {
    # Everything comes from here, nothing is run that stands in the page, and nobody shows the page in his own.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()",
    "Server": "station",
}
FRESH: Final = {"Cache-Control": "no-store"}
"""Of answers that are true only now, or are nobody else's business."""


async def harden(_request: web.Request, response: web.StreamResponse) -> None:
    """Give an answer what stands at its head; for web.Application.on_response_prepare."""
    response.headers.update(SECURITY)
    for name, value in FRESH.items():
        response.headers.setdefault(name, value)


def session_cookie(session_id: str, *, secure: bool, max_age_s: int) -> str:
    """Return the Set-Cookie header of a session; no script and no page elsewhere gets at it."""
    safely = "; Secure" if secure else ""
    return f"{COOKIE}={session_id}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{safely}"
