# Changes to firewall rules of action1 - north-america
# from version 3 to version 2
# page:        https://www.action1.com/documentation/firewall-configuration/
# from digest: 2c780dc741a5dcc7db6ed1bba6f47cb8847a48cffee872e33c705cf8b016b82e
# to digest:   92a18b6b611444dd23bf17bf8768daa8852aac8b14ceff2f556c2b0780735991

param(
    [string] $PolicyStore = 'PersistentStore',
    [ValidateSet('All', 'Internet', 'Lan')] [string] $Load = 'All',
    [switch] $WhatIf
)
$ErrorActionPreference = 'Stop'
$group = 'fwtracker-action1-north-america'
$rules = @(
    @{
        Name = 'fwtracker-action1-north-america-outbound-tcp-22543'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '22543'
        Profile = 'Any'
        RemoteAddress = @(
            '3.10.103.241' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)
            '3.210.54.212' # Action1 servers (server.action1.com) (required - e117c47675223)
            '3.213.90.174' # Action1 servers (server.action1.com) (required - e117c47675223)
            '13.211.73.202' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456)
            '13.215.147.78' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938)
            '13.244.155.212' # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8)
            '13.244.175.69' # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8)
            '18.135.32.225' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)
            '18.169.144.48' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)
            '34.203.184.16' # Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)
            '43.204.118.97' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804)
            '43.204.185.8' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804)
            '52.200.246.160' # Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)
            '52.205.66.134' # Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)
            '54.79.23.166' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456)
            '54.169.182.56' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938)
            '54.210.188.13' # Action1 servers (server.action1.com) (required - e117c47675223)
            '54.227.102.112' # Action1 servers (server.action1.com) (required - e117c47675223)
        )
    }
)
$gone = @(
    'fwtracker-action1-north-america-outbound-tcp-443'
)
if ($Load -ne 'Lan') {
    foreach ($rule in $rules) {
        $find = @{ PolicyStore = $PolicyStore; Name = $rule.Name }
        $find += @{ ErrorAction = 'SilentlyContinue' }
        $more = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
        $more += @{ Enabled = 'True'; Action = 'Allow' }
        if (Get-NetFirewallRule @find) {
            Set-NetFirewallRule @rule @more
        } else {
            New-NetFirewallRule @rule @more -DisplayName $rule.Name -Group $group | Out-Null
        }
    }
    $how = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
    foreach ($name in $gone) {
        $own = @{ PolicyStore = $PolicyStore; Name = $name; ErrorAction = 'SilentlyContinue' }
        if (Get-NetFirewallRule @own) {
            Remove-NetFirewallRule -Name $name @how
        }
    }
}
