"""The table of everything that may be asked for."""

from station.web import routes_access, routes_actions, routes_operator, routes_pages, routes_public, routes_receipts
from station.web.asking import Route

ROUTES: tuple[Route, ...] = (
    *routes_public.ROUTES,
    *routes_access.ROUTES,
    *routes_operator.ROUTES,
    *routes_receipts.ROUTES,
    *routes_actions.ROUTES,
    *routes_pages.ROUTES,
)
