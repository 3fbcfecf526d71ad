"""The look of all pictures, by matplotlib: those of `omefree simulate` and of `omefree load`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import StringIO
from typing import TYPE_CHECKING

from omefree.errors import MissingPackage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, RULE = "#1f2328", "#59636e", "#d1d9e0"
ORANGE, BLUE = "#b35900", "#0a5cc2"  # they differ in lightness, too, and have a contrast of 4.5 : 1 on white


@contextmanager
def needs_matplotlib() -> Iterator[None]:
    """Surrounds an import of what draws. Raises MissingPackage."""
    try:
        yield
    except ImportError:
        raise MissingPackage("the picture needs matplotlib: pip install 'omefree[simulate]'") from None


def style() -> AbstractContextManager[None]:
    """The look, while it is entered."""
    from matplotlib import rc_context, rcParamsDefault

    return rc_context(
        rcParamsDefault
        | {
            "svg.hashsalt": "omefree",  # the same outcomes give the same bytes
            "svg.fonttype": "none",  # words stay text, which can be searched and read out
            "figure.constrained_layout.w_pad": 0.2,
            "figure.constrained_layout.h_pad": 0.2,
            "axes.autolimit_mode": "round_numbers",
            "text.color": INK,
            "axes.labelcolor": QUIET,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "axes.labelpad": 8.0,
            "axes.edgecolor": RULE,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.titlepad": 38.0,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.spines.left": False,
            "grid.color": RULE,
            "lines.linewidth": 2.0,
            "lines.markersize": 5.0,
            "lines.solid_capstyle": "round",
        }
    )


def legend(axes: "Axes", columns: int = 3) -> None:
    """Puts the legend between title and picture."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.03), ncols=columns, frameon=False, borderaxespad=0, borderpad=0)


def as_svg(figure: "Figure", title: str) -> str:
    """The figure as SVG. The same figure gives the same text."""
    written = StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    return written.getvalue()
