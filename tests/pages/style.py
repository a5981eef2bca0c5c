"""The style sheet and the script that every sample page carries inline. No facts."""

from __future__ import annotations

from typing import Final

STYLE: Final = """\
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; color: #1d2733; background: #fff; line-height: 1.55;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: #0a58a8; text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
h1, h2, h3, h4, h5, h6 { line-height: 1.2; margin: 1.6em 0 .5em; color: #10202f; }
h1 { font-size: 2.2rem; } h2 { font-size: 1.6rem; } h3 { font-size: 1.25rem; }
code, kbd { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .92em; }
.screen-reader-text { position: absolute; left: -10000px; width: 1px; height: 1px; }
.top-banner { background: #10395c; color: #fff; text-align: center; padding: 8px; }
.top-banner p { margin: 0; }
.site-header { display: flex; gap: 24px; align-items: center; padding: 14px 4vw;
  border-bottom: 1px solid #dde4eb; }
.site-logo { font-weight: 700; font-size: 1.3rem; }
.main-menu .menu, .main-menu .sub-menu { list-style: none; margin: 0; padding: 0; }
.main-menu > .menu { display: flex; gap: 20px; }
.main-menu .menu-item { position: relative; }
.main-menu .sub-menu { display: none; position: absolute; min-width: 220px;
  padding: 8px 12px; background: #fff; box-shadow: 0 4px 18px rgba(16, 32, 47, .16); }
.main-menu .menu-item:hover .sub-menu, .menu-item:focus-within .sub-menu {
  display: block; }
.site-main { max-width: 1180px; margin: 0 auto; padding: 24px 4vw; }
.breadcrumb { font-size: .9rem; color: #5b6b7b; }
.breadcrumb .icon { font-family: ETmodules, sans-serif; }
.doc-table { width: 100%; border-collapse: collapse; margin: 0 0 2em; }
.doc-table th, .doc-table td { border: 1px solid #c9d3dd; padding: 8px 10px;
  vertical-align: top; text-align: left; }
.doc-table th { background: #eef3f8; }
.doc-table caption { text-align: left; font-weight: 600; padding: 8px 0; }
.doc-table ul { margin: .3em 0 0; padding-left: 1.2em; }
.pb-section { padding: 4% 0; }
.pb-row { display: flex; width: 100%; }
.pb-row::after { content: ""; display: block; clear: both; }
.pb-column { flex: 1 1 20%; padding: 0 6px; }
.pb-column_1_5 { width: 20%; } .pb-column_4_4 { width: 100%; }
.pb-module { border-bottom: 1px solid #c9d3dd; padding: 6px 0; }
.pb-module.pb-head { font-weight: 600; background: #eef3f8; }
.pb-light { background-color: #fafcfe; }
.columns { display: grid; grid-template-columns: 2fr 1fr 2fr 4fr 1fr; gap: 10px; }
.card-grid { display: grid; gap: 18px; grid-template-columns: repeat(3, 1fr); }
.card { border: 1px solid #dde4eb; border-radius: 8px; padding: 18px; }
.button { display: inline-block; background: #0a58a8; color: #fff; padding: 10px 18px;
  border-radius: 4px; margin: 4px 8px 4px 0; }
.note { border-left: 4px solid #0a58a8; background: #f1f7fc; padding: 10px 16px; }
.site-footer { display: flex; flex-wrap: wrap; gap: 40px; padding: 30px 4vw;
  margin-top: 60px; background: #10202f; color: #d4dee8; }
.site-footer a { color: #9ccaf5; } .site-footer h6 { color: #fff; margin: 0 0 8px; }
.site-footer__note { flex-basis: 100%; font-size: .85rem; }
@media (max-width: 800px) {
  .pb-row, .site-header, .main-menu > .menu { flex-direction: column; }
  .columns, .card-grid { grid-template-columns: 1fr; }
}
"""

SCRIPT: Final = """\
(function () {
  "use strict";
  var hosts = { metrics: "stats.example.com", version: "5.221.608.1", port: 8443 };
  var menu = document.querySelector(".main-menu");
  if (menu) {
    menu.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { document.activeElement.blur(); }
    });
  }
  window.siteSettings = { hosts: hosts, breakpoints: [480, 800, 1180] };
}());
"""
