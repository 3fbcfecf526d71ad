"""The blind relay: what two visitors say is sealed in their programs (docs/blind-relay.md). PURE."""
