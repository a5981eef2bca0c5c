"""What a single cell says: ports, hosts, addresses, components, requirement."""
