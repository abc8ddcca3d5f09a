"""The commands of `cluneal-cds`, a module for each family of them; `app` in each is what a person can call."""
