"""A connection that is held, lost and found again."""

import asyncio
import json

import pytest
from ocpp.v201 import call

from station.ocpp.backoff import BackOff
from station.ocpp.failures import Failure, FailureKind
from station.ocpp.link import CLOSE_TIMEOUT_S, PONG_TIMEOUT_S, WebSocketLine
from station.ocpp.router import Router
from station.ocpp.session import RpcSession
from tests.ocpp.web import Observer, Target, a_csms, a_link, a_tcp_server, both_ends, running, waits

# Holding.


async def test_pings_keep_the_connection_and_a_missing_pong_ends_it() -> None:
    seen = Observer()
    loop = asyncio.get_running_loop()
    async with a_csms() as csms, running(a_link(csms.port, seen, ping_interval_s=lambda: 30), seen):
        socket, _ = await both_ends(csms, seen)
        begun = loop.time()
        await asyncio.sleep(300)
        assert seen.downs.empty()
        socket.transport.pause_reading()
        reason = await seen.downs.get()
        assert "no pong" in reason
        assert loop.time() - begun - 300 < 30 + PONG_TIMEOUT_S + CLOSE_TIMEOUT_S + 5
        socket.transport.resume_reading()


@pytest.mark.parametrize("interval_s", [0, -1])
async def test_an_interval_of_zero_means_no_pings(interval_s: int) -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen, ping_interval_s=lambda: interval_s), seen):
        socket, _ = await both_ends(csms, seen)
        socket.transport.pause_reading()
        await asyncio.sleep(3600)
        assert seen.downs.empty()
        socket.transport.resume_reading()


@pytest.mark.ocpp("Part4-8.4")
async def test_a_changed_interval_counts_at_once() -> None:
    seen, interval_s = Observer(), 7200.0
    loop = asyncio.get_running_loop()
    async with a_csms() as csms:
        link = a_link(csms.port, seen, ping_interval_s=lambda: interval_s)
        async with running(link, seen):
            socket, _ = await both_ends(csms, seen)
            await asyncio.sleep(60)
            interval_s = 10
            link.ping_anew()
            socket.transport.pause_reading()
            begun = loop.time()
            assert "no pong" in await seen.downs.get()
            assert 10 + PONG_TIMEOUT_S <= loop.time() - begun < 10 + PONG_TIMEOUT_S + CLOSE_TIMEOUT_S + 6
            socket.transport.resume_reading()


async def test_pings_begin_when_they_are_switched_on_and_end_when_they_are_switched_off() -> None:
    seen, interval_s = Observer(), 0.0
    async with a_csms() as csms:
        link = a_link(csms.port, seen, ping_interval_s=lambda: interval_s)
        async with running(link, seen):
            socket, _ = await both_ends(csms, seen)
            await asyncio.sleep(60)
            interval_s = 30
            link.ping_anew()
            await asyncio.sleep(600)
            interval_s = 0
            link.ping_anew()
            await asyncio.sleep(1)
            socket.transport.pause_reading()
            await asyncio.sleep(3600)
            assert seen.downs.empty()
            socket.transport.resume_reading()


async def test_a_connection_that_ends_is_not_taken_for_a_missing_pong() -> None:
    async def talk(line: WebSocketLine) -> None:
        seen.lines.put_nowait(line)
        await asyncio.sleep(300)  # busy with something else
        await seen.serve(line)

    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen, ping_interval_s=lambda: 30), seen, talk=talk):
        socket, _ = await both_ends(csms, seen)
        socket.transport.pause_reading()
        await asyncio.sleep(30 + PONG_TIMEOUT_S / 2)
        socket.transport.abort()
        assert await seen.downs.get() == "the connection was lost"


async def test_pings_of_the_csms_are_answered() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        assert await (await socket.ping()) < 5


async def test_a_frame_over_one_mebibyte_ends_the_connection() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        await socket.send("x" * (1024 * 1024))
        assert len(await seen.frames.get()) == 1024 * 1024
        await socket.send("x" * (1024 * 1024 + 1))
        assert "1009" in await seen.downs.get()


async def test_a_frame_that_swells_over_one_mebibyte_ends_the_connection() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        await socket.send("x" * (64 * 1024 * 1024))
        assert "1009" in await seen.downs.get()


