import ast
import asyncio
import errno
import faulthandler
import gc
import io
import ipaddress
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvloop

from omefree import __version__, logs
from omefree.privacy.loggable import EVENTS
from tests.privacy.planted import betrayed, quiet

SOURCE = Path(logs.__file__).parent
PLANTED = ["203.0.113.77", "2001:db8::77", "jazz-and-tulips", "Zm9vYmFyLXRva2Vu", "visitor@example.org"]
EVERYTHING = " ".join(PLANTED)
SECOND_0 = "1970-01-01T00:00:00Z"


class PlantedError(Exception):
    pass


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What reaches stderr at the most verbose level, as JSON lines."""
    with quiet("json") as stream:
        yield stream
    assert betrayed(stream.getvalue(), PLANTED) == {}


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Each line, without its time."""
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert all(line.pop("time") == SECOND_0 for line in found)
    return found


def test_an_event_with_its_keys(written: io.StringIO) -> None:
    logs.log.info("serving", url="http://localhost:8000", version=__version__)
    assert lines(written) == [
        {"event": "serving", "level": "info", "url": "http://localhost:8000", "version": __version__}
    ]


def test_an_unlisted_event_and_unlisted_keys_are_dropped(written: io.StringIO) -> None:
    logs.log.warning(EVERYTHING)
    logs.log.info("stopped", seconds=1.5, address=PLANTED[0], text=EVERYTHING)
    logs.log.info("stopped %s", EVERYTHING)
    assert lines(written) == [
        {"event": "unlisted", "level": "warning"},
        {"event": "stopped", "level": "info", "seconds": 1.5},
        {"event": "unlisted", "level": "info"},
    ]


ADDRESS_AS_NUMBER = int(ipaddress.ip_address(PLANTED[0]))
ODD = [PLANTED, {"a": EVERYTHING}, PlantedError(EVERYTHING), ADDRESS_AS_NUMBER, -1, float("nan"), EVERYTHING.encode()]


@pytest.mark.parametrize("planted", [*PLANTED, EVERYTHING, *ODD, None], ids=repr)
def test_a_listed_key_takes_only_its_own_kind(written: io.StringIO, planted: object) -> None:
    for event, keys in EVENTS.items():
        for key in keys:
            logs.log.error(event, **{key: planted})
    left = {value for line in lines(written) for key, value in line.items() if key not in ("level", "event")}
    assert left <= {"PlantedError"}


def test_a_logger_is_named_after_a_library(written: io.StringIO) -> None:
    logging.getLogger("picows." + PLANTED[3]).warning("x")
    logging.getLogger(PLANTED[0]).warning("x")
    logging.getLogger("omefree.engine.http_connection").warning("x")
    assert [line.get("logger") for line in lines(written)] == [None, None, "omefree.engine.http_connection"]


def test_an_exception_is_its_class_alone(written: io.StringIO) -> None:
    logs.log.error("internal_error", error=PlantedError(EVERYTHING), code="internal", transport="polling")
    assert lines(written)[0] == {
        "event": "internal_error",
        "level": "error",
        "error": "PlantedError",
        "code": "internal",
        "transport": "polling",
    }


