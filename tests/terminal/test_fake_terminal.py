"""The terminal of these tests refuses what would do harm to a real one."""

import pytest

from tests.terminal.fake_terminal import FakeTerminal


@pytest.mark.parametrize(
    "sent",
    [
        "\a",  # a bell
        "\x7f",
        "\x9b31m",  # CSI in eight bits
        "\x1b]0;title\a",
        "\x1b]52;c;aGk=\a",  # the clipboard
        "\x1b[6n",  # a question, which the terminal answers as if keys were pressed
        "\x1b[>c",
        "\x1bc",
        "\x1bP+q\x1b\\",
        "safe \x1b[31mred\x1b[0m and \x1b[5i",
    ],
)
def test_what_no_program_of_ours_sends_is_refused(sent: str) -> None:
    with pytest.raises(AssertionError, match="no program of ours sends"):
        FakeTerminal(2, 20).write(sent)


def test_a_sequence_may_come_in_pieces() -> None:
    screen = FakeTerminal(2, 20)
    for piece in ("a\x1b", "[3", "1mb", "\x1b[0m\r\nc"):
        screen.write(piece)
    assert screen.text == "ab\nc"
    assert screen.colours
