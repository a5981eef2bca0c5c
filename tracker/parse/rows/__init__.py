"""Turns the tables of a page into typed rows, finds their regions, and reports doubts."""
