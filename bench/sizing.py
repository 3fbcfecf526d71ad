"""What visitors cost a server: `python -m bench.sizing` takes 8 minutes and writes bench/SIZING.md.

The server, as it is shipped, runs alone on core 0, the load on core 1. Each size has a fresh server.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.measure import LOAD_CORE, on_core, serving

HERE = Path(__file__).parent
CHATS = (250, 1000, 2000)  # at the last one the load has a core for itself nearly full
TEXTS, PAUSE_S = 12, 2.5  # a chat of half a minute; each visitor writes every five seconds
VISIT_S = 3 * TEXTS * PAUSE_S
HOLD_S = 60.0
POLLING = 0.05

COLUMNS = (
    "chats",
    "visitors",
    "server, cores",
    "its memory before, MB",
    "most, MB",
    "CPU of a visitor, us a second",
    "memory of a visitor, kB",
    "text, 99 %, ms",
    "the load, cores",
    "errors",
)


def shipped(port: int, static: str) -> list[str]:
    """The command of a server with its own settings."""
    address = ("--host", "127.0.0.1", "--port", str(port), "--stun-port", "0")
    return [sys.executable, "-m", "omefree", "serve", *address, "--log-level", "error", "--static-dir", static]


def measured(chats: int, ramp_s: float, hold_s: float) -> dict[str, Any]:
    """The JSON of one load test against a fresh server. A failed step is no reason to stop: it is in the table."""
    with serving(shipped) as (port, pid):
        plan = {
            "chats": chats,
            "ramp": ramp_s,
            "duration": hold_s,
            "texts": TEXTS,
            "pause": PAUSE_S,
            "polling": POLLING,
        }
        flags = [f"--{name}={value}" for name, value in plan.items()]
        command = [
            sys.executable,
            "-m",
            "omefree",
            "load",
            f"http://127.0.0.1:{port}",
            f"--pid={pid}",
            "--json",
            *flags,
        ]
        done = subprocess.run([*on_core(LOAD_CORE), *command], stdout=subprocess.PIPE, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def row(found: dict[str, Any]) -> str:
    """A line of the table."""
    process = found["process"]
    sizing = process["sizing"]
    cells = (
        f"{found['plan']['chats']:,}",
        f"{process['visitors']:,.0f}",
        f"{process['cores']:.3f}",
        f"{process['memory_before_bytes'] / 1e6:.1f}",
        f"{process['memory_bytes'] / 1e6:.1f}",
        f"{sizing['cpu_us']:,.0f}" if sizing else "",
        f"{sizing['visitor_bytes'] / 1000:.1f}" if sizing else "",
        f"{found['steps']['text']['p99_ms']:.2f}",
        f"{found['load']['cores']:.2f}",
        f"{sum(each['times'] for each in found['errors']):,}",
    )
    return f"| {' | '.join(cells)} |"


def answers(found: dict[str, Any]) -> str:
    """What the largest test comes to."""
    sizing = found["process"]["sizing"]
    if sizing is None:
        return "The load was too small to say what machines it takes."
    return f"""By the largest of these (docs/sizing.md has the arithmetic):

| | |
|---|---|
| one core, 70 % full, carries | {sizing["core_visitors"]:,} such visitors |
| 1 GB for the server alone holds | {sizing["gb_visitors"]:,} such visitors |
| 10,000 such visitors need | {sizing["many_cores"]:.2f} cores and {sizing["many_bytes"] / 1e6:,.0f} MB |"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, nargs="+", default=CHATS)
    parser.add_argument("--ramp", type=float, default=VISIT_S, help="a whole visit, so that all steps are mixed")
    parser.add_argument("--duration", type=float, default=HOLD_S)
    args = parser.parse_args()
    busy = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    found = [measured(chats, args.ramp, args.duration) for chats in args.chats]
    machine = f"{platform.machine()}, Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
    text = f"""# What visitors cost

Written by `python -m bench.sizing` on {datetime.date.today()}: one core for the server and one for the load,
{machine}. The load average before (1, 5 and 15 minutes): {busy}.

The chats are video chats of {TEXTS} texts, one every {PAUSE_S:g} s. Three of them are a visit. {POLLING:.0%} of the
visitors use long-polling. All came within {args.ramp:g} s, and then {args.duration:g} s were measured.

| {" | ".join(COLUMNS)} |
|{"--:|" * len(COLUMNS)}
{chr(10).join(map(row, found))}

{answers(found[-1])}
"""
    (HERE / "SIZING.md").write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
