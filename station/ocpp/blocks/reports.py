"""Block B, reports: GetBaseReport and GetReport, answered by NotifyReport (B07, B08)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog
from ocpp.v201 import call, call_result
from ocpp.v201.datatypes import (
    ComponentVariableType,
    ReportDataType,
    VariableAttributeType,
    VariableCharacteristicsType,
)
from ocpp.v201.enums import GenericDeviceModelStatusEnumType

from station.core import variables as var
from station.core.device_model import ACTUAL, DeviceModel
from station.core.inventory import PageSize, Wanted, base_report, custom_report, pages
from station.core.variables import Variable
from station.ocpp import codec, words
from station.ocpp.model_words import because, component_of, json_size, refuse_too_much, variable_of
from station.ocpp.router import Reply, on
from station.ocpp.rpc_errors import RpcError
from station.ocpp.session import RpcSession
from station.ocpp.spawn import Spawn

Rows = Sequence[Variable[Any]]
Status = GenericDeviceModelStatusEnumType
A = TypeVar("A", call_result.GetBaseReport, call_result.GetReport)

PAGE: Final = PageSize(items=100, bytes=48 * 1024)
"""Of a NotifyReport; few messages are wanted (B07.FR.03), but none that a CSMS may find too large."""
MOST_REPORTS: Final = 4
"""As many are being sent or wait for their turn; one more is refused for the time being (B07.FR.13, B08.FR.16)."""

log = structlog.get_logger("station.reports")


class Reports:
    """Reports the device model, one report after the other.

    A report that the connection does not outlive is given up: a CSMS that still wants it asks again.
    """

    def __init__(
        self,
        model: DeviceModel,
        session: RpcSession,
        *,
        now: Callable[[], datetime],
        spawn: Spawn,
        page: PageSize = PAGE,
    ) -> None:
        self._model = model
        self._session = session
        self._now = now
        self._spawn = spawn
        self._page = page
        self._unfinished: set[int] = set()
        """The request ids of reports whose last message was not sent yet."""
        self._turn = asyncio.Lock()

    @on("GetBaseReport")
    async def get_base_report(self, request: call.GetBaseReport) -> Reply | call_result.GetBaseReport:
        return self._answer(
            call_result.GetBaseReport, request.request_id, base_report(self._model, request.report_base)
        )

    @on("GetReport")
    async def get_report(self, request: call.GetReport) -> Reply | call_result.GetReport:
        wanted = request.component_variable or []
        refuse_too_much(
            request,
            len(wanted),
            most_items=self._model[var.ITEMS_PER_MESSAGE_GET_REPORT],
            most_bytes=self._model[var.BYTES_PER_MESSAGE_GET_REPORT],
        )
        rows = custom_report(self._model, request.component_criteria or (), [_wanted(one) for one in wanted])
        return self._answer(call_result.GetReport, request.request_id, rows)

    def _answer(self, answer: type[A], request_id: int, rows: Rows) -> Reply | A:
        if not rows:
            return answer(status=Status.empty_result_set)  # B08.FR.15
        if request_id in self._unfinished:
            why = because("DuplicateRequestId", "a report with this requestId is being sent")
            return answer(status=Status.rejected, status_info=why)
        if len(self._unfinished) >= MOST_REPORTS:
            why = because("Unspecified", f"{MOST_REPORTS} reports are being sent")
            return answer(status=Status.rejected, status_info=why)
        return Reply(answer(status=Status.accepted), then=lambda: self._begin(request_id, rows))

    def _begin(self, request_id: int, rows: Rows) -> None:
        self._unfinished.add(request_id)
        self._spawn(f"report-{request_id}", self._send(request_id, rows))

    async def _send(self, request_id: int, rows: Rows) -> None:
        try:
            async with self._turn:
                await self._send_pages(request_id, rows)
        except RpcError as error:
            log.warning("report_given_up", request=request_id, why=str(error))
        finally:
            self._unfinished.discard(request_id)

    async def _send_pages(self, request_id: int, rows: Rows) -> None:
        data = (_report_data(self._model, row) for row in rows)
        for seq_no, (page, more) in enumerate(pages(data, _size, most=self._page)):
            message = call.NotifyReport(
                request_id=request_id,
                generated_at=words.timestamp(self._now()),
                seq_no=seq_no,
                tbc=more,
                report_data=page,
            )
            # Once the last message is out, the CSMS may ask with the same id again, even before it answered.
            done = (lambda: None) if more else (lambda: self._unfinished.discard(request_id))
            await self._session.call(message, on_sent=done)
        log.info("report_sent", request=request_id, variables=len(rows), messages=seq_no + 1)


def _wanted(one: ComponentVariableType) -> Wanted:
    component, variable, evse = one.component, one.variable, one.component.evse
    return Wanted(
        component.name,
        variable.name if variable else None,
        variable.instance if variable else None,
        component.instance,
        evse.id if evse else None,
        evse.connector_id if evse else None,
    )


def _report_data(model: DeviceModel, row: Variable[Any]) -> ReportDataType:
    """Return all that there is to say about a variable, but for the value of a secret one (errata 2025-09, 2.10)."""
    return ReportDataType(
        component=component_of(row.address),
        variable=variable_of(row.address),
        variable_attribute=[
            VariableAttributeType(
                type=ACTUAL,
                value=None if row.mutability is var.WRITE_ONLY else model.text(row),
                mutability=row.mutability,
                persistent=row.persistent,
                constant=row.constant,
            )
        ],
        variable_characteristics=VariableCharacteristicsType(
            data_type=row.type.data_type,
            supports_monitoring=False,
            unit=row.unit,
            min_limit=row.type.min_limit,
            max_limit=row.type.max_limit,
            values_list=",".join(row.type.values) or None,
        ),
    )


def _size(data: ReportDataType) -> int:
    """Return the bytes of one item, and some: those of a message that holds it alone."""
    alone = call.NotifyReport(request_id=0, generated_at="", seq_no=0, report_data=[data])
    return json_size(codec.encode(alone))
