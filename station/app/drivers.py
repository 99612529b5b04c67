"""Builds what lets drivers in: what is known about tokens, the readers, and what drivers are told."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial

from station.app.ground import Ground
from station.app.readers import reader_of
from station.core import variables as var
from station.core.authorization import Rules
from station.core.device_model import DeviceModel
from station.core.presented import Choose
from station.core.tokens import IdToken, PersonalMessage, TokenInfo
from station.driver_notices import guide, in_words_of_csms, personal
from station.evse import Evse, evse_of
from station.hardware.display import LogDisplay
from station.hardware.displays import Displays
from station.hardware.drivers import display
from station.hardware.places import DisplayPlace
from station.hardware.ports import Display
from station.local.costs import Costs
from station.local.learning import Learning
from station.ocpp.blocks.authorization import Authority
from station.ocpp.blocks.authorization_cache import AuthorizationCache
from station.ocpp.blocks.local_list import LocalAuthorizationList
from station.ocpp.known_tokens import KnownTokens
from station.ocpp.presenting import Presenting, Reach
from station.ocpp.session import RpcSession
from station.ocpp.token_cache import TokenCache
from station.settings import ReaderSettings
from station.storage.local_list import LocalList
from station.storage.tokens import Tokens


class Drivers:
    """Who may charge, and how one gets to it."""

    def __init__(
        self,
        ground: Ground,
        evses: Mapping[int, Evse],
        session: RpcSession,
        *,
        online: Callable[[], bool],
        closed: Callable[[], str | None],
    ) -> None:
        """`closed` says why the whole station admits nobody, or None."""
        self._ground, self._evses = ground, evses
        self.notices = LogDisplay(ground.clock.now)
        """What drivers were told last."""
        self._display = self._build_display()
        self.costs = Costs(currency=ground.settings.web.currency, show=self._write)
        self.learning = Learning()
        self._cache, self._list = self._build_cache(), self._build_list()
        self.known = self._build_known()
        self.authority = Authority(session, known=self.known, rules=lambda: rules(ground.model), online=online)
        self._presenting = Presenting(
            evses,
            self.authority,
            closed=closed,
            cable_timeout_s=lambda: ground.model[var.EV_CONNECTION_TIME_OUT],
            display=self._display,
        )

    @property
    def blocks(self) -> tuple[object, ...]:
        """What answers the CSMS about the cache and the list."""
        model = self._ground.model
        return (
            AuthorizationCache(self._cache),
            LocalAuthorizationList(
                self._list,
                enabled=lambda: model[var.LOCAL_AUTH_LIST_ENABLED],
                most_items=model[var.LOCAL_AUTH_LIST_ITEMS_PER_MESSAGE],
                most_bytes=model[var.LOCAL_AUTH_LIST_BYTES_PER_MESSAGE],
            ),
        )

    def components(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        """Yield what runs for drivers, by name: the readers, and what guides and admits at each EVSE."""
        for reader in self._ground.settings.readers:
            yield f"reader-{reader.name}", partial(self._serve, reader)
        for evse in self._evses.values():
            yield (
                f"guide-{evse.evse_id}",
                partial(guide, evse, self._display, language=self._presenting.language),
            )
            yield f"plugs-{evse.evse_id}", partial(self._presenting.admit_whoever_plugs_in, evse.evse_id)

    async def _serve(self, reader: ReaderSettings) -> None:
        await self._presenting.serve(self.learning.wrap(reader_of(reader), name=reader.name), self._reach(reader))

    def told(self, transaction_id: str, info: TokenInfo) -> None:
        """Show the driver what the CSMS says to him in the answer to an event (E05, I01)."""
        evse = evse_of(self._evses, transaction_id)
        if evse is not None and (notice := personal(info, evse.evse_id)):
            self._display.show(notice)

    async def present(self, token: IdToken, evse_id: int) -> None:
        """Do what a card would do that is held to a reader of this EVSE alone."""
        await self._presenting.presented(token, Reach((evse_id,)))

    def _write(self, transaction_id: str, message: PersonalMessage) -> None:
        evse = evse_of(self._evses, transaction_id)
        if evse is not None:
            self._display.show(in_words_of_csms(message, evse.evse_id))

    def _reach(self, reader: ReaderSettings) -> Reach:
        keypads = (pad for pad in self._ground.settings.readers if pad.selects)
        selectable = any(set(pad.evses) & set(reader.evses) for pad in keypads)
        return Reach(tuple(reader.evses), Choose(reader.choose), selectable)

    def _build_display(self) -> Display:
        settings, now = self._ground.settings, self._ground.clock.now
        place = DisplayPlace(now, language=settings.web.language, options=settings.display.options)
        return Displays(self.notices, display(settings.display.type)(place))

    def _build_cache(self) -> TokenCache:
        model = self._ground.model
        cache = TokenCache(
            Tokens(self._ground.database),
            enabled=lambda: model[var.AUTH_CACHE_ENABLED],
            life_time_s=lambda: model[var.AUTH_CACHE_LIFE_TIME],
            now=self._ground.clock.now,
        )
        model.read_from(var.AUTH_CACHE_STORAGE, cache.size_bytes)
        return cache

    def _build_list(self) -> LocalList:
        local_list = LocalList(
            self._ground.database, most_entries=var.MOST_LISTED_TOKENS, most_bytes=var.MOST_LISTED_BYTES
        )
        self._ground.model.read_from(var.LOCAL_AUTH_LIST_ENTRIES, local_list.count)
        self._ground.model.read_from(var.LOCAL_AUTH_LIST_STORAGE, local_list.size_bytes)
        return local_list

    def _build_known(self) -> KnownTokens:
        model = self._ground.model
        return KnownTokens(
            self._list,
            self._cache,
            list_enabled=lambda: model[var.LOCAL_AUTH_LIST_ENABLED],
            list_expires=lambda: model[var.LOCAL_AUTH_LIST_SUPPORTS_EXPIRY_DATE_TIME],
            now=self._ground.clock.now,
        )


def rules(model: DeviceModel) -> Rules:
    """Return the rules of authorization as the variables have them now."""
    return Rules(
        enabled=model[var.AUTH_ENABLED],
        local_pre_authorize=model[var.LOCAL_PRE_AUTHORIZE],
        local_authorize_offline=model[var.LOCAL_AUTHORIZE_OFFLINE],
        offline_unknown=model[var.OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED],
        remote_authorization=not model[var.DISABLE_REMOTE_AUTHORIZATION],
        post_authorize=not model[var.AUTH_CACHE_DISABLE_POST_AUTHORIZE],
        list_post_authorize=not model[var.LOCAL_AUTH_LIST_DISABLE_POST_AUTHORIZE],
        master_pass_group=model[var.MASTER_PASS_GROUP_ID],
    )
