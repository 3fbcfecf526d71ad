"""`python -m omefree` is `omefree`."""

from omefree.cli import main

if __name__ == "__main__":
    main()
