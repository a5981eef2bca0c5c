"""A demonstration on sample pages, offline: loopback servers, and the steps that use them."""
