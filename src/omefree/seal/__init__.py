"""The blind relay: the two visitors' programs seal what goes through the server (docs/blind-relay.md). PURE."""
