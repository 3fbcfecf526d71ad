"""The policy is dated, made from the settings, and says only what is true of them."""

import datetime
import json
import re
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from omefree.contract import limits
from omefree.privacy.claims import CLAIMS
from omefree.privacy.document import document
from omefree.privacy.inventory import COLUMNS, DATA
from omefree.privacy.policy import DATED, Here, Policy, as_json, commands, dated_sha256, policy, text_sha256
from omefree.words import catalogue as words_of
from omefree.words.catalogue import Catalogue, catalogue
from tests.privacy.here import BARE, CLOSED, FULL
from tests.words.speak import EN, FR

ROOT = Path(__file__).parents[2]
FOLDER = Path(words_of.__file__).parent


@pytest.mark.parametrize("lang", catalogue().languages)
def test_the_text_carries_the_date_of_its_last_change(lang: str) -> None:
    words = catalogue().words(lang)
    assert words.policy_sha256 == dated_sha256(words), (
        f"a text of the policy or its date was changed. In src/omefree/privacy/policy.py set DATED to the day of the "
        f"change (it is {DATED}); policy_sha256 in src/omefree/words/{lang}.toml is then, unless DATED still changes, "
        f"{dated_sha256(words)}"
    )
    assert datetime.date.fromisoformat(DATED)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("key", ["claim.no-sale.says", "data.apart.how_long", "row.turn", "value.yes"])
def test_no_text_changes_without_the_hash(tmp_path: Path, lang: str, key: str) -> None:
    for file in FOLDER.iterdir():
        if file.suffix in (".toml", ".json"):
            (tmp_path / file.name).write_text(file.read_text())
    file, name = tmp_path / f"{lang}.toml", f'"{key}" = "'
    assert name in file.read_text()
    file.write_text(file.read_text().replace(name, f"{name}Not so. "))
    assert text_sha256(Catalogue(tmp_path)) != text_sha256(catalogue())


def test_no_date_changes_without_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    before = text_sha256(catalogue())
    monkeypatch.setattr("omefree.privacy.policy.DATED", "2000-01-01")
    assert text_sha256(catalogue()) != before


def ids(here: Here) -> set[str]:
    return {claim.id for claim in policy(here).claims}


def test_a_claim_is_made_only_where_it_is_true() -> None:
    every = {claim.id for claim in CLAIMS}
    assert ids(FULL) == every
    assert ids(BARE) == every - {"turn-sealed", "no-trace"}
    assert ids(structs.replace(BARE, turn=True)) == every - {"no-trace"}
    assert ids(structs.replace(BARE, host=CLOSED)) == every - {"turn-sealed"}
    half = structs.replace(CLOSED, not_dumpable=False)
    assert "no-trace" not in ids(structs.replace(BARE, host=half))


def test_what_does_not_exist_yet_is_not_claimed() -> None:
    whole = json.dumps(as_json(policy(FULL), catalogue()))
    assert "Valkey" not in whole


@pytest.mark.parametrize("here", [BARE, FULL])
def test_every_hole_is_filled(here: Here) -> None:
    made = policy(here)
    keys = [key for claim in made.claims for key in (claim.says, claim.proof)]
    keys += [datum.key(column) for datum in made.data for column in COLUMNS]
    keys += [row.value for row in made.settings if row.value]
    for words in (EN, FR):
        assert not [key for key in keys if re.search(r"[{}]", words.say(key, **here.values))]


def test_the_numbers_are_the_programs_own() -> None:
    [gone] = [claim for claim in policy(FULL).claims if claim.id == "gone-at-leave"]
    seconds = limits.PING_INTERVAL_S + limits.PING_TIMEOUT_S + limits.RESUME_WINDOW_CHAT_S
    assert f"within {seconds:g} seconds" in EN.say(gone.says, **FULL.values)
    assert f"en {seconds:g}\u00a0secondes" in FR.say(gone.says, **FULL.values)
    assert "at most 10 seconds" in EN.say(gone.says, **FULL.values)


def shown(made: Policy, id_: str) -> str:
    [row] = [row for row in made.settings if row.id == id_]
    assert row.value
    return EN.say(row.value, **made.here.values)


