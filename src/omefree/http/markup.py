"""HTML as an expression: `element("p", "a < b")` is `<p>a &lt; b</p>`. What is not Markup is escaped."""

import html

VOID = {"img", "link", "meta"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, /, *children: str, **attributes: str | None) -> Markup:
    """One element. In names a trailing underscore is dropped (`class_`), others become hyphens; None is left out."""
    given = "".join(f' {attribute(k)}="{html.escape(v)}"' for k, v in attributes.items() if v is not None)
    return Markup(f"<{tag}{given}>" if tag in VOID else f"<{tag}{given}>{join(*children)}</{tag}>")


def attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def join(*children: str) -> Markup:
    return Markup(
        "".join(child if isinstance(child, Markup) else html.escape(child, quote=False) for child in children)
    )
