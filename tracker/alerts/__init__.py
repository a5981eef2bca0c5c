"""Who is told what, when, and that it arrived. How a channel is spoken to is in `notifiers`."""
