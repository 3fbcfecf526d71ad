"""What is held of a visitor and what is promised: one inventory, from which pages, logs and tests are made."""
