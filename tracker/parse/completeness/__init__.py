"""Whether all that looks like a requirement on the page is in an entry or in a finding."""
