"""The example of docs/client.md runs as it stands, and the page tells all that there is."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from omefree import client
from omefree.client import Event, Text, Visitor
from tests.client.people import hears, look, topic

PAGE = (Path(__file__).parents[2] / "docs/client.md").read_text()
END = '\n\nasyncio.run(main("http://localhost:8000"))\n'


def example(about: str) -> Callable[[str], Awaitable[None]]:
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    assert code.endswith(END), "the last line runs it"
    names: dict[str, Callable[[str], Awaitable[None]]] = {}
    exec(compile(code.removesuffix(END).replace("jazz", about), "docs/client.md", "exec"), names)
    return names["main"]


async def test_the_example_runs(url: str) -> None:
    about = topic()
    running = asyncio.ensure_future(example(about)(url))
    for _ in range(2):
        async with Visitor(url) as visitor:
            await look(visitor, about)
            assert (await hears(visitor, Text)).text == "Hello! I say what you say."
            visitor.say("echo")
            assert (await hears(visitor, Text)).text == "echo"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_the_page_names_all_that_is_public() -> None:
    public = {*client.__all__, *(kind.__name__ for kind in Event.__args__)} - {"Event", "ClientError"}
    assert [name for name in public if f"`{name}" not in PAGE] == []
    calls = [name for name in vars(Visitor) if not name.startswith("_")]
    assert [name for name in calls if name not in PAGE] == ["close"]
