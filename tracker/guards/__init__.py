"""The guard's rules, a module a family. `tracker.guard` is the way in."""
