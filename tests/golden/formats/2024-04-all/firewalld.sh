# Firewall rules of action1 - all - version 2
# Written by fwtracker: changes made here are lost.
# page:        https://www.action1.com/documentation/firewall-configuration/
# captured at: 2024-04-18T10:00:00Z
# digest:      ea58c2d049a1d021f54cde8a091986ff45ab6de130eaba5675a9bcdfafc07a34
#
# For firewalld 1.0 or later. Run as root, now and whenever this file changes:
#   sh firewalld.sh
# It writes ipsets and policies to /etc/firewalld, checks them, and reloads firewalld.
# It allows what the page names and blocks nothing. A policy has no effect without zones:
#   firewall-cmd --permanent --policy NAME --add-ingress-zone FROM
#   firewall-cmd --permanent --policy NAME --add-egress-zone TO
#   firewall-cmd --reload
# Add them once, for the policies that you need; loading this file again keeps them. Zones in
# lower case are examples: use your own.
#   NAME                from         to
#   act-1900c5_out      HOST         ANY          a host whose outgoing traffic is restricted
#   act-1900c5_out      internal     external     a gateway
#   act-1900c5_in       external     HOST         a server that accepts connections listed on the page
#   act-1900c5_lan_out  HOST         internal     local network services, from a host
#   act-1900c5_lan_in   internal     HOST         local network services, to a host
# Do not use the last two on a gateway, unless one of your networks needs these services in
# another: then from the one to the other. The priority is -100: a policy of yours with a lower
# number still denies; those with a higher number, and zones, come later and cannot override it.
#
# NOT in this file, because Linux filters by address and would resolve a host name only while loading:
#   outbound *.mp.microsoft.com tcp/443
#   outbound *.update.microsoft.com tcp/443
#   outbound *.windowsupdate.com tcp/80, tcp/443
#   outbound a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com tcp/443
#   outbound emdl.ws.microsoft.com tcp/80
#   outbound eu-cdn.action1.com tcp/443
#   outbound remote.eu.action1.com tcp/443
#   outbound server.eu.action1.com tcp/22543
#   outbound a1-backend-packages.s3.amazonaws.com tcp/443
#   outbound af.remote.app.action1.com tcp/443
#   outbound au.remote.app.action1.com tcp/443
#   outbound ea.remote.app.action1.com tcp/443
#   outbound eu.remote.app.action1.com tcp/443
#   outbound me.remote.app.action1.com tcp/443
#   outbound server.action1.com tcp/22543
#   outbound us-cdn.action1.com tcp/443
#   outbound us.remote.app.action1.com tcp/443
#
# NOT in this file, because these are services of the local network: allowed there, never to a public address:
#   outbound 3.124.175.10 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.74.63.86 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound server.eu.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.210.54.212 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.213.90.174 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 54.210.188.13 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 54.227.102.112 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound server.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535

set -eu
etc=${1:-/etc/firewalld}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$etc/." "$work"
mkdir -p "$work/ipsets" "$work/policies" "$etc/ipsets" "$etc/policies"
rm -f "$work/ipsets/act-1900c5_"*.xml
put_ipset() { cat > "$work/ipsets/$1.xml"; }
put_policy() {
    zones=$(grep -E '<(in|e)gress-zone ' "$work/policies/$1.xml" 2>/dev/null || :)
    { cat; printf '%s\n' "$zones" '</policy>'; } > "$work/policies/$1.new"
    mv "$work/policies/$1.new" "$work/policies/$1.xml"
}
put_ipset act-1900c5_out4_tcp-22543 <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<ipset type="hash:net">
  <option name="family" value="inet"/>
  <entry>3.10.103.241</entry> <!-- Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f) -->
  <entry>3.71.193.26</entry> <!-- Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6) -->
  <entry>3.74.63.86</entry> <!-- Action1 servers (server.eu.action1.com) (required - e660234ee3738) -->
  <entry>3.124.175.10</entry> <!-- Action1 servers (server.eu.action1.com) (required - e660234ee3738) -->
  <entry>3.210.54.212</entry> <!-- Action1 servers (server.action1.com) (required - e117c47675223) -->
  <entry>3.213.90.174</entry> <!-- Action1 servers (server.action1.com) (required - e117c47675223) -->
  <entry>13.211.73.202</entry> <!-- Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456) -->
  <entry>13.215.147.78</entry> <!-- Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938) -->
  <entry>13.244.155.212</entry> <!-- Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8) -->
  <entry>13.244.175.69</entry> <!-- Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8) -->
  <entry>18.135.32.225</entry> <!-- Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f) -->
  <entry>18.169.144.48</entry> <!-- Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f) -->
  <entry>18.185.175.163</entry> <!-- Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6) -->
  <entry>34.203.184.16</entry> <!-- Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f) -->
  <entry>43.204.118.97</entry> <!-- Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804) -->
  <entry>43.204.185.8</entry> <!-- Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804) -->
  <entry>52.200.246.160</entry> <!-- Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f) -->
  <entry>52.205.66.134</entry> <!-- Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f) -->
  <entry>54.79.23.166</entry> <!-- Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456) -->
  <entry>54.169.182.56</entry> <!-- Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938) -->
  <entry>54.210.188.13</entry> <!-- Action1 servers (server.action1.com) (required - e117c47675223) -->
  <entry>54.227.102.112</entry> <!-- Action1 servers (server.action1.com) (required - e117c47675223) -->
