import pytest

from omefree.terminal.commands import Command, Speech, Unknown, Vocabulary
from tests.words.speak import EN, FR


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("hello", Speech("hello")),
        ("  hello\nthere ", Speech("hello\nthere")),
        ("//usr/bin", Speech("/usr/bin")),
        ("a /next", Speech("a /next")),
        ("", None),
        ("  \n", None),
        ("/next", Command("next")),
        ("/NEXT ", Command("next")),
        ("/exit", Command("quit")),
        ("/?", Command("help")),
        ("/verify", Command("verify")),
        ("/verify differs", Command("differs")),
        ("/report spam", Command("report", "spam")),
        ("/report", Command("report")),
        ("/report boring", Command("report")),
        ("/nxt", Unknown("/nxt")),
        ("/differs", Unknown("/differs")),
        ("/", Unknown("/")),
        ("/suivant", Unknown("/suivant")),
    ],
)
def test_english(typed: str, understood: object) -> None:
    assert Vocabulary(EN, EN).parse(typed) == understood


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("/suivant", Command("next")),
        ("/next", Command("next")),
        ("/arrêter", Command("stop")),
        ("/vérifier différent", Command("differs")),
        ("/signaler nudité", Command("report", "nudity")),
        ("/signaler pub", Command("report", "spam")),
        ("/report spam", Command("report", "spam")),
    ],
)
def test_french(typed: str, understood: object) -> None:
    assert Vocabulary(EN, FR).parse(typed) == understood
