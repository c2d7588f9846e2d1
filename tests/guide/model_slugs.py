"""Sizes and variants of Code Llama."""

SIZES = ("7b", "13b", "34b", "70b")
VARIANTS = ("base", "python", "instruct")
