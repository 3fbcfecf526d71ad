"""Lets `python -m omefree` run the program `omefree`."""

from omefree.launch import main

if __name__ == "__main__":
    main()
