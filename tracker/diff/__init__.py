"""What changed between two versions: entries paired, fields compared, impact judged. Pure."""
