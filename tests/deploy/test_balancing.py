"""Where each proxy sends whom, with the files of deploy/ for two servers. Programs stand in for the two."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import aiohttp
import pytest

from tests.deploy.proxies import PROXIES, Place, started
from tests.deploy.standing_in import StandIn
from tests.deploy.test_proxies import browser
from tests.test_server import POLL
from tests.until import until

pytestmark = pytest.mark.asyncio(loop_scope="module")  # what TLS has to say at the end is heard

MANY = 12
GONE = ("502", "503", "400")  # of the proxy, whom nobody answers; or of the other node, which knows no such session


async def who_answers(http: aiohttp.ClientSession, place: Place, sid: str = "") -> str:
    """The name of the server that a request reaches, or the status if that is none."""
    async with http.get(place.https + POLL + (f"&sid={sid}" if sid else "")) as answer:
        return await answer.text() if answer.status == 200 else str(answer.status)


async def all_answers(http: aiohttp.ClientSession, place: Place, sids: Iterable[str] = ("",) * MANY) -> set[str]:
    return {await who_answers(http, place, sid) for sid in sids}


OF_A, OF_B = ("a.r4nd0m", "a-1.r4nd0m", "a-27.r4nd0m"), ("b.r4nd0m", "b-3.a.a", "b.a-1.")


@pytest.mark.parametrize("name", PROXIES)
async def test_newcomers_go_where_they_are_taken_and_sessions_where_they_live(name: str, tmp_path: Path) -> None:
    async with (
        StandIn("a") as a,
        StandIn("b") as b,
        started(name, tmp_path, a.address, b.address) as place,
        browser(place) as http,
    ):

        async def only(*names: str) -> None:
            await until(lambda: sent_to(*names), f"newcomers go to {names} alone")

        async def sent_to(*names: str) -> bool:
            return await all_answers(http, place) == set(names)

        await only("a", "b")
        assert await all_answers(http, place, OF_A) == {"a"}
        assert await all_answers(http, place, OF_B) == {"b"}

        a.is_ready = a.takes_newcomers = False  # it drains
        await only("b")
        assert await all_answers(http, place, OF_A * 4) == {"a"}
        assert await all_answers(http, place, OF_B) == {"b"}

        await a.die()
        assert await all_answers(http, place) == {"b"}
        for sid in OF_A:
            assert await who_answers(http, place, sid) in GONE
        assert await all_answers(http, place, OF_B) == {"b"}

        await a.listen()
        a.is_ready = a.takes_newcomers = True
        await only("a", "b")

        await b.die()  # without a word
        assert await all_answers(http, place) == {"a"}
        assert await all_answers(http, place, OF_A) == {"a"}
