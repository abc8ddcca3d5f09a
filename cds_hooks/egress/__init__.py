"""The way out: the servers that may be called, the addresses they may have, and one bounded exchange with one of them."""
