"""One file per markup: a generation's facts -> a page. Only the layout differs."""
