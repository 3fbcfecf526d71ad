"""How good the lobby's introductions are: an invented day, the policies that could pair it, and what can be had."""
