"""The clinic: what is known of cluneal neuropathy, how a chart is weighed against it, and what the clinician is told."""
