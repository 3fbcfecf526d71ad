"""The image and the composition of deploy/container. No engine runs here: linters, and what engines would be told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from hatch_build import install
from omefree.settings import load
from tests.clients.official import NODE
from tests.deploy.proxies import DEPLOY
from tests.test_server import running

CONTAINERFILE, COMPOSE = DEPLOY / "container/Containerfile", DEPLOY / "container/compose.yaml"
LINTER = Path(__file__).with_name("linter")


def last_stage() -> dict[str, list[str]]:
    """The instructions of the image itself: their arguments, by name."""
    text = CONTAINERFILE.read_text().rpartition("\nFROM ")[2].replace("\\\n", "")
    found: dict[str, list[str]] = {}
    for name, argument in re.findall(r"^([A-Z]+) +(.+)$", text, re.M):
        found.setdefault(name, []).append(argument)
    return found


def services() -> dict[str, Any]:
    return dict(YAML(typ="safe").load(COMPOSE)["services"])


def test_the_linter_finds_nothing_in_the_containerfile() -> None:
    install(LINTER)
    program = LINTER / "node_modules/dockerfile-utils/bin/dockerfile-utils"
    done = subprocess.run([NODE, program, "lint", CONTAINERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_composition_has_the_form_of_the_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    subprocess.run(command, check=True, capture_output=True)


def test_the_image_runs_as_nobody_and_starts_no_shell() -> None:
    stage = last_stage()
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", stage["USER"][-1])
    assert "RUN" not in stage
    assert [msgspec.json.decode(argument) for argument in stage["ENTRYPOINT"] + stage["CMD"]] == [
        ["omefree"],
        ["serve"],
    ]
    assert re.search(r"CMD \[", stage["HEALTHCHECK"][0])


def test_every_service_can_write_nowhere_but_to_its_volumes() -> None:
    for service in services().values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service


def test_the_settings_that_are_given_exist_and_the_mounted_files_too() -> None:
    given = dict(part.partition("=")[::2] for line in last_stage()["ENV"] for part in line.split())
    assert load({}, given).control_file == "/var/lib/omefree/control.toml"
    file = {"OMEFREE_CONFIG": str(DEPLOY / "omefree.toml")}
    told = {name: defaults(value) for name, value in services()["omefree"]["environment"].items()}
    assert load({}, {**given, **told, **file}).host == "127.0.0.1"
    for service in services().values():
        for source in (volume.partition(":")[0] for volume in service["volumes"]):
            assert not source.startswith("../") or (DEPLOY / "container" / source).exists()


def defaults(text: str) -> str:
    """A value for an environment in which nothing is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def test_valkey_runs_only_if_it_is_asked_for_as_nobody_and_its_memory_reaches_no_disk() -> None:
    valkey = services()["valkey"]
    assert valkey["profiles"] == ["nodes"]
    assert valkey["user"] == "65532:65532"
    assert valkey["ulimits"]["core"] == 0
    assert valkey["mem_limit"] == valkey["memswap_limit"]
    assert valkey["command"][1] == valkey["volumes"][0].split(":")[1]


@pytest.mark.parametrize("serves", [True, False])
def test_the_health_check_says_whether_the_server_serves(serves: bool, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>OmeFree</title>")
    [argument] = last_stage()["HEALTHCHECK"]
    _, *args = msgspec.json.decode(argument.partition("CMD ")[2])
    with running(tmp_path, "--host", "127.0.0.1", "--stun-port", "0") as server:
        if not serves:
            assert server.stop() == 0
        host, port = server.url.removeprefix("http://").split(":")
        command = [sys.executable, *(each.replace(":8000", f":{port}") for each in args)]
        done = subprocess.run(command, env=os.environ | {"OMEFREE_HOST": host}, capture_output=True, check=False)
        assert (done.returncode == 0) == serves
