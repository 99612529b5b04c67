"""The meter's clock: unset after power-up, then it runs with the loop (METER.md section 6)."""

from typing import Final, TypeAlias

Stamp: TypeAlias = tuple[int | None, int | None]
"""Epoch in Unix seconds and TZO in minutes; None while the clock is unset."""

DRIFT_WINDOW_S: Final = 60
"""A correction within it is an update, beyond it a setting. The real width is not published."""

_LARGEST_EPOCH = 0xF0000000
"""In 2097; beyond it the register would run over while somebody watches."""
_LARGEST_TZO = 24 * 60


class MeterClock:
    """Epoch and offset from UTC, and how far the time may be trusted."""

    def __init__(self) -> None:
        self._epoch: int | None = None
        """As written last, at `_written_at_s` of the loop."""
        self._written_at_s = 0.0
        self._tzo: int | None = None
        self.flag = "U"
        """Of OCMF's TM: S since the first setting, U while unset and once a running clock was moved."""

    def read(self, now_s: float) -> Stamp:
        """Return Epoch and TZO at an instant of loop time."""
        if self._epoch is None:
            return None, None
        return self._epoch + int(now_s - self._written_at_s), self._tzo

    def write(self, epoch: int | None, tzo: int | None, *, now_s: float) -> bool:
        """Take a written Epoch, TZO or both; return whether that counts as a setting.

        The first must bring both; until then, and for values that are none, nothing happens.
        """
        if (epoch is not None and epoch > _LARGEST_EPOCH) or (tzo is not None and abs(tzo) > _LARGEST_TZO):
            return False
        if self._epoch is None:
            return self._first(epoch, tzo, now_s)
        is_setting = False
        if epoch is not None:
            moved = abs(epoch - self._epoch - (now_s - self._written_at_s)) > DRIFT_WINDOW_S
            self._epoch, self._written_at_s = epoch, now_s
            if moved:
                self.flag = "U"
                is_setting = True
        if tzo is not None and tzo != self._tzo:
            self._tzo = tzo
            is_setting = True
        return is_setting

    def _first(self, epoch: int | None, tzo: int | None, now_s: float) -> bool:
        if epoch is None or tzo is None:
            return False
        self._epoch, self._written_at_s = epoch, now_s
        self._tzo = tzo
        self.flag = "S"
        return True
