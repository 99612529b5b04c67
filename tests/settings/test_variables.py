"""Variables may be preset, if they exist and take the value."""

import pytest

from station.core.variables import HEARTBEAT_INTERVAL, TX_UPDATED_MEASURANDS
from tests.settings.files import MINIMAL


@pytest.mark.parametrize(
    "written", ['"OCPPCommCtrlr.HeartbeatInterval" = 60', "OCPPCommCtrlr.HeartbeatInterval = 60"]
)
def test_variables_may_be_preset_with_or_without_quotes(read, written):
    settings = read(MINIMAL + "[variables]\n" + written)
    assert dict(settings.variables) == {HEARTBEAT_INTERVAL.address: "60"}


def test_true_and_false_preset_a_boolean(read):
    settings = read(MINIMAL + "[variables]\nAuthCtrlr.LocalPreAuthorize = true\nAuthCtrlr.Enabled = false\n")
    assert list(settings.variables.values()) == ["true", "false"]


def test_a_list_of_texts_presets_a_list(read):
    settings = read(MINIMAL + '[variables]\n"SampledDataCtrlr.TxUpdatedMeasurands" = ["Voltage", "Current.Import"]\n')
    assert dict(settings.variables) == {TX_UPDATED_MEASURANDS.address: "Voltage,Current.Import"}


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            '"OCPPCommCtrlr.HeartBeatIntervall" = 60',
            "variables.OCPPCommCtrlr.HeartBeatIntervall: is no variable of this station;"
            " did you mean OCPPCommCtrlr.HeartbeatInterval?",
        ),
        (
            '"OCPPCommCtrlr.HeartbeatInterval" = 0',
            "variables.OCPPCommCtrlr.HeartbeatInterval: 0 is less than 1",
        ),
        (
            '"AuthCtrlr.LocalPreAuthorize" = "maybe"',
            "variables.AuthCtrlr.LocalPreAuthorize: 'maybe' is neither true nor false",
        ),
        (
            '"SecurityCtrlr.BasicAuthPassword" = "correct horse battery"',
            "variables.SecurityCtrlr.BasicAuthPassword: cannot be preset:"
            " it follows from the hardware or from another key of this file",
        ),
        (
            '"OCPPCommCtrlr.HeartbeatInterval" = 0.5',
            "variables.OCPPCommCtrlr.HeartbeatInterval: '0.5' is no integer",
        ),
        (
            "HeartbeatInterval = 60",
            "variables.HeartbeatInterval: 'HeartbeatInterval' is not written as Component.Variable"
            " or Component.Variable[instance]",
        ),
        (
            '"OCPPCommCtrlr.HeartbeatInterval" = 2026-12-01',
            "variables.OCPPCommCtrlr.HeartbeatInterval: datetime.date(2026, 12, 1) is neither a number, a text, true,"
            " false nor a list of texts",
        ),
        (
            '"OCPPCommCtrlr.HeartbeatInterval" = 60\n"ocppcommctrlr.heartbeatinterval" = 70',
            "variables.ocppcommctrlr.heartbeatinterval: is there twice",
        ),
    ],
)
def test_a_variable_that_cannot_be_preset_is_told(problems, written, problem):
    assert problems(MINIMAL + "[variables]\n" + written) == [problem]