async def test_a_frame_over_one_mebibyte_is_not_sent() -> None:
    seen = Observer()
    async with a_csms(max_size=None) as csms, running(a_link(csms.port, seen), seen):
        socket, line = await both_ends(csms, seen)
        with pytest.raises(ValueError, match="1048576 bytes"):
            await line.send("ä" * (512 * 1024) + "x")
        await line.send("ä" * (512 * 1024))
        assert len(await socket.recv()) == 512 * 1024


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4000])
async def test_a_close_by_the_csms_is_told_and_followed_by_a_new_connection(code: int) -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        await socket.close(code, "maintenance")
        assert await seen.downs.get() == f"closed by the CSMS: {code} maintenance"
        await both_ends(csms, seen)
        assert seen.ups == 2
        assert waits(csms) == pytest.approx([12], abs=1)


async def test_a_cut_connection_is_told() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, _ = await both_ends(csms, seen)
        socket.transport.abort()
        assert await seen.downs.get() == "the connection was lost"


async def test_writing_to_a_connection_that_ended_is_a_connection_error() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        socket, line = await both_ends(csms, seen)
        await socket.close(1001)
        await seen.downs.get()
        with pytest.raises(ConnectionError, match="closed by the CSMS"):
            await line.send("x")


async def test_a_dropped_connection_ends_with_its_reason_and_comes_back() -> None:
    seen = Observer()
    async with a_csms() as csms:
        link = a_link(csms.port, seen)
        async with running(link, seen):
            socket, _ = await both_ends(csms, seen)
            link.drop("no answer from the CSMS" * 10)
            assert (await seen.downs.get()).startswith("no answer")
            assert socket.close_code == 1000
            assert (socket.close_reason or "").startswith("no answer")
            await both_ends(csms, seen)
            assert waits(csms) == pytest.approx([12], abs=1)
            await asyncio.sleep(600)
            assert (seen.ups, seen.downs.qsize()) == (2, 0)


async def test_dropping_a_peer_that_does_not_close_takes_a_bounded_time() -> None:
    seen = Observer()
    loop = asyncio.get_running_loop()
    async with a_csms() as csms:
        link = a_link(csms.port, seen)
        async with running(link, seen):
            socket, _ = await both_ends(csms, seen)
            socket.transport.pause_reading()
            begun = loop.time()
            link.drop("no answer")
            await seen.downs.get()
            assert loop.time() - begun <= 2 * CLOSE_TIMEOUT_S + 1
            socket.transport.resume_reading()


@pytest.mark.ocpp("A02.FR.08")
async def test_a_drop_at_once_dials_the_new_endpoint_without_a_wait() -> None:
    seen = Observer()
    async with a_csms() as csms:
        target = Target(csms.port)
        link = a_link(csms.port, seen, target=target)
        async with running(link, seen):
            await both_ends(csms, seen)
            target.endpoint = Target(csms.port, identity="CS2").endpoint
            link.drop("new password", at_once=True)
            await seen.downs.get()
            csms.refuse_with = 401
            for _ in range(2):
                await seen.failures.get()
            assert csms.requests[1].path == "/ocpp/CS2"
            assert waits(csms) == pytest.approx([0, 12], abs=1)


async def test_a_drop_at_once_cuts_a_wait_short() -> None:
    seen = Observer()
    async with a_csms() as csms:
        csms.refuse_with = 401
        link = a_link(csms.port, seen, back_off=lambda: BackOff(3600, 0, 0))
        async with running(link, seen):
            await seen.failures.get()
            await asyncio.sleep(5)
            csms.refuse_with = None
            link.drop("new password", at_once=True)
            await both_ends(csms, seen)
            assert waits(csms) == pytest.approx([5], abs=1)
            assert seen.downs.empty()


async def test_a_drop_while_dialling_is_not_forgotten() -> None:
    seen = Observer()
    async with a_csms() as csms:
        target = Target(csms.port)
        link = a_link(csms.port, seen, target=target)
        async with running(link, seen):
            await asyncio.sleep(0)
            target.endpoint = Target(csms.port, identity="CS2").endpoint
            link.drop("new identity", at_once=True)
            assert await seen.downs.get() == "new identity"
            await both_ends(csms, seen)
            await both_ends(csms, seen)
            assert [request.path for request in csms.requests] == ["/ocpp/CS%201", "/ocpp/CS2"]


async def test_stopping_the_link_closes_the_connection() -> None:
    seen = Observer()
    async with a_csms() as csms:
        async with running(a_link(csms.port, seen), seen):
            socket, _ = await both_ends(csms, seen)
        await socket.wait_closed()
        assert socket.close_code == 1001
        assert seen.downs.qsize() == 1


