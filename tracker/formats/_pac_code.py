"""The part of a proxy.pac that is the same in each: how a URL is held against the list.

ECMA-262, 3rd edition; no function that looks a name up. An address is compared bit by bit, so
that it does not matter how the URL spells it.
"""

from __future__ import annotations

CODE = """
    var usual = { http: 80, https: 443, ws: 80, wss: 443, ftp: 21 };
    function bits(text, base, width) {
        var found = parseInt(text, base).toString(2);
        while (found.length < width) { found = "0" + found; }
        return found;
    }
    function four(text) {
        var parts = text.split("."), found = "", at;
        for (at = 0; at < 4; at += 1) { found += bits(parts[at], 10, 8); }
        return found;
    }
    function six(text) {
        var halves = text.split("::"), words = halves[0] ? halves[0].split(":") : [];
        var last = halves[1] ? halves[1].split(":") : [], found = "", at;
        while (halves.length === 2 && words.length + last.length < 8) { words.push("0"); }
        words = words.concat(last);
        for (at = 0; at < words.length; at += 1) { found += bits(words[at], 16, 16); }
        return words.length === 8 ? found : "";
    }
    function address(text) {
        if (/^[0-9]{1,3}(\\.[0-9]{1,3}){3}$/.test(text)) { return four(text); }
        return /^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}$/.test(text) ? six(text) : "";
    }
    function within(own, network) {
        var parts = network.split("/"), other = address(parts[0]);
        var length = parts[1] ? Number(parts[1]) : other.length;
        if (own.length !== other.length) { return false; }
        return own.substring(0, length) === other.substring(0, length);
    }
    function below(name, pattern) {
        var bare = pattern.substring(2), start = name.length - bare.length;
        if (pattern.substring(0, 2) !== "*.") { return name === pattern; }
        return name === bare || (start > 0 && name.substring(start - 1) === "." + bare);
    }
    function port(url) {
        var parts = /^([a-z]+):\\/\\/([^\\/?#]*)/i.exec(url);
        var own = parts && /:([0-9]+)$/.exec(parts[2]);
        if (own) { return Number(own[1]); }
        return parts && usual[parts[1].toLowerCase()] || 0;
    }
    return function (url, host) {
        var name = host.toLowerCase().replace(/^\\[|\\]$|\\.$/g, "");
        var own = address(name), asked = port(url), at, one;
        for (at = 0; at < list.length; at += 1) {
            one = list[at];
            if (asked >= one[1] && asked <= one[2]) {
                if (own ? within(own, one[0]) : below(name, one[0])) { return true; }
            }
        }
        return false;
    };
}());
var fwtracker_otherwise = "DIRECT";
"""
FIND = """\
function FindProxyForURL(url, host) {{
    return {name}(url, host) ? "DIRECT" : fwtracker_otherwise;
}}"""
