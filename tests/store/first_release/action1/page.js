// What a page can do better with a script. Without it, everything is still there to read.
"use strict";

const find = (selector, within = document) => [...within.querySelectorAll(selector)];

// The full address of each published file, which only the browser knows in a plain folder.
const absolute = (path) => new URL(path, document.baseURI).href;
for (const place of find("[data-url]")) {
  if (!/^https?:/.test(place.textContent)) place.textContent = absolute(place.dataset.url);
}

// Copy: a button beside each address and each block of commands.
const copied = async (text) => {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea"); // plain http has no clipboard of its own
  field.value = text;
  field.setAttribute("aria-hidden", "true");
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("not copied");
};
const status = document.createElement("p");
status.className = "skip";
status.setAttribute("role", "status");
document.body.append(status);
for (const place of find("code.url, pre[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${place.dataset.copy || place.dataset.url}`);
  button.addEventListener("click", async () => {
    const text = place.textContent.trim();
    const words = await copied(text).then(() => "Copied", () => "Not copied");
    button.textContent = words;
    status.textContent = `${words} ${place.dataset.copy || text}`;
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  place.after(button);
}

// Filter: every word must be somewhere in the row. Regions without a row left are hidden too.
for (const form of find("form.filter")) {
  const field = form.querySelector("input[type=search]");
  const told = form.querySelector("output");
  const rows = find(".region tbody tr");
  if (!field || !rows.length || field.value) continue; // the server has filtered already
  const text = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => text.get(row).includes(word));
      left += row.hidden ? 0 : 1;
    }
    for (const region of find(".region")) {
      region.hidden = !region.querySelector("tbody tr:not([hidden])");
    }
    told.textContent = words.length ? `${left} of ${rows.length} entries` : "";
  };
  field.addEventListener("input", filter);
  form.addEventListener("submit", (event) => { if (!form.hasAttribute("action")) event.preventDefault(); });
  form.hidden = false;
}

// When the page was last checked stands in the manifest, which is the one file always fresh.
for (const place of find("[data-manifest]")) {
  fetch(place.dataset.manifest, { cache: "no-cache" })
    .then((answer) => answer.json())
    .then((manifest) => {
      const late = Date.now() > Date.parse(manifest.expires);
      const checked = manifest.checked_at.replace("T", " ").replace(/:\d\dZ$/, " UTC");
      place.textContent = late
        ? `Nobody has looked since ${checked}: the tracker may be down.`
        : `Last found unchanged: ${checked}.`;
      place.classList.toggle("alert", late);
      place.hidden = false;
    })
    .catch(() => {}); // opened from a disk: no manifest to ask
}
