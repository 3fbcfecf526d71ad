"""Measures this checkout and another one in turn: what a change costs. `python -m bench.beside ../before`.

The other checkout needs an environment of its own (`make web` there makes it). Prints medians and the ratio of the two.
"""

import argparse
from functools import partial
from pathlib import Path

from bench.measure import ROWS, Server, measure, ours

ROUNDS = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", default="", help="rows whose title contains this")
    args = parser.parse_args()
    other = str(args.other.resolve() / ".venv/bin/python")
    servers: dict[str, Server] = {"here": ours, "there": partial(ours, python=other)}
    print("| measure | here | there | here / there |\n|---|---|---|---|")  # noqa: T201  # the result
    for title, arguments, figure, _ in ROWS:
        if args.only in title:
            found = measure(arguments, figure, args.rounds, servers)
            here, there = found["here"], found["there"]
            print(f"| {title} | {here:,.2f} | {there:,.2f} | {here / there:.3f} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
