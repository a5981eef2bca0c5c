# Changes to firewall rules of action1 - north-america
# from version 3 to version 2
# page:        https://www.action1.com/documentation/firewall-configuration/
# from digest: 2c780dc741a5dcc7db6ed1bba6f47cb8847a48cffee872e33c705cf8b016b82e
# to digest:   92a18b6b611444dd23bf17bf8768daa8852aac8b14ceff2f556c2b0780735991
/ip firewall address-list
add list="action1-north-america_tcp-22543" address=3.10.103.241 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)"
add list="action1-north-america_tcp-22543" address=3.210.54.212 comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-north-america_tcp-22543" address=3.213.90.174 comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-north-america_tcp-22543" address=13.211.73.202 comment="Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456)"
add list="action1-north-america_tcp-22543" address=13.215.147.78 comment="Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938)"
add list="action1-north-america_tcp-22543" address=13.244.155.212 comment="Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8)"
add list="action1-north-america_tcp-22543" address=13.244.175.69 comment="Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8)"
add list="action1-north-america_tcp-22543" address=18.135.32.225 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)"
add list="action1-north-america_tcp-22543" address=18.169.144.48 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)"
add list="action1-north-america_tcp-22543" address=34.203.184.16 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)"
add list="action1-north-america_tcp-22543" address=43.204.118.97 comment="Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804)"
add list="action1-north-america_tcp-22543" address=43.204.185.8 comment="Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804)"
add list="action1-north-america_tcp-22543" address=52.200.246.160 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)"
add list="action1-north-america_tcp-22543" address=52.205.66.134 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)"
add list="action1-north-america_tcp-22543" address=54.79.23.166 comment="Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456)"
add list="action1-north-america_tcp-22543" address=54.169.182.56 comment="Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938)"
add list="action1-north-america_tcp-22543" address=54.210.188.13 comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-north-america_tcp-22543" address=54.227.102.112 comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-north-america_tcp-22543" address=server.action1.com comment="Action1 servers (server.action1.com) (required - e117c47675223)"
/ipv6 firewall address-list
add list="action1-north-america_tcp-22543" address=server.action1.com comment="Action1 servers (server.action1.com) (required - e117c47675223)"
/ip dns static
remove [find where name="windowsupdate.com" and address-list="action1-north-america_tcp-80-443"]
/ip firewall filter
remove [find where chain="action1-north-america-out" or chain="action1-north-america-in" or chain="action1-north-america_lan-out" or chain="action1-north-america_lan-in"]
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=80 dst-address-list="action1-north-america_tcp-80" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=443 dst-address-list="action1-north-america_tcp-443" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=22543 dst-address-list="action1-north-america_tcp-22543" comment="fwtracker"
add chain="action1-north-america_lan-out" action=accept protocol=tcp dst-port=135,139,389,445,49152-65535 dst-address-list="action1-north-america_lan-out-tcp" comment="fwtracker"
add chain="action1-north-america_lan-in" action=accept protocol=tcp dst-port=22551 src-address-list="action1-north-america_lan-in-tcp" comment="fwtracker"
add chain="action1-north-america_lan-in" action=accept protocol=udp dst-port=6771,22551 src-address-list="action1-north-america_lan-in-udp" comment="fwtracker"
/ipv6 firewall filter
remove [find where chain="action1-north-america-out" or chain="action1-north-america-in" or chain="action1-north-america_lan-out" or chain="action1-north-america_lan-in"]
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=80 dst-address-list="action1-north-america_tcp-80" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=443 dst-address-list="action1-north-america_tcp-443" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=22543 dst-address-list="action1-north-america_tcp-22543" comment="fwtracker"
add chain="action1-north-america_lan-out" action=accept protocol=tcp dst-port=135,139,389,445,49152-65535 dst-address-list="action1-north-america_lan-out-tcp" comment="fwtracker"
add chain="action1-north-america_lan-in" action=accept protocol=tcp dst-port=22551 src-address-list="action1-north-america_lan-in-tcp" comment="fwtracker"
add chain="action1-north-america_lan-in" action=accept protocol=udp dst-port=6771,22551 src-address-list="action1-north-america_lan-in-udp" comment="fwtracker"
/ip firewall address-list
remove [find where list="action1-north-america_tcp-80-443" and address="windowsupdate.com" and dynamic=no]
remove [find where list="action1-north-america_tcp-443" and address="sa.remote.app.action1.com" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="3.0.4.167" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="3.10.103.241" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="3.88.244.142" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="3.104.236.56" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="3.210.54.212" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="3.213.90.174" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="3.229.22.34" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="13.41.182.195" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="13.202.109.124" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="13.211.73.202" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="13.213.228.50" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="13.215.147.78" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="13.244.155.212" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="13.244.175.69" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="15.229.170.56" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="18.135.32.225" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="18.169.144.48" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="18.171.0.33" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="18.230.233.136" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="18.231.231.56" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="34.203.184.16" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="35.179.20.122" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="43.204.118.97" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="43.204.185.8" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="43.205.156.38" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="44.212.254.73" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="52.200.246.160" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="52.205.66.134" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="54.79.23.166" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="54.79.198.20" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="54.144.130.130" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="54.169.182.56" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="54.207.116.27" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="54.210.188.13" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="54.227.102.112" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="100.24.103.37" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="server.action1.com" and dynamic=no]
/ipv6 firewall address-list
remove [find where list="action1-north-america_tcp-80-443" and address="windowsupdate.com" and dynamic=no]
remove [find where list="action1-north-america_tcp-443" and address="sa.remote.app.action1.com" and dynamic=no]
remove [find where list="action1-north-america_tcp-443-22543" and address="server.action1.com" and dynamic=no]
