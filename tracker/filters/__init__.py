"""Which entries are used: the filters and regions of the configuration."""
