"""The port of /metrics, as the audit on the host knows it: by what it says, and by what it does not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from omefree.audit.ports import metrics_ports
from omefree.audit.proc import OpenSocket
from omefree.privacy.measurable import METRICS

TEXT = "# TYPE omefree_visitors_online gauge\nomefree_visitors_online 3.0\n\n" + 'omefree_visitors{state="idle"} 0.0\n'
ADDRESS = 'omefree_visitors{address="203.0.113.7"} 1.0\n'
Answers = Mapping[str, str]


@asynccontextmanager
async def site(answers: Answers) -> AsyncIterator[int]:
    """The port of a server that answers these paths, and 404 for others."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = answers.get(path, "")
        status = "200 OK" if path in answers else "404 Not Found"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
async def sites() -> AsyncIterator[Callable[..., object]]:
    async with AsyncExitStack() as stack:

        async def found(*all_answers: Answers) -> tuple[list[int], Mapping[int, list[str]]]:
            """The ports, and what the audit takes for those of /metrics."""
            ports = [await stack.enter_async_context(site(answers)) for answers in all_answers]
            sockets = [OpenSocket("tcp", "127.0.0.1", port, "", listens=True) for port in ports]
            return ports, await metrics_ports(sockets)

        yield found


PAGE = {"/": "a page", "/healthz": "{}"}


async def test_it_is_known_by_what_it_says(sites: Callable[..., object]) -> None:
    (_, metrics), found = await sites(PAGE, {"/metrics": TEXT})  # type: ignore[misc]
    assert found == {metrics: []}


async def test_a_series_that_is_not_listed_is_found(sites: Callable[..., object]) -> None:
    (_, metrics), found = await sites(PAGE, {"/metrics": TEXT + ADDRESS + "python_info 1.0\n"})  # type: ignore[misc]
    assert found == {metrics: ['omefree_visitors{address="203.0.113.7"}', "python_info"]}


@pytest.mark.parametrize("answers", [{}, {"/admin": "hello"}, {**PAGE, "/metrics": TEXT}], ids=["404", "other", "page"])
async def test_a_port_that_does_anything_else_is_none(sites: Callable[..., object], answers: Answers) -> None:
    _, found = await sites(PAGE, answers)  # type: ignore[misc]
    assert found == {}


async def test_the_only_port_is_the_page_s_and_is_not_asked(sites: Callable[..., object]) -> None:
    _, found = await sites({"/metrics": TEXT})  # type: ignore[misc]
    assert found == {}


def test_no_listed_series_has_room_for_anything_of_a_visitor() -> None:
    for metric in METRICS:
        for series in metric.series():
            assert "{" not in series or series.split('"')[1] in metric.values
