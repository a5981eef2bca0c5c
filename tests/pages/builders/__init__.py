"""One file per site builder: a generation's facts in the class structure of that builder.

Unlike `markups/`, which asks what shapes a table can have, these ask what real pages put
around one: menus, consent dialogs, footers, icon fonts, tabs of their own making.
"""
