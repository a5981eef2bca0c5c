"""One file per kind of cell: text in, typed values out, or Unreadable with the cell quoted."""
