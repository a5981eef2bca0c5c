"""One vendor page in, one published version out. Nothing in here knows Slack or e-mail."""

__version__ = "0.2.0"
