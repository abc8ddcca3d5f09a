"""What is known: value sets, findings, rules, nerves, phrases and evidence as files a clinician can review, and their loading."""
