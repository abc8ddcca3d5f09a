"""How we speak: cards, their wording and the actions they offer."""
