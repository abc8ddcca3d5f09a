"""Whether a deployment is sound, seen from inside: what is wrong with it in words, and what would help."""
