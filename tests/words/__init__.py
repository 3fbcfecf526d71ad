"""The words of all languages."""
