"""How long a server takes from its start to its first answer. `python -m bench.start [TIMES]`."""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException

TIMES = 9
GOAL_MS = 500


def free_port() -> int:
    """A TCP port that nobody has."""
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        return int(sock.getsockname()[1])


def answers(port: int) -> bool:
    """Whether `/healthz` says that the server is up."""
    with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/healthz")
        return bool(json.load(connection.getresponse())["status"] == "ok")
    return False


def start_ms() -> float:
    """Milliseconds from the start of the program to its first answer. A server that ends instead ends this, too."""
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--stun-port", "0", "--log-level", "error"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OMEFREE_", "PYTHONMALLOC"))}
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", "omefree", "serve", *options], env=env) as server:
        while not answers(port):
            if server.poll() is not None:
                raise SystemExit("the server has ended")
            time.sleep(0.002)
        took = time.perf_counter() - began
        server.terminate()
    return took * 1000


def main(args: list[str]) -> None:
    times = sorted(start_ms() for _ in range(int(args[0]) if args else TIMES))
    median, spread = statistics.median(times), f"{times[0]:.0f} to {times[-1]:.0f}"
    sys.stdout.write(f"start to first answer: median {median:.0f} ms, {spread} (goal: {GOAL_MS})\n")


if __name__ == "__main__":
    main(sys.argv[1:])
