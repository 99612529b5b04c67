"""The five snapshot blocks and how one of them is filled."""

from simulators.bench.faults import Faults
from simulators.bench.meter import kinds
from simulators.bench.meter.block import Block
from simulators.bench.meter.kinds import Kind
from simulators.bench.meter.procedure import FailedError, Procedure
from simulators.bench.meter.sealing import Sealed, Sealer


class Snapshots:
    """Takes snapshots, one at a time; `blocks` holds the latest of each kind by its name."""

    def __init__(self, procedure: Procedure, sealer: Sealer, *, energy_exponent: int, faults: Faults) -> None:
        self._procedure = procedure
        self._sealer = sealer
        self._energy_exponent = energy_exponent
        self._faults = faults
        self.clear()

    def clear(self) -> None:
        """Make all blocks invalid, as they are after power-up."""
        self.blocks = {name: Block(kind, energy_exponent=self._energy_exponent) for name, kind in kinds.KINDS.items()}

    async def take(self, kind: Kind) -> None:
        """Take one snapshot; its block says how that went."""
        block = self.blocks[kind.name]
        try:
            block.fill(await self._sealed(kind))
        except FailedError as failed:
            block.fail(failed.status)

    async def _sealed(self, kind: Kind) -> Sealed:
        sample = await self._procedure.run(kind)
        await self._faults.cleared("meter_busy_forever")
        if "meter_snapshot_fails" in self._faults:
            raise FailedError(kinds.FAILED)
        return self._sealer.seal(sample)
