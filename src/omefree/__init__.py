"""OmeFree: random video and text chat between two strangers, with nothing kept."""

__version__ = "0.1.0"