@pytest.mark.parametrize(
    "name", ["uvicorn.error", "uvicorn.access", "picows", "asyncio", "omefree.engine.http_connection"]
)
def test_of_others_only_level_logger_and_class_get_through(
    written: io.StringIO, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger(name)
    monkeypatch.setattr(logger, "propagate", True)  # a server of another test has silenced uvicorn.access
    logger.info("%s - GET /?%s", PLANTED[0], EVERYTHING)
    logger.debug(EVERYTHING, extra={"peer": PLANTED[1]})
    try:
        raise PlantedError(EVERYTHING)
    except PlantedError:
        logger.exception("failed: %s", EVERYTHING)
    assert lines(written) == [
        {"event": "foreign", "level": "debug", "logger": name},
        {"event": "foreign", "level": "debug", "logger": name},
        {"event": "foreign", "level": "error", "logger": name, "error": "PlantedError"},
    ]


def test_levels_that_only_others_have(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").setLevel(5)
    logging.getLogger("uvicorn.error").log(5, EVERYTHING)
    logging.getLogger("uvicorn.error").log(35, EVERYTHING)
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)
    assert [line["level"] for line in lines(written)] == ["debug", "warning"]


def test_a_broken_log_call_says_nothing(written: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("picows").info("%d", EVERYTHING)
    assert capsys.readouterr() == ("", "")


def test_warnings(written: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(EVERYTHING, stacklevel=1)
    assert lines(written) == [{"event": "foreign", "level": "warning", "logger": "py.warnings"}]


class Unraisable:
    def __del__(self) -> None:
        fail()


def fail() -> None:
    raise PlantedError(EVERYTHING)


def in_a_thread() -> None:
    thread = threading.Thread(target=fail, name=EVERYTHING)
    thread.start()
    thread.join()


CRASHES: dict[str, Callable[[], object]] = {
    "of the program": lambda: sys.excepthook(PlantedError, PlantedError(EVERYTHING), None),
    "of a destructor": Unraisable,
    "of a thread": in_a_thread,
}


@pytest.mark.parametrize("how", CRASHES)
def test_a_crash_is_a_class(written: io.StringIO, capfd: pytest.CaptureFixture[str], how: str) -> None:
    CRASHES[how]()
    [line] = lines(written)
    assert (line["event"], line["error"]) == ("crash", "PlantedError")
    assert capfd.readouterr() == ("", "")


async def failing_task() -> None:
    fail()


async def trouble() -> None:
    """What a loop tells its exception handler: of a callback, a task, a transport, a peer that talks nonsense."""
    loop = asyncio.get_running_loop()
    loop.call_soon(fail)
    task = asyncio.create_task(failing_task(), name=EVERYTHING)
    await asyncio.wait({task})
    del task
    loop.call_exception_handler({"message": EVERYTHING, "exception": PlantedError(EVERYTHING), "transport": PLANTED})
    server = await loop.create_server(Bad, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(EVERYTHING.encode())
    await writer.drain()
    await Bad.failed.wait()
    writer.close()
    server.close()


class Bad(asyncio.Protocol):
    """Fails with what it was sent."""

    failed: asyncio.Event = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        Bad.failed.set()
        raise PlantedError(data)


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.SelectorEventLoop,
}


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("loop", LOOPS)
def test_what_a_loop_has_to_say(
    written: io.StringIO, capfd: pytest.CaptureFixture[str], loop: str, debug: bool
) -> None:
    Bad.failed = asyncio.Event()
    with asyncio.Runner(loop_factory=LOOPS[loop], debug=debug) as runner:
        runner.run(trouble())
        gc.collect()  # a task that failed is told of when it goes
    told = [line for line in lines(written) if line["level"] == "error"]
    assert [line["event"] for line in told] == ["foreign"] * 4
    assert {(line["logger"], line["error"]) for line in told} == {("asyncio", "PlantedError")}
    assert capfd.readouterr() == ("", "")


def test_a_logger_cut_off_from_the_root_goes_through_it_too(
    written: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As uvicorn does with `uvicorn.access`; pytest listens to whatever is cut off when a test begins."""
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "propagate", False)
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "handlers", [])
    logging.getLogger("uvicorn.access").error(EVERYTHING)
    assert lines(written) == [{"event": "foreign", "level": "error", "logger": "uvicorn.access"}]
    assert capfd.readouterr() == ("", "")


def test_faulthandler_tells_places_in_the_code_alone(tmp_path: Path) -> None:
    """It writes past us, if PYTHONFAULTHANDLER turns it on; what it writes has no value in it."""
    local = EVERYTHING
    with (tmp_path / "dump").open("w+") as dump:
        faulthandler.dump_traceback(dump)
    assert betrayed((tmp_path / "dump").read_bytes(), [*PLANTED, local]) == {}


PRINTING = {"print", "print_exc", "print_exception", "print_stack", "echo", "secho", "pprint", "breakpoint", "write"}
# The command line's, before anybody is here; `write` of the report of `omefree simulate`.
PRINTS = {"cli.py", "printing.py", "settings.py", "privacy/document.py", "seal/emoji.py"}
PRINTS |= {"logs.py", "process/outlet.py"}  # the log itself
PRINTS |= {"operator/writer.py"}  # of the operator's commands: the server does not even have it
PRINTS |= {"contract/typescript.py", "words/typescript.py"}


BESIDE = ("terminal/", "load/", "deploy/")  # no part of the server


def test_nothing_of_ours_writes_past_the_log() -> None:
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        called = {
            ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        }
        past = {call for call in called if call.rpartition(".")[2] in PRINTING and not call.endswith("transport.write")}
        assert name in PRINTS or name.startswith(BESIDE) or past == set(), name


def test_below_the_level_nothing_is_written() -> None:
    with quiet("text", "error") as stream:
        logs.log.warning("stun_off", port=3478)
        logging.getLogger("uvicorn.error").warning("x")
        logs.log.error("crash", error=ValueError)
        assert stream.getvalue() == f"time={SECOND_0} level=error event=crash error=ValueError\n"


def test_a_line_of_json_begins_with_the_time_too(written: io.StringIO) -> None:
    logs.log.info("reloaded")
    assert written.getvalue() == f'{{"time": "{SECOND_0}", "level": "info", "event": "reloaded"}}\n'


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.EADDRINUSE, "in_use"), (errno.EACCES, "not_permitted"), (errno.ENOENT, "missing"), (errno.EIO, "other")],
)
def test_what_the_system_refuses_is_told_by_a_word(written: io.StringIO, number: int, reason: str) -> None:
    logs.log.warning("stun_off", port=3478, reason=logs.reason_of(OSError(number, EVERYTHING)))
    assert lines(written) == [{"level": "warning", "event": "stun_off", "port": 3478, "reason": reason}]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in logs.LEVELS:
            where = node.func.value
            if ast.unparse(where) in ("log", "logs.log"):
                yield node


def test_every_line_that_we_log_is_listed() -> None:
    for path in SOURCE.rglob("*.py"):
        source = path.read_text()
        if "structlog" not in source and "logs" not in source:
            continue  # the engine writes to the standard library's logger, whose texts are dropped
        for call in calls(ast.parse(source)):
            event = ast.literal_eval(call.args[0])
            keys = {keyword.arg: 0 for keyword in call.keywords}
            assert logs.listed(event, {str(key): 0 for key in keys}), f"{path.name}:{call.lineno}"
