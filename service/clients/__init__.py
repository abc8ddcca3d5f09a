"""Who may call: the clients file, and the codes of their sites."""
