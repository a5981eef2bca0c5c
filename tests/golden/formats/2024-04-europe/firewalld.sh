# Firewall rules of action1 - europe - version 2
# Written by fwtracker: changes made here are lost.
# page:        https://www.action1.com/documentation/firewall-configuration/
# captured at: 2024-04-18T10:00:00Z
# digest:      2674d1cad6cc6d05588f25928bf5319dfad14a07655ac24959489a5f5056cdd3
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
#   act-16d0ec_out      HOST         ANY          a host whose outgoing traffic is restricted
#   act-16d0ec_out      internal     external     a gateway
#   act-16d0ec_in       external     HOST         a server that accepts connections listed on the page
#   act-16d0ec_lan_out  HOST         internal     local network services, from a host
#   act-16d0ec_lan_in   internal     HOST         local network services, to a host
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
#
# NOT in this file, because these are services of the local network: allowed there, never to a public address:
#   outbound 3.124.175.10 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.74.63.86 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound server.eu.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535

set -eu
etc=${1:-/etc/firewalld}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$etc/." "$work"
mkdir -p "$work/ipsets" "$work/policies" "$etc/ipsets" "$etc/policies"
rm -f "$work/ipsets/act-16d0ec_"*.xml
put_ipset() { cat > "$work/ipsets/$1.xml"; }
put_policy() {
    zones=$(grep -E '<(in|e)gress-zone ' "$work/policies/$1.xml" 2>/dev/null || :)
    { cat; printf '%s\n' "$zones" '</policy>'; } > "$work/policies/$1.new"
    mv "$work/policies/$1.new" "$work/policies/$1.xml"
}
put_ipset act-16d0ec_out4_tcp-22543 <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<ipset type="hash:net">
  <option name="family" value="inet"/>
  <entry>3.71.193.26</entry> <!-- Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6) -->
  <entry>3.74.63.86</entry> <!-- Action1 servers (server.eu.action1.com) (required - e660234ee3738) -->
  <entry>3.124.175.10</entry> <!-- Action1 servers (server.eu.action1.com) (required - e660234ee3738) -->
  <entry>18.185.175.163</entry> <!-- Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6) -->
</ipset>
XML
put_ipset act-16d0ec_lan4 <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<ipset type="hash:net">
  <option name="family" value="inet"/>
  <entry>10.0.0.0/8</entry>
  <entry>169.254.0.0/16</entry>
  <entry>172.16.0.0/12</entry>
  <entry>192.168.0.0/16</entry>
</ipset>
XML
put_ipset act-16d0ec_lan6 <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<ipset type="hash:net">
  <option name="family" value="inet6"/>
  <entry>fc00::/7</entry>
  <entry>fe80::/10</entry>
</ipset>
XML
put_policy act-16d0ec_out <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<policy priority="-100" target="CONTINUE">
  <rule family="ipv4"><destination ipset="act-16d0ec_out4_tcp-22543"/><port port="22543" protocol="tcp"/><accept/></rule>
XML
put_policy act-16d0ec_in <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<policy priority="-100" target="CONTINUE">
XML
put_policy act-16d0ec_lan_out <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<policy priority="-100" target="CONTINUE">
  <rule family="ipv4"><destination ipset="act-16d0ec_lan4"/><port port="135" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><destination ipset="act-16d0ec_lan4"/><port port="139" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><destination ipset="act-16d0ec_lan4"/><port port="389" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><destination ipset="act-16d0ec_lan4"/><port port="445" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><destination ipset="act-16d0ec_lan4"/><port port="49152-65535" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-16d0ec_lan6"/><port port="135" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-16d0ec_lan6"/><port port="139" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-16d0ec_lan6"/><port port="389" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-16d0ec_lan6"/><port port="445" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><destination ipset="act-16d0ec_lan6"/><port port="49152-65535" protocol="tcp"/><accept/></rule>
XML
put_policy act-16d0ec_lan_in <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<policy priority="-100" target="CONTINUE">
  <rule family="ipv4"><source ipset="act-16d0ec_lan4"/><port port="22551" protocol="tcp"/><accept/></rule>
  <rule family="ipv6"><source ipset="act-16d0ec_lan6"/><port port="22551" protocol="tcp"/><accept/></rule>
  <rule family="ipv4"><source ipset="act-16d0ec_lan4"/><port port="6771" protocol="udp"/><accept/></rule>
  <rule family="ipv4"><source ipset="act-16d0ec_lan4"/><port port="22551" protocol="udp"/><accept/></rule>
  <rule family="ipv6"><source ipset="act-16d0ec_lan6"/><port port="6771" protocol="udp"/><accept/></rule>
  <rule family="ipv6"><source ipset="act-16d0ec_lan6"/><port port="22551" protocol="udp"/><accept/></rule>
XML

firewall-offline-cmd --system-config="$work" --check-config
for file in "$work/ipsets/act-16d0ec_"*.xml "$work/policies/act-16d0ec_"*.xml; do
    to=$etc${file#"$work"}
    cp "$file" "$to.new"
    mv "$to.new" "$to"
done
for file in "$etc/ipsets/act-16d0ec_"*.xml; do
    [ -e "$work${file#"$etc"}" ] || rm -f "$file"
done
if [ "$etc" = /etc/firewalld ] && firewall-cmd --state > /dev/null 2>&1; then
    firewall-cmd --reload
fi
