"""What all items of nodes have in common (nodes.py, moving.py)."""

from msgspec import Struct


class Item(Struct, array_like=True, gc=False):
    """One thing that a node says to another: its name, which is the tag, and its fields. Nothing in it refers back."""
