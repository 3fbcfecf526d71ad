"""What the lobby costs; `make bench` writes the tables. Never part of the tests: a busy machine must not fail them."""