</ipset>
XML
put_ipset act-1900c5_lan4 <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<ipset type="hash:net">
  <option name="family" value="inet"/>
  <entry>10.0.0.0/8</entry>
  <entry>169.254.0.0/16</entry>
  <entry>172.16.0.0/12</entry>
  <entry>192.168.0.0/16</entry>
</ipset>
XML
put_ipset act-1900c5_lan6 <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<ipset type="hash:net">
  <option name="family" value="inet6"/>
  <entry>fc00::/7</entry>
  <entry>fe80::/10</entry>
</ipset>
XML
put_policy act-1900c5_out <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<policy priority="-100" target="CONTINUE">
  <rule family="ipv4"><destination ipset="act-1900c5_out4_tcp-22543"/><port port="22543" protocol="tcp"/><accept/></rule>
XML
put_policy act-1900c5_in <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<policy priority="-100" target="CONTINUE">
XML
put_policy act-1900c5_lan_out <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<policy priority="-100" target="CONTINUE">
  <rule family="ipv4"><destination ipset="act-1900c5_lan4"/><port port="135" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><destination ipset="act-1900c5_lan4"/><port port="139" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><destination ipset="act-1900c5_lan4"/><port port="389" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><destination ipset="act-1900c5_lan4"/><port port="445" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><destination ipset="act-1900c5_lan4"/><port port="49152-65535" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-1900c5_lan6"/><port port="135" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-1900c5_lan6"/><port port="139" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-1900c5_lan6"/><port port="389" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-1900c5_lan6"/><port port="445" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-1900c5_lan6"/><port port="49152-65535" protocol="tcp"/><accept/></rule>
XML
put_policy act-1900c5_lan_in <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<policy priority="-100" target="CONTINUE">
  <rule family="ipv4"><source ipset="act-1900c5_lan4"/><port port="22551" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><source ipset="act-1900c5_lan6"/><port port="22551" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><source ipset="act-1900c5_lan4"/><port port="6771" protocol="udp"/><accept/></rule>
  <rule family="ipv4"><source ipset="act-1900c5_lan4"/><port port="22551" protocol="udp"/><accept/></rule>
  <rule family="ipv6"><source ipset="act-1900c5_lan6"/><port port="6771" protocol="udp"/><accept/></rule>
  <rule family="ipv6"><source ipset="act-1900c5_lan6"/><port port="22551" protocol="udp"/><accept/></rule>
XML

firewall-offline-cmd --system-config="$work" --check-config
for file in "$work/ipsets/act-1900c5_"*.xml "$work/policies/act-1900c5_"*.xml; do
    to=$etc${file#"$work"}
    cp "$file" "$to.new"
    mv "$to.new" "$to"
done
for file in "$etc/ipsets/act-1900c5_"*.xml; do
    [ -e "$work${file#"$etc"}" ] || rm -f "$file"
done
if [ "$etc" = /etc/firewalld ] && firewall-cmd --state > /dev/null 2>&1; then
    firewall-cmd --reload
fi
