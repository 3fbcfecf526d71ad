import ast
import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from omefree import logs

SOURCE = Path(logs.__file__).parent
PLANTED = ["203.0.113.77", "2001:db8::77", "jazz-and-tulips", "Zm9vYmFyLXRva2Vu", "visitor@example.org"]
EVERYTHING = " ".join(PLANTED)


class PlantedError(Exception):
    pass


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What reaches stderr at the most verbose level, as JSON lines."""
    hooks = sys.excepthook, sys.unraisablehook
    showwarning = warnings.showwarning
    stream = io.StringIO()
    logs.setup("debug", "json", stream)
    yield stream
    for planted in PLANTED:
        assert planted not in stream.getvalue()
    sys.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(False)
    warnings.showwarning = showwarning
    logging.getLogger().handlers.clear()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_with_its_keys(written: io.StringIO) -> None:
    logs.log.info("serving", url="http://localhost:8000", version="0.1.0")
    assert lines(written) == [{"event": "serving", "level": "info", "url": "http://localhost:8000", "version": "0.1.0"}]


def test_an_unlisted_event_and_unlisted_keys_are_dropped(written: io.StringIO) -> None:
    logs.log.warning(EVERYTHING)
    logs.log.info("stopped", seconds=1.5, address=PLANTED[0], text=EVERYTHING)
    logs.log.info("stopped %s", EVERYTHING)
    assert lines(written) == [
        {"event": "unlisted", "level": "warning"},
        {"event": "stopped", "level": "info", "seconds": 1.5},
        {"event": "unlisted", "level": "info"},
    ]


@pytest.mark.parametrize("planted", [*PLANTED, EVERYTHING, PLANTED, {"a": EVERYTHING}, PlantedError(EVERYTHING), None])
def test_a_listed_key_takes_only_its_own_kind(written: io.StringIO, planted: object) -> None:
    for event, keys in logs.EVENTS.items():
        for key in keys - {"version"}:
            if not (key == "logger" and planted == "Zm9vYmFyLXRva2Vu"):  # a logger's name comes from the code
                logs.log.error(event, **{key: planted})
    assert written.getvalue()


def test_an_exception_is_its_class_alone(written: io.StringIO) -> None:
    logs.log.error("internal_error", error=PlantedError(EVERYTHING), code="internal", transport="polling")
    assert lines(written)[0] == {
        "event": "internal_error",
        "level": "error",
        "error": "PlantedError",
        "code": "internal",
        "transport": "polling",
    }


@pytest.mark.parametrize("name", ["uvicorn.error", "uvicorn.access", "picows", "asyncio", "omefree.engine.glue"])
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


def test_warnings_and_crashes(written: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(EVERYTHING, stacklevel=1)
    sys.excepthook(PlantedError, PlantedError(EVERYTHING), None)
    assert lines(written) == [
        {"event": "foreign", "level": "warning", "logger": "py.warnings"},
        {"event": "crash", "level": "critical", "error": "PlantedError"},
    ]


def test_below_the_level_nothing_is_written() -> None:
    stream = io.StringIO()
    logs.setup("error", "text", stream)
    logs.log.warning("stun_off", port=3478)
    logging.getLogger("uvicorn.error").warning("x")
    logs.log.error("crash", error=ValueError)
    logging.getLogger().handlers.clear()
    logging.captureWarnings(False)
    assert stream.getvalue() == "level=error event=crash error=ValueError\n"


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
