"""The wire contract: events, codes and limits, the one schema shared with the TypeScript page."""
