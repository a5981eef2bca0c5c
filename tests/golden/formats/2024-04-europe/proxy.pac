// Firewall rules of action1 - europe - version 2
// Written by fwtracker: changes made here are lost.
// page:        https://www.action1.com/documentation/firewall-configuration/
// captured at: 2024-04-18T10:00:00Z
// digest:      2674d1cad6cc6d05588f25928bf5319dfad14a07655ac24959489a5f5056cdd3
//
// What is listed here is reached directly (DIRECT). Everything else goes where fwtracker_otherwise
// says, which is DIRECT as well until you set it. Append to this file, in the one that you serve,
// either one line:
//   var fwtracker_otherwise = "PROXY proxy.example.com:3128";
// or a FindProxyForURL of your own, which then replaces the one here and can ask
// action1_europe(url, host) whether a URL is listed. Browsers pass on the port of a URL and resolve
// nothing for this file: an address matches only if the URL itself contains it.
// For several regions, serve rules/all/proxy.pac: of two such files in one, only the second one's
// FindProxyForURL would take effect.
//
// NOT in this file, because this format cannot express the local network:
//   inbound lan tcp/22551, udp/6771, udp/22551
//
// NOT in this file, because the Deployer's Windows services are for the local network, never for a public address:
//   outbound 3.124.175.10 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
//   outbound 3.74.63.86 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
//   outbound server.eu.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535

var action1_europe = (function () {
    var list = [
        // *.mp.microsoft.com (ef5686661b022)
        ["*.mp.microsoft.com", 443, 443],
        // *.update.microsoft.com (ed98cf043e1f3)
        ["*.update.microsoft.com", 443, 443],
        // port assumed: *.windowsupdate.com (eb76d26941e5b)
        ["*.windowsupdate.com", 80, 80],
        ["*.windowsupdate.com", 443, 443],
        // a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com (ed0d8fc9c4bca)
        ["a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com", 443, 443],
        // emdl.ws.microsoft.com (ee4b87de904e4)
        ["emdl.ws.microsoft.com", 80, 80],
        // eu-cdn.action1.com (e4f72b4599f20)
        ["eu-cdn.action1.com", 443, 443],
        // Action1 Remote Desktop Console for Europe (required - only for Europe - ec55caa507a99)
        ["remote.eu.action1.com", 443, 443],
        // Action1 servers (server.eu.action1.com) (required - e660234ee3738)
        ["server.eu.action1.com", 22543, 22543],
        // Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)
        ["3.71.193.26", 22543, 22543],
        // Action1 servers (server.eu.action1.com) (required - e660234ee3738)
        ["3.74.63.86", 22543, 22543],
        ["3.124.175.10", 22543, 22543],
        // Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)
        ["18.185.175.163", 22543, 22543],
        ["", 1, 0]
    ];
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
        if (/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(text)) { return four(text); }
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
        var parts = /^([a-z]+):\/\/([^\/?#]*)/i.exec(url);
        var own = parts && /:([0-9]+)$/.exec(parts[2]);
        if (own) { return Number(own[1]); }
        return parts && usual[parts[1].toLowerCase()] || 0;
    }
    return function (url, host) {
        var name = host.toLowerCase().replace(/^\[|\]$|\.$/g, "");
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
function FindProxyForURL(url, host) {
    return action1_europe(url, host) ? "DIRECT" : fwtracker_otherwise;
}
