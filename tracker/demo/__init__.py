"""The whole job on sample pages, offline: loopback servers, and the story that uses them."""
