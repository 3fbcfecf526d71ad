"""What is held of a visitor and what is promised: one inventory, from which page, logs and tests are made."""
