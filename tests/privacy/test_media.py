"""media-direct: nothing of the server's could take media, and a real call between two networks does not pass it.

Linux, root, Chromium.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Playwright, async_playwright

from omefree.audit import proc
from omefree.http.static import BUILT_IN
from tests.e2e.people import BLUE, CAMERA, CHROMIUM, FLAGS, RED, Person, Street, decodes, write_camera
from tests.privacy.leavers import arrive, chat, is_alone, running
from tests.privacy.networks import Networks, networks
from tests.test_server import free_udp_port
from tests.until import until

MEDIA_BYTES = 60_000  # of a call; the last of its signalling and the heartbeats come to 2,000 to 5,000 meanwhile
STUN_PORT = 3478
LOOPBACK = "--allow-loopback-in-peer-connection"

# What the browsers say of the ways they use: address of each side, and bytes that came.
WAYS = """
(() => {
  const Real = window.RTCPeerConnection, calls = [];
  window.RTCPeerConnection = class extends Real {
    constructor(...args) { super(...args); calls.push(this); }
  };
  window.ways = async () => {
    const found = [];
    for (const call of calls) {
      const rows = new Map(await call.getStats());
      for (const row of rows.values()) {
        const pair = row.type === "transport" ? rows.get(row.selectedCandidatePairId) : undefined;
        if (pair === undefined) continue;
        const [near, far] = [rows.get(pair.localCandidateId), rows.get(pair.remoteCandidateId)];
        found.push([near.address, near.candidateType, far.address, far.candidateType, pair.bytesReceived]);
      }
    }
    return found;
  };
})();
"""


@pytest.fixture
def net() -> Iterator[Networks]:
    with networks() as made:
        yield made


@pytest.mark.parametrize("measured", [False, True], ids=["", "with /metrics"])
async def test_no_port_is_open_that_could_take_media(tmp_path: Path, measured: bool) -> None:
    stun_port = free_udp_port()
    flags = ("--metrics-port", "0") if measured else ()
    async with running(tmp_path, "--stun-port", str(stun_port), *flags) as server:
        usual = listening(server.pid)
        assert {port for port in usual if port[0] == "udp"} == {("udp", stun_port)}
        assert ("tcp", server.port) in usual
        assert len(usual) == 2 + measured
        assert listening(server.pid) == usual
        people = await arrive(server, 6, polls=2)
        await chat(people)
        assert listening(server.pid) == usual, "during chats"
        assert {each.port for each in proc.sockets(server.pid)} == {port for _, port in usual}, "it connects to nobody"
        for leaver in people:
            await leaver.leave()
        await is_alone(server)
        assert listening(server.pid) == usual


def listening(pid: int) -> set[tuple[str, int]]:
    return {(each.kind, each.port) for each in proc.sockets(pid) if each.listens}


async def test_a_call_between_two_networks_does_not_pass_the_server(tmp_path: Path, net: Networks) -> None:
    where = net.address("server")
    flags = ("--host", where, "--stun-port", str(STUN_PORT), "--static-dir", str(BUILT_IN))
    async with running(tmp_path, *flags, before=net.at("server")) as server, async_playwright() as playwright:
        url = f"http://{where}:{server.port}"
        browsers = [await home(playwright, net, place, url, tmp_path) for place in ("a", "b")]
        street = Street(url)
        ana, ben = [await street.comes(browser, before=watch) for browser in browsers]
        for person in (ana, ben):
            await person.start("video")
        for person in (ana, ben):
            await person.meets()
            await until(partial(decodes, person, 1), "the other's video")
        before, began = await come(ana), net.traffic_bytes("server")
        await until(partial(has_come, ana, before + MEDIA_BYTES), "more of the other's video")
        assert net.traffic_bytes("server") - began < MEDIA_BYTES / 4, "what went through the server is no call"

        ours, theirs = net.address("a"), net.address("b")
        assert await way(ana) == (ours, theirs)
        assert await way(ben) == (theirs, ours)
        await street.close()
        for browser in browsers:
            await browser.close()


async def home(playwright: Playwright, net: Networks, place: str, url: str, folder: Path) -> Browser:
    camera = await asyncio.to_thread(write_camera, folder / f"{place}.y4m", RED if place == "a" else BLUE)
    program = await asyncio.to_thread(net.program, place, CHROMIUM, folder)
    flags = [flag for flag in FLAGS if flag != LOOPBACK]
    own = [f"--use-file-for-fake-video-capture={camera}", f"--unsafely-treat-insecure-origin-as-secure={url}"]
    return await playwright.chromium.launch(executable_path=program, args=[*flags, *CAMERA, *own])


async def watch(page: Page) -> None:
    await page.add_init_script(WAYS)


async def ways(person: Person) -> list[Any]:
    found: list[Any] = await person.page.evaluate("ways()")
    return found


async def come(person: Person) -> int:
    """Bytes that have come in the call."""
    [(*_, count)] = await ways(person)
    return int(count)


async def has_come(person: Person, count: int) -> bool:
    return await come(person) >= count


async def way(person: Person) -> tuple[str, str]:
    """The addresses that the call goes between; neither is a relay's."""
    [(near, near_kind, far, far_kind, _)] = await ways(person)
    assert "relay" not in (near_kind, far_kind)
    return near, far
