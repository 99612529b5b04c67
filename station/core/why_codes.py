"""The chain that has to hold until energy flows, and every finding about a link of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Standing(StrEnum):
    """What a link means for charging."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; it does not stop anything."""
    WAITS = "waits"
    """Nothing is broken: somebody, or the vehicle, has to do something."""
    STOPS = "stops"


class Step(StrEnum):
    """The links, in the order of the chain."""

    PROCESS = "process"
    CSMS = "csms"
    BOOT = "boot"
    ACCEPTED = "accepted"
    OPERATIVE = "operative"
    FAULT = "fault"
    """What is wrong with the outlet itself: controller, pilot, lock, residual current, a record that is missing."""
    PLUG = "plug"
    CARD = "card"
    LIMIT = "limit"
    METER_TIME = "meter_time"
    METER_ERROR = "meter_error"
    CONTACTOR = "contactor"
    VEHICLE = "vehicle"


class Code(StrEnum):
    """A finding; its texts for people are station/texts/why.*.json under `why.<code>`.

    Two causes have two codes if somebody would do something else about them.
    """

    PROCESS_HEALTHY = "process_healthy"
    PROCESS_STARTING = "process_starting"
    PROCESS_CRASHES = "process_crashes"
    PROCESS_PART_CRASHES = "process_part_crashes"

    CSMS_CONNECTED = "csms_connected"
    CSMS_AWAY = "csms_away"
    CSMS_NEEDED = "csms_needed"

    BOOT_ANSWERED = "boot_answered"
    BOOT_UNANSWERED = "boot_unanswered"
    BOOT_NEEDED = "boot_needed"

    CSMS_ACCEPTED = "csms_accepted"
    CSMS_UNDECIDED = "csms_undecided"
    CSMS_PENDING = "csms_pending"
    CSMS_REJECTED = "csms_rejected"

    IN_SERVICE = "in_service"
    OUT_OF_SERVICE = "out_of_service"
    WAITS_FOR_RESET = "waits_for_reset"

    NO_FAULT = "no_fault"
    EMERGENCY_STOP = "emergency_stop"
    DOOR_OPEN = "door_open"
    RESIDUAL_CURRENT = "residual_current"
    CONTROLLER_PORT = "controller_port"
    CONTROLLER_SILENT = "controller_silent"
    CONTROLLER_GARBLED = "controller_garbled"
    CONTROLLER_REFUSES = "controller_refuses"
    CONTROLLER_ERROR = "controller_error"
    PILOT_SHORTED = "pilot_shorted"
    PILOT_OFF = "pilot_off"
    LOCK_JAMMED = "lock_jammed"
    LOCK_HELD = "lock_held"
    START_TIMEOUT = "start_timeout"
    START_FAILED = "start_failed"
    START_DISABLED = "start_disabled"
    START_INTERRUPTED = "start_interrupted"
    START_SIGNATURE = "start_signature"
    START_RECORD = "start_record"
    END_OWED = "end_owed"
    FAULTED = "faulted"

    PLUGGED_IN = "plugged_in"
    PLUG_IN = "plug_in"
    PLUG_IN_ACCEPTED = "plug_in_accepted"
    PLUG_AT_VEHICLE = "plug_at_vehicle"
    PLUG_HELD = "plug_held"

    CARD_ACCEPTED = "card_accepted"
    CARD_NOT_ASKED = "card_not_asked"
    CARD_AWAITED = "card_awaited"
    CARD_CHECKED = "card_checked"
    SESSION_ENDING = "session_ending"
    SESSION_OVER = "session_over"
    CARD_REFUSED = "card_refused"
    CARD_UNKNOWN = "card_unknown"
    CARD_OFFLINE = "card_offline"
    CARD_EXPIRED = "card_expired"
    CARD_NOT_HERE = "card_not_here"
    CARD_BREAK = "card_break"
    CARD_STOPS_ONLY = "card_stops_only"
    CARD_UNCLEAR = "card_unclear"
    CARD_WITHDRAWN = "card_withdrawn"
    CARD_DOUBTED = "card_doubted"
    READER_DOWN = "reader_down"

    LIMIT_OK = "limit_ok"
    LIMIT_TOO_LOW = "limit_too_low"
    LIMIT_SETTINGS = "limit_settings"
    CABLE_UNRATED = "cable_unrated"
    CABLE_TOO_SMALL = "cable_too_small"
    CABLE_UNREADABLE = "cable_unreadable"
    CABLE_REFUSED = "cable_refused"

    TIME_OK = "time_ok"
    TIME_UNSURE = "time_unsure"
    TIME_IMPLAUSIBLE = "time_implausible"
    TIME_UNSYNCHRONISED = "time_unsynchronised"
    TIME_NOT_TAKEN = "time_not_taken"
    TIME_LOST = "time_lost"
    TIME_UNSET = "time_unset"

    METER_OK = "meter_ok"
    METER_DOUBTFUL = "meter_doubtful"
    METER_PORT = "meter_port"
    METER_SILENT = "meter_silent"
    METER_GARBLED = "meter_garbled"
    METER_REFUSES = "meter_refuses"
    METER_UNSTEADY = "meter_unsteady"
    METER_UNUSABLE = "meter_unusable"
    METER_OTHER_SERIAL = "meter_other_serial"
    METER_OTHER_KEY = "meter_other_key"
    METER_NOT_CONFIGURED = "meter_not_configured"
    METER_FOREIGN = "meter_foreign"
    UNFIT_MEASURING = "unfit_measuring"
    UNFIT_COMMUNICATION = "unfit_communication"
    UNFIT_FIRMWARE = "unfit_firmware"
    UNFIT_DEVELOPMENT = "unfit_development"
    UNFIT = "unfit"

    CONTACTOR_OPEN = "contactor_open"
    CONTACTOR_CLOSED = "contactor_closed"
    PREPARING = "preparing"
    CONTACTOR_FEEDBACK = "contactor_feedback"
    CONTACTOR_WELDED = "contactor_welded"
    CONTACTOR_LIVE = "contactor_live"
    OUTPUT_STUCK = "output_stuck"
    OUTPUT_MAY_RETURN = "output_may_return"
    OUTPUT_UNKNOWN = "output_unknown"

    VEHICLE_CHARGES = "vehicle_charges"
    VEHICLE_ABSENT = "vehicle_absent"
    VEHICLE_CONNECTED = "vehicle_connected"
    VEHICLE_ASKED = "vehicle_asked"
    VEHICLE_DECLINES = "vehicle_declines"
    VEHICLE_DRAWS_NOTHING = "vehicle_draws_nothing"
    VEHICLE_VENTILATION = "vehicle_ventilation"


@dataclass(frozen=True, slots=True)
class Link:
    """What was found at one step."""

    step: Step
    standing: Standing
    code: str
    """A `Code`."""
    detail: str = ""
    """The words of the device, for operators: port, register, error."""
    params: Mapping[str, str | int | float] = field(default_factory=dict)
    """For the placeholders of its texts."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why energy flows at an EVSE, or does not: one link for each step, in the order of the chain."""

    evse_id: int
    charging: bool
    """Energy flows."""
    links: tuple[Link, ...]

    @property
    def first(self) -> Link | None:
        """The first link that stops charging, else the first that somebody has to do something about."""
        for standing in (Standing.STOPS, Standing.WAITS):
            for link in self.links:
                if link.standing is standing:
                    return link
        return None
