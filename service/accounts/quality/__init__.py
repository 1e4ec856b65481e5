"""How good a list is for matching: what its accounts can be matched by, what is wrong with them, and what mending it brings."""
