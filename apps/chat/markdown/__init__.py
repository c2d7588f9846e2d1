"""Replies as HTML: Markdown by markdown-it-py, code by Pygments, cleaned by nh3, block by block."""
