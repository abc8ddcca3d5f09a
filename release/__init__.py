"""What a release is made of, and how: the wheel, the list of what is in it, its licences, its sums. None of it runs in the service."""
