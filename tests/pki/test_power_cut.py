"""The power may fail between any two steps on the disk: afterwards the store can be used, with nothing half there."""

import os

import pytest

from station.pki.csr import KeyKind, make_key
from station.pki.keystore import CSMS, STATION
from tests.pki.authority import Authority
from tests.pki.test_keystore import Shop

STEPS = ("open", "fsync", "replace", "unlink", "mkdir", "chmod")


class PowerFailedError(BaseException):
    """Nothing of the station runs any more; no handler may catch this."""


class Supply:
    """Lets so many steps on the disk happen, and then no more."""

    def __init__(self, patch):
        self.left = None
        self.cut = False
        for name in STEPS:
            patch.setattr(os, name, self._metered(getattr(os, name)))

    def _metered(self, step):
        def metered(*arguments, **options):
            if self.cut or self.left == 0:
                self.cut = True
                raise PowerFailedError
            if self.left is not None:
                self.left -= 1
            return step(*arguments, **options)

        return metered

    def after(self, steps, act):
        """Do something with power for so many steps; tell whether that was enough."""
        self.left, self.cut = steps, False
        try:
            act()
        except PowerFailedError:
            return False
        finally:
            self.left, self.cut = None, False
        return True


def cuts(tmp_path, monkeypatch, *, check, prepare, act):
    """Yield the store after a restart, for a power cut at each step of `act`, and last without one."""
    for steps in range(100):
        shop = Shop(tmp_path / str(steps), check=check)
        prepare(shop)
        with monkeypatch.context() as patch:
            done = Supply(patch).after(steps, lambda shop=shop: act(shop))
        shop.again()
        assert not list(shop.folder.rglob("*.new"))
        yield shop, done
        if done:
            assert steps > 3
            return
    raise AssertionError("it never ended")


@pytest.mark.parametrize("check", [False, True])
def test_a_root_is_installed_or_not(tmp_path, monkeypatch, check):
    seen = set()
    for shop, done in cuts(
        tmp_path,
        monkeypatch,
        check=check,
        prepare=lambda shop: shop.install(shop.root),
        act=lambda shop: shop.install(Authority("New", signed_by=shop.root)),
    ):
        roots = [pem for pems in shop.roots() for pem in pems]
        assert roots[-1] == shop.root.root_pem
        seen.add(len(roots))
        assert len(shop.store.inventory.roots(CSMS)) == len(roots)
        if done:
            assert len(roots) == 2
    assert seen == {1, 2}


def test_there_is_a_root_at_every_moment_while_one_is_replaced_by_itself(tmp_path, monkeypatch):
    for shop, _ in cuts(
        tmp_path,
        monkeypatch,
        check=False,
        prepare=lambda shop: shop.install(shop.root),
        act=lambda shop: shop.install(shop.root),
    ):
        assert set(shop.roots()[0]) == {shop.root.root_pem}


def test_a_key_waits_or_the_one_before_it_does(tmp_path, monkeypatch):
    old, new = make_key(KeyKind.EC), make_key(KeyKind.EC)
    seen = []
    for shop, _ in cuts(
        tmp_path,
        monkeypatch,
        check=False,
        prepare=lambda shop: shop.store.put_pending_key(STATION, old),
        act=lambda shop: shop.store.put_pending_key(STATION, new),
    ):
        seen.append(shop.store.pending_key(STATION))
        assert len(list(shop.folder.rglob("*.key"))) == 1
    assert set(seen) == {old, new}
    assert seen == sorted(seen, key=[old, new].index)


@pytest.mark.ocpp("A02.FR.08", "A02.FR.10")
def test_a_certificate_is_renewed_or_the_old_one_counts(tmp_path, monkeypatch):
    first = {}
    for shop, done in cuts(
        tmp_path,
        monkeypatch,
        check=False,
        prepare=lambda shop: first.update(serial=shop.renew()),
        act=lambda shop: shop.renew(),
    ):
        assert shop.serials()[-1] == first["serial"]
        assert len(shop.serials()) == 2 or not done
        assert shop.store.entries() == len(shop.serials())


@pytest.mark.parametrize("which", [0, 1])
def test_discarding_leaves_the_one_that_worked_and_no_key_that_seems_to_wait(tmp_path, monkeypatch, which):
    kept = {}

    def prepare(shop):
        shop.renew()
        shop.renew()
        kept["material"] = shop.store.tls_materials(with_client=True)[which]

    for shop, _ in cuts(
        tmp_path, monkeypatch, check=False, prepare=prepare, act=lambda shop: shop.store.worked(kept["material"])
    ):
        assert kept["material"].client.serial in shop.serials()
        assert shop.store.pending_key(STATION) is None
        shop.store.worked(kept["material"])
        assert shop.serials() == [kept["material"].client.serial]
        assert len(list((shop.folder / STATION.value).iterdir())) == 2
