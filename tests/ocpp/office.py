"""A station with a key store whose certificates are asked for and taken, and a CSMS with a CA at the other end."""

import asyncio
from contextlib import asynccontextmanager

from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse

from station.ocpp.blocks.certificates import Certificates, SigningRules
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from station.pki.keystore import CSMS, STATION, KeyStore
from station.storage.facts import Facts
from tests.fakes_clock import FakeClock
from tests.ocpp.csms import talking
from tests.pki.authority import Authority

V2G = SigningUse.v2g_certificate
WAIT_S = 60.0
ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


class Office:
    """A station with its key store, and who signs for it."""

    def __init__(self, folder, database, *, key_kind="ec-p256"):
        self.folder, self.clock = folder, FakeClock()
        self.facts = Facts(database)
        self.root = Authority("Root")
        self.rules = {
            "common_name": "S-1",
            "organization": "CSO",
            "wait_minimum_s": WAIT_S,
            "repeat_times": 2,
            "longest_chain": 10_000,
        }
        self.key_kind = key_kind
        self.start()
        self.store.inventory.add_root(CSMS, (self.root.certificate,))

    def start(self):
        """The station begins anew, as after a restart."""
        self.events, self.switched = [], []
        self.store = KeyStore(self.folder / "certificates", now=self.clock.now)
        router = Router()
        self.session = RpcSession(router, timeout_s=lambda: 30.0)
        self.certificates = Certificates(
            self.store,
            self.session,
            facts=self.facts,
            rules=lambda: SigningRules(**self.rules),
            key_kind=self.key_kind,
            notify=lambda event, text: self.events.append((event, text)),
            switch_over=self.switched.append,
            now=self.clock.now,
        )
        router.add(self.certificates)

    @asynccontextmanager
    async def online(self):
        """Connected and accepted, to a CSMS that says that it will sign whatever it gets."""
        async with talking(self.session) as csms:
            csms.answer("SignCertificate", ACCEPTED)
            task = asyncio.create_task(self.certificates.serve(), name="certificates")
            try:
                yield csms
                await asyncio.sleep(0)
                assert not task.done()
            finally:
                task.cancel()

    async def trigger(self, use=STATION):
        await self.certificates.triggered(use)(None)()

    async def ask(self, csms, use=STATION):
        """Let the CSMS trigger a request, and return the CSR."""
        await self.trigger(use)
        return csms.of("SignCertificate")[-1]["csr"]

    async def renew(self, csms, **options):
        """Do all of it, and return the serial number of what came."""
        assert await self.sign(csms, self.root.sign_csr(await self.ask(csms), **options)) == ACCEPTED
        return self.serials()[0]

    async def sign(self, csms, chain, use=STATION):
        options = {"certificateType": use.value} if use else {}
        kind, _, answer = await csms.call("CertificateSigned", certificateChain=chain, **options)
        assert kind == 3
        return answer

    def serials(self, use=STATION):
        return [own.serial for own in self.store.inventory.own(use)]

    def told(self, event):
        return [text for told, text in self.events if told is event]
