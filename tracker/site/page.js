// What a page can do better with a script. Without it, everything is still there to read.
"use strict";

const find = (selector, within = document) => [...within.querySelectorAll(selector)];

// Times near now are easier to read as "3 hours ago"; the exact one is the title.
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = (stamp) => {
  const seconds = (Date.parse(stamp) - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) || ["minute", 60];
  const count = Math.floor(Math.abs(seconds) / size);
  if (!count) return seconds < 0 ? "just now" : "in less than a minute";
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds < 0 ? `${words} ago` : `in ${words}`;
};
const showTimes = () => {
  for (const time of find("time.ago")) time.textContent = relative(time.dateTime);
};
showTimes();
setInterval(showTimes, 30000);

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
const copies = (button, name, getText) => {
  const label = button.textContent;
  button.setAttribute("aria-label", `${label} ${name}`);
  button.addEventListener("click", async () => {
    const done = getText().then(copied).then(() => "Copied", () => "Not copied");
    const words = await done;
    button.textContent = words;
    status.textContent = `${words} ${name}`;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
};
for (const place of find("code.url, pre[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  copies(button, place.dataset.copy || place.dataset.url, async () => place.textContent.trim());
  place.after(button);
}
// What is in a file can be asked for over HTTP only, not from a disk.
for (const button of find("button[data-content]")) {
  if (!location.protocol.startsWith("http")) continue;
  const path = button.dataset.content;
  copies(button, path, async () => {
    const answer = await fetch(path, { cache: "no-cache" });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.text();
  });
  button.hidden = false;
}

// A link to a closed part opens it.
const openTarget = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = target && target.closest("details");
  if (folded) folded.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();


// Filter, as tracker/site/search.py does it: all words somewhere in an entry, or a value that
// shares something with what the entry lists. An address is a range of numbers: [bits, first, last].
const number = (text) => {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split(".");
    if (parts.some((part) => Number(part) > 255 || (part.length > 1 && part[0] === "0"))) return null;
    return [32, parts.reduce((sum, part) => (sum << 8n) + BigInt(part), 0n)];
  }
  if (!/^[0-9a-f:]*(:\d{1,3}(\.\d{1,3}){3})?$/i.test(text) || !text.includes(":")) return null;
  const dotted = text.match(/^(.*:)(\d+\.\d+\.\d+\.\d+)$/);
  if (dotted) {
    const last = number(dotted[2]);
    if (!last) return null;
    text = `${dotted[1]}${(last[1] >> 16n).toString(16)}:${(last[1] & 0xffffn).toString(16)}`;
  }
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [left, right] = halves.map((half) => (half ? half.split(":") : []));
  const missing = 8 - left.length - (right || []).length;
  if (right ? missing < 1 : missing) return null;
  const groups = [...left, ...Array(missing).fill("0"), ...(right || [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return [128, groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n)];
};
const span = (text) => {
  const range = text.split("-");
  if (range.length === 2) {
    const [first, last] = range.map(number);
    return first && last && first[0] === last[0] && first[1] <= last[1] ? [...first, last[1]] : null;
  }
  const [address, length] = text.split("/");
  const known = number(address);
  if (!known || text.split("/").length > 2) return null;
  if (length === undefined) return [...known, known[1]];
  if (!/^\d{1,3}$/.test(length) || Number(length) > known[0]) return null;
  const rest = (1n << BigInt(known[0] - Number(length))) - 1n;
  return known[1] & rest ? null : [...known, known[1] | rest];
};
const meet = (one, other) => one[0] === other[0] && one[1] <= other[2] && other[1] <= one[2];
const HOST = /^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{2,59})$/;
const covers = (wildcard, host) => wildcard.startsWith("*.")
  && (host === wildcard.slice(2) || host.endsWith(wildcard.slice(1)));
const PORTS = /^(?:(tcp|udp)\/)?(\d{1,5})(?:-(\d{1,5}))?$/i;
const single = (text) => text.replace(text.includes(":") ? /\/128$/ : /\/32$/, "");

// What says of an entry (its targets, ports, direction and region) whether it has the value.
const valueTest = (value) => {
  const ports = value.match(PORTS);
  if (ports) {
    const [first, last] = [Number(ports[2]), Number(ports[3] || ports[2])];
    const protocol = ports[1] && ports[1].toLowerCase();
    return (entry) => entry.ports.map((text) => text.match(PORTS)).some((port) => port
      && (!protocol || protocol === port[1])
      && Math.max(first, Number(port[2])) <= Math.min(last, Number(port[3] || port[2])));
  }
  if (/^(outbound|inbound) (tcp|udp)\/\S+ \S+/.test(value)) {
    return (entry) => entry.targets.some((target) => entry.ports.some((port) => {
      const full = port.includes("/") ? port : `${port}/unstated`;
      return value === `${entry.direction} ${full} ${single(target).toLowerCase()}${entry.region}`;
    }));
  }
  const wanted = span(value);
  if (wanted) return (entry) => entry.spans.some((listed) => meet(listed, wanted));
  const host = value.toLowerCase().replace(/^https:\/\//, "").replace(/^http:\/\//, "")
    .replace(/\/+$/, "").replace(/\.$/, "");
  if (host.length > 253 || !HOST.test(host)) return () => false;
  return (entry) => entry.hosts.some(
    (listed) => listed === host || covers(listed, host) || covers(host, listed));
};

const readEntries = (row) => {
  const section = row.closest(".region");
  const region = "region" in section.dataset ? ` ${section.dataset.region}` : "";
  const lines = find("[data-at]", row);
  const ids = [...new Set(lines.map((line) => line.dataset.at))];
  return find(".part", row).flatMap((part) => {
    const targets = find("code", part).map((code) => code.textContent);
    const spans = targets.map(span).filter(Boolean);
    const hosts = targets.filter((target) => !span(target));
    if (!targets.length) targets.push("lan");
    return ids.map((id) => {
      const own = lines.filter((line) => line.dataset.at === id);
      return {
        row, part, section, targets, spans, hosts, region,
        leaving: row.classList.contains("leaving"),
        direction: own[0].dataset.direction,
        ports: own.flatMap((line) => find("code", line).map((code) => code.textContent)),
        words: `${part.dataset.words} ${own.map((line) => line.dataset.words).join(" ")}`,
      };
    });
  });
};
const buildFilter = (text) => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hasValue = words.length ? valueTest(text.trim()) : () => true;
  return (entry) => words.every((word) => entry.words.includes(word)) || hasValue(entry);
};

// Resources of which no entry is left are hidden, and so are rows and regions without one.
for (const form of find("form.filter")) {
  const field = form.querySelector("input[type=search]");
  const count = form.querySelector("output");
  if (!field || field.value || !document.querySelector(".region")) continue; // filtered already
  const entries = find(".region tbody tr").flatMap(readEntries);
  const all = entries.filter((entry) => !entry.leaving).length;
  const none = document.getElementById("none-found");
  const filter = () => {
    const left = entries.filter(buildFilter(field.value));
    for (const name of ["part", "row", "section"]) {
      const shown = new Set(left.map((entry) => entry[name]));
      for (const entry of entries) entry[name].hidden = !shown.has(entry[name]);
    }
    const found = left.filter((entry) => !entry.leaving).length;
    const noun = all === 1 ? "entry" : "entries";
    count.textContent = field.value.trim() ? `${found} of ${all} ${noun}` : "";
    if (none) none.hidden = left.length > 0;
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
      const time = document.createElement("time");
      time.className = "ago";
      time.dateTime = manifest.checked_at;
      time.title = manifest.checked_at.replace("T", " ").replace("Z", " UTC");
      const tag = document.createElement("span");
      tag.className = "tag hold";
      tag.textContent = "stale: the tracker may be down";
      place.querySelector("dd").append(time, ...(late ? [" ", tag] : []));
      place.hidden = false;
      showTimes();
    })
    .catch(() => {}); // opened from a disk: no manifest to ask
}