def test_the_settings_are_shown_as_they_are() -> None:
    bare, full = policy(BARE), policy(FULL)
    assert shown(bare, "turn").startswith("none")
    assert shown(full, "turn").startswith("yes")
    assert (
        "1024 connections at once (IPv6: 128 from one household, a /64, and 1024 from one /48), 20 new ones"
        in shown(full, "connections")
    )
    assert (shown(bare, "memory_locked"), shown(full, "memory_locked")) == ("no", "yes")
    assert (shown(bare, "core_dumps_off"), shown(full, "core_dumps_off")) == (
        "possible: not switched off here",
        "never",
    )
    assert "OmeFree 1.2.3" in shown(full, "as_built")
    assert "changed after the build" in shown(policy(structs.replace(FULL, as_built=False)), "as_built")
    assert {row.id for row in full.settings} == {row.id for row in bare.settings}


def test_operators_words_are_not_a_template() -> None:
    made = policy(structs.replace(FULL, operator="{contact} & <b>"))
    assert made.operator[0].given == "{contact} & <b>"


def test_the_json_for_machines() -> None:
    told = msgspec.json.decode(msgspec.json.encode(as_json(policy(BARE), catalogue())))
    assert list(told) == ["schema", "version", "dated", "text_sha256", "claims", "data", "device", "settings", "links"]
    assert (told["schema"], told["version"]) == (1, "1.2.3")
    assert (told["dated"], told["text_sha256"]) == (DATED, text_sha256(catalogue()))
    for claim in told["claims"]:
        assert set(claim) == {"id", "says", "proof", "provable", "tests", "audit"}
        assert set(claim["says"]) == set(claim["proof"]) == set(catalogue().languages)
        assert claim["provable"] == bool(claim["tests"] or claim["audit"])
    for datum in told["data"]:
        assert set(datum) == {"id", "what", "purpose", "how_long", "seen_by", "ground", "fields", "events"}
    assert set(told["settings"]) == {
        *("accountable", "youth_officer", "help_services"),
        *("operator", "contact", "authority_contact", "hosting", "open_to_others", "turn", "processes", "seal"),
        "exchange",
        *(
            "connections",
            "connections_64",
            "connections_48",
            "connections_per_s",
            "quota_ttl_s",
            "as_built",
            "host",
            "gone_s",
            "resume_s",
            "resume_chat_s",
        ),
    }
    assert told["settings"]["contact"] is None
    assert told["settings"]["host"] == dict.fromkeys(
        ("core_dumps_off", "not_dumpable", "memory_locked", "freed_overwritten"), False
    )
    pages = {name: f"/{name}" for name in ("privacy", "terms", "safety", "legal", "status")}
    assert told["links"] == pages | {"assets": "/assets.json"}


def test_every_field_of_the_json_is_documented() -> None:
    text = (ROOT / "docs/privacy.md").read_text()
    told = as_json(policy(FULL), catalogue())
    for name in {*told, *told["settings"], *told["settings"]["host"], *told["claims"][0], *told["data"][0]}:
        assert f"`{name}`" in text


def test_names_are_anchors_and_name_one_thing() -> None:
    for entries in (CLAIMS, DATA):
        names = [entry.id for entry in entries]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[a-z-]+", name) for name in names)


def test_what_can_be_proved_has_a_command_and_a_promise_has_none() -> None:
    for claim in CLAIMS:
        assert bool(commands(claim)) == claim.provable
    by_id = {claim.id: commands(claim) for claim in CLAIMS}
    assert by_id["no-sale"] == ()
    assert by_id["ram-only"] == ("make test ARGS=tests/privacy/test_files.py", "omefree audit URL")
    assert by_id["open-web"][0] == 'make test ARGS="tests/http/test_assets.py tests/http/test_headers.py"'


def test_every_proof_that_is_named_is_there() -> None:
    named = [name for claim in CLAIMS for name in claim.tests]
    assert [name for name in named if not (ROOT / "tests" / name).is_file()] == []
    assert [
        claim.id for claim in CLAIMS if claim.tests and not (ROOT / f"tests/mutants/{claim.id}.patch").is_file()
    ] == []


def test_the_document_is_current() -> None:
    assert (ROOT / "docs/privacy.md").read_text() == document(), "run `make contract`"


def test_the_french_speaks_as_the_app_does() -> None:
    said = {key: str(text) for key, text in FR.messages.items() if key.startswith("policy.")}
    assert len(said) > 140
    for key, text in said.items():
        assert not re.search(r"'|\.\.\.", text + str(EN.messages[key])), "typographic apostrophes and dots"
        assert not re.search(r"\b(vous (avez|êtes|pouvez)|votre)\b", text, re.IGNORECASE), text
        assert (str(EN.messages[key])[-1] == ".") == (text[-1] == "."), text
