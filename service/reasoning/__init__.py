"""How we think: pure functions from a patient record and the knowledge to findings, assessments and silence."""
