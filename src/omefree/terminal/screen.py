"""The screen, made with prompt_toolkit: a history that scrolls, a row of hints, the input, the status."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import (
    BufferControl,
    Dimension,
    FormattedTextControl,
    HSplit,
    Layout,
    UIContent,
    UIControl,
    Window,
)
from prompt_toolkit.layout.processors import AfterInput, ConditionalProcessor
from prompt_toolkit.mouse_events import MouseEvent, MouseEventType
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style

from omefree.terminal import view
from omefree.terminal.model import Model
from omefree.words.catalogue import Words

WHEEL_ROWS = 3
ESCAPE_S = 0.25  # how long Esc waits for a letter, which would make it Alt with that letter
KEY_S = 0.05  # how long an escape character waits for the rest of a longer key, which may come over a network
INPUT_SHARE = 4  # the input has at most one in so many rows
STYLE = Style.from_dict(
    {
        "header": "reverse bold",
        "status": "reverse",
        "title": "bold",
        "note": "italic",
        "warning": "bold ansired",
        "theirs": "bold ansimagenta",
        "mine": "bold ansiblue",
        "sign": "ansigreen",
        "placeholder": "italic ansigray",
        "nbsp": "nounderline fg:default",  # prompt_toolkit would highlight French no-break spaces
    }
)


class History(UIControl):
    """The rows of the history. `up` rows are scrolled out below; new rows do not move those that are being read."""

    def __init__(self, words: Words, model: Callable[[], Model]) -> None:
        self._paper = view.Paper(words)
        self._model = model
        self._count = 0
        self._height = 1
        self.up = 0

    def create_content(self, width: int, height: int) -> UIContent:
        """The rows that are visible now. Called by prompt_toolkit at each painting."""
        rows = self._paper.rows(self._model(), max(width, 2))
        if self.up:
            self.up += max(0, len(rows) - self._count)
        self._count, self._height = len(rows), height
        self.scroll(0)
        end = len(rows) - self.up
        shown = rows[max(0, end - height) : end]
        shown = [[] for _ in range(height - len(shown))] + shown  # the last row is just above the input
        return UIContent(get_line=lambda i: list(shown[i]), line_count=len(shown), show_cursor=False)

    def scroll(self, rows: int) -> None:
        """Scrolls by rows, up if positive, within the history."""
        self.up = min(max(0, self.up + rows), max(0, self._count - self._height))

    def page(self, pages: int) -> None:
        """Scrolls by pages, up if positive; one row of the old page stays."""
        self.scroll(pages * max(1, self._height - 1))

    def mouse_handler(self, mouse_event: MouseEvent) -> None:
        """Scrolls with the wheel. Called by prompt_toolkit."""
        if mouse_event.event_type is MouseEventType.SCROLL_UP:
            self.scroll(WHEEL_ROWS)
        elif mouse_event.event_type is MouseEventType.SCROLL_DOWN:
            self.scroll(-WHEEL_ROWS)


class Screen:
    """`model` gives the model at each painting. `entered` gets a line and returns whether the input can be cleared.

    `typed` is called when the input changes, `escaped` at Esc.
    """

    def __init__(
        self,
        words: Words,
        model: Callable[[], Model],
        *,
        entered: Callable[[str], bool],
        typed: Callable[[str], None],
        escaped: Callable[[], None],
        input_: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._words = words
        self._model = model
        self._entered = entered
        self._escaped = escaped
        self._history = History(words, model)
        self.draft = Buffer(multiline=True, on_text_changed=lambda buffer: typed(buffer.text))
        self.app: Application[None] = Application(
            layout=Layout(self._rows(), focused_element=self.draft),
            key_bindings=self._keys(),
            style=STYLE,
            full_screen=True,
            mouse_support=True,
            editing_mode=EditingMode.EMACS,
            input=input_,
            output=output,
        )
        self.app.timeoutlen = ESCAPE_S
        self.app.ttimeoutlen = KEY_S

    def to_the_end(self) -> None:
        """Scrolls to the newest row."""
        self._history.up = 0

    # --- layout ---

    def _rows(self) -> HSplit:
        return HSplit(
            [
                self._row(view.header, style="class:header"),
                Window(self._history, always_hide_cursor=True),
                self._row(self._above),
                Window(
                    self._input(),
                    height=self._input_height,
                    wrap_lines=True,
                    dont_extend_height=True,
                    get_line_prefix=lambda row, wrapped: "> " if row == wrapped == 0 else "  ",
                ),
                self._row(view.status, style="class:status"),
            ]
        )

    def _row(self, paint: Callable[[Model, Words, int], view.Row], style: str = "") -> Window:
        def text() -> StyleAndTextTuples:
            return list(paint(self._model(), self._words, get_app().output.get_size().columns))

        return Window(FormattedTextControl(text), height=1, style=style)

    def _above(self, model: Model, words: Words, width: int) -> view.Row:
        return view.above_input(model, words, width, self._history.up)

    def _input(self) -> BufferControl:
        hint = AfterInput(lambda: view.placeholder(self._model(), self._words), style="class:placeholder")
        is_empty = Condition(lambda: not self.draft.text)
        return BufferControl(self.draft, input_processors=[ConditionalProcessor(hint, is_empty)])

    def _input_height(self) -> Dimension:
        return Dimension(min=1, max=max(1, get_app().output.get_size().rows // INPUT_SHARE))

    # --- keys ---

    def _keys(self) -> KeyBindings:
        acts: dict[tuple[str, ...], Callable[[], None]] = {
            ("enter",): self._enter,
            ("escape", "enter"): lambda: self.draft.insert_text("\n"),
            ("escape",): self._escaped,
            ("escape", "escape"): self._escape_twice,
            ("pageup",): partial(self._history.page, 1),
            ("pagedown",): partial(self._history.page, -1),
            ("c-c",): self.quit,
            ("c-d",): self._end_of_input,
        }
        keys = KeyBindings()
        for names, act in acts.items():
            keys.add(*names)(partial(pressed, act))
        return keys

    def _enter(self) -> None:
        if self._entered(self.draft.text):
            self.draft.reset()  # clears the undo stack as well
            self.to_the_end()

    def _escape_twice(self) -> None:
        self._escaped()
        self._escaped()

    def _end_of_input(self) -> None:
        if self.draft.text:
            self.draft.delete()
        else:
            self.quit()

    def quit(self, mistake: BaseException | None = None) -> None:
        """Ends `run`, which raises `mistake` if there is one."""
        if not self.app.is_running or self.app.future is None or self.app.future.done():
            return
        if mistake is None:
            self.app.exit()
        else:
            self.app.exit(exception=mistake)

    async def run(self) -> None:
        """Shows the screen until `quit`."""
        await self.app.run_async(handle_sigint=False)


def pressed(act: Callable[[], None], event: KeyPressEvent) -> None:
    """Adapts an action without arguments to prompt_toolkit's key handlers."""
    act()
