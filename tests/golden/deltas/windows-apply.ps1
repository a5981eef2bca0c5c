# Changes to firewall rules of action1 - north-america
# from version 2 to version 3
# page:        https://www.action1.com/documentation/firewall-configuration/
# from digest: 92a18b6b611444dd23bf17bf8768daa8852aac8b14ceff2f556c2b0780735991
# to digest:   2c780dc741a5dcc7db6ed1bba6f47cb8847a48cffee872e33c705cf8b016b82e

param(
    [string] $PolicyStore = 'PersistentStore',
    [ValidateSet('All', 'Internet', 'Lan')] [string] $Load = 'All',
    [switch] $WhatIf
)
$ErrorActionPreference = 'Stop'
$group = 'fwtracker-action1-north-america'
$rules = @(
    @{
        Name = 'fwtracker-action1-north-america-outbound-tcp-443'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '443'
        Profile = 'Any'
        RemoteAddress = @(
            '3.0.4.167' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
            '3.10.103.241' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '3.88.244.142' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '3.104.236.56' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
            '3.210.54.212' # Action1 servers (server.action1.com) (required - e6485cba9323b)
            '3.213.90.174' # Action1 servers (server.action1.com) (required - e6485cba9323b)
            '3.229.22.34' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '13.41.182.195' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '13.202.109.124' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
            '13.211.73.202' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
            '13.213.228.50' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
            '13.215.147.78' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
            '13.244.155.212' # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e5245d914500a)
            '13.244.175.69' # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e5245d914500a)
            '15.229.170.56' # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
            '18.135.32.225' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '18.169.144.48' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '18.171.0.33' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '18.230.233.136' # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
            '18.231.231.56' # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
            '34.203.184.16' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '35.179.20.122' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '43.204.118.97' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
            '43.204.185.8' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
            '43.205.156.38' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
            '44.212.254.73' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '52.200.246.160' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '52.205.66.134' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '54.79.23.166' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
            '54.79.198.20' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
            '54.144.130.130' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '54.169.182.56' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
            '54.207.116.27' # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
            '54.210.188.13' # Action1 servers (server.action1.com) (required - e6485cba9323b)
            '54.227.102.112' # Action1 servers (server.action1.com) (required - e6485cba9323b)
            '100.24.103.37' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
        )
    }
    @{
        Name = 'fwtracker-action1-north-america-outbound-tcp-22543'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '22543'
        Profile = 'Any'
        RemoteAddress = @(
            '3.0.4.167' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
            '3.10.103.241' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '3.88.244.142' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '3.104.236.56' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
            '3.210.54.212' # Action1 servers (server.action1.com) (required - e6485cba9323b)
            '3.213.90.174' # Action1 servers (server.action1.com) (required - e6485cba9323b)
            '3.229.22.34' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '13.41.182.195' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '13.202.109.124' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
            '13.211.73.202' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
            '13.213.228.50' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
            '13.215.147.78' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
            '13.244.155.212' # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e5245d914500a)
            '13.244.175.69' # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e5245d914500a)
            '15.229.170.56' # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
            '18.135.32.225' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '18.169.144.48' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '18.171.0.33' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '18.230.233.136' # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
            '18.231.231.56' # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
            '34.203.184.16' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '35.179.20.122' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
            '43.204.118.97' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
            '43.204.185.8' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
            '43.205.156.38' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
            '44.212.254.73' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '52.200.246.160' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '52.205.66.134' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '54.79.23.166' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
            '54.79.198.20' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
            '54.144.130.130' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
            '54.169.182.56' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
            '54.207.116.27' # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
            '54.210.188.13' # Action1 servers (server.action1.com) (required - e6485cba9323b)
            '54.227.102.112' # Action1 servers (server.action1.com) (required - e6485cba9323b)
            '100.24.103.37' # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
        )
    }
)
$gone = @(
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
