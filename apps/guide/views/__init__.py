"""The guide's pages. All are public, need no JavaScript, and answer 304 to browsers that have them."""