async def test_a_failure_instead_of_an_endpoint_is_an_attempt_without_dialling() -> None:
    seen = Observer()
    async with a_csms() as csms:
        target = Target(csms.port)
        good, target.endpoint = target.endpoint, Failure(FailureKind.CONFIGURATION, "no certificate")
        async with running(a_link(csms.port, seen, target=target), seen):
            assert await seen.failures.get() == Failure(FailureKind.CONFIGURATION, "no certificate")
            target.endpoint = good
            await both_ends(csms, seen)
            assert len(csms.requests) == 1


async def test_an_error_while_talking_closes_the_connection_and_is_raised() -> None:
    async def talk(line: WebSocketLine) -> None:
        raise ZeroDivisionError

    seen = Observer()
    async with a_csms() as csms:
        with pytest.raises(ExceptionGroup) as raised:
            await a_link(csms.port, seen).run(talk)
        assert raised.group_contains(ZeroDivisionError)
        socket = await csms.sockets.get()
        await socket.wait_closed()


# Backing off.


@pytest.mark.ocpp("Part4-5.3")
async def test_the_waits_double_and_begin_anew_after_a_connection() -> None:
    seen = Observer()
    chances = iter([0.0, 0.25, 0.5, 0.75, 1.0, 0.0, 0.5, 0.0])
    async with a_csms() as csms:
        csms.refuse_with = 503
        link = a_link(csms.port, seen, random=lambda: next(chances))
        async with running(link, seen):
            for _ in range(6):
                await seen.failures.get()
            csms.refuse_with = None
            socket, _ = await both_ends(csms, seen)
            csms.refuse_with = 503
            await socket.close()
            for _ in range(2):
                await seen.failures.get()
        assert waits(csms) == pytest.approx([10, 20 + 1, 40 + 2, 80 + 3, 80 + 4, 80, 10 + 2, 20], abs=1)


async def test_changed_settings_serve_the_next_wait() -> None:
    seen = Observer()
    settings = iter([BackOff(100, 0, 0), BackOff(7, 0, 0), BackOff(50, 0, 0)])
    async with a_csms() as csms:
        csms.refuse_with = 503
        async with running(a_link(csms.port, seen, back_off=lambda: next(settings)), seen):
            for _ in range(4):
                await seen.failures.get()
        assert waits(csms) == pytest.approx([100, 7, 50], abs=1)


async def test_a_back_off_of_zero_does_not_hammer_at_the_csms() -> None:
    seen = Observer()
    async with a_csms() as csms:
        csms.refuse_with = 503
        async with running(a_link(csms.port, seen, back_off=lambda: BackOff(0, 0, 0)), seen):
            for _ in range(3):
                await seen.failures.get()
        assert min(waits(csms)) >= 1


@pytest.mark.ocpp("B10.FR.09")
async def test_a_csms_that_was_away_for_a_day_is_found_again() -> None:
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen):
        await both_ends(csms, seen)
        await csms.close()
        await seen.downs.get()
        await asyncio.sleep(24 * 3600)
        await csms.open()
        await both_ends(csms, seen)
        assert seen.ups == 2
        assert seen.failures.qsize() > 900


# With the session on top, and without the TLS below.


async def test_a_session_talks_over_a_link_across_reconnects() -> None:
    async def talk(line: WebSocketLine) -> None:
        seen.lines.put_nowait(line)
        await session.serve(line)

    session = RpcSession(Router(), timeout_s=lambda: 30)
    seen = Observer()
    async with a_csms() as csms, running(a_link(csms.port, seen), seen, talk=talk):
        for _ in range(2):
            socket, _ = await both_ends(csms, seen)
            task = asyncio.create_task(session.call(call.Heartbeat()))
            message_id = json.loads(await socket.recv())[1]
            await socket.send(json.dumps([3, message_id, {"currentTime": "2026-10-25T01:30:00Z"}]))
            assert (await task).current_time == "2026-10-25T01:30:00Z"
            await socket.send("nonsense")
            assert json.loads(await socket.recv())[:3] == [4, "-1", "RpcFrameworkError"]
            await socket.close()
            await seen.downs.get()
            assert not session.connected


async def test_plain_text_where_tls_is_expected_is_a_tls_failure() -> None:
    seen = Observer()
    async with a_tcp_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        link = a_link(port, seen, endpoint={"url": f"wss://127.0.0.1:{port}/"})
        async with running(link, seen):
            assert (await seen.failures.get()).kind == "tls"
