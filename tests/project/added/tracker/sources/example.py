"""Example, a vendor whose page has one table and no regions."""

from tracker.sources import Source

SOURCE = Source(
    name="example",
    title="Example",
    url="https://www.example.com/firewall/",
    region_titles=(),
)
