"""Parsers for single cells: ports, hosts, addresses, components, requirement."""
