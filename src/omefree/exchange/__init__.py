"""Where waiting visitors meet: joining returns nothing, pairs arrive through a callback."""
