"""What can go wrong, as one tree.

StationError
 +- SettingsError          the configuration cannot be used; the text names file, key and what is allowed
 +- StorageError           the state folder or the database cannot be used
 +- DeviceError            a device did not do what was asked; the text names device and port
     +- PortError          the serial port is missing, in use or not permitted
     +- LineSilentError    no usable answer: nothing, a bad checksum, another unit's or function's answer
     +- LineRefusedError   the device answered with a Modbus exception
     +- MeterError         the meter answered, but what it says cannot be used
         +- MeterBusyError       a snapshot did not finish within its time
         +- SnapshotFailedError  the meter reports a failed snapshot
         +- ContactorStuckError  the output is off, but the contactor does not open
         +- RecordInvalidError   a record that cannot be trusted
         +- ClockUnsetError      the meter has no time and could not be given one
         +- WrongMeterError      another meter or key than the one expected
"""


class StationError(Exception):
    """Whatever the station foresees as an error."""


class SettingsError(StationError):
    """The configuration cannot be used; the text names file, key and what is allowed."""


class StorageError(StationError):
    """The state folder or the database cannot be used; the text names the path and the remedy."""


class DeviceError(StationError):
    """A device did not do what was asked; the text names device and port."""


class PortError(DeviceError):
    """A serial port is missing, in use or not permitted."""


class LineSilentError(DeviceError):
    """No usable answer: nothing, a bad checksum, another unit's or another function's answer."""


class LineRefusedError(DeviceError):
    """The device answered with a Modbus exception; `code` is its number."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code


class MeterError(DeviceError):
    """The meter answered, but what it says cannot be used."""


class MeterBusyError(MeterError):
    """A snapshot did not finish within its time."""


class SnapshotFailedError(MeterError):
    """The meter reports that a snapshot failed; `status` is its St register (1, 3, 4 or 5)."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class ContactorStuckError(MeterError):
    """The output is off, but the feedback contact still says closed: welded, or a wire is off."""


class RecordInvalidError(MeterError):
    """A record cannot be trusted: not verified, stale or not OCMF; `ocmf` keeps its bytes."""

    def __init__(self, message: str, *, ocmf: bytes) -> None:
        super().__init__(message)
        self.ocmf = ocmf


class ClockUnsetError(MeterError):
    """The meter has no time and could not be given one."""


class WrongMeterError(MeterError):
    """Another meter or another public key than the one expected."""


def first_of(error: BaseException) -> BaseException:
    """Return the error that a person has to deal with; the rest of a group followed from it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
