namespace HookAot.Applets.Hookctrl;

/// <summary>Command lines that --help begins with.</summary>
internal static class Examples
{
    /// <summary>Those of a command; empty if it needs none.</summary>
    /// <param name="path">Its words behind hookctrl: "port add".</param>
    public static string[] Of(string path) => path switch
    {
        "" =>
        [
            "hookctrl port add web 8080:80      forward port 8080 of this host to web",
            "hookctrl status                    what is in force, and what is wrong",
            "hookctrl doctor web:8080           why does it not forward?",
        ],
        "port add" =>
        [
            "hookctrl port add web 8080:80 443 5060/udp",
            "hookctrl port add web 5000-5010:6000-6010/tcp+udp --source 10.0.0.0/8",
            "hookctrl port add web 192.168.0.166:8080:80 --comment 'the shop'",
            "hookctrl port add web 2222:ssh --for 2h           ends by itself",
        ],
        "port set" =>
        [
            "hookctrl port set web 8080 --to 8088 --source 10.0.0.0/8",
            "hookctrl port set web 8080 --source \"\"           everybody again",
        ],
        "port disable" => ["hookctrl port disable web 8080"],
        "port enable" => ["hookctrl port enable web 8080"],
        "machine rename" => ["hookctrl machine rename web shop"],
        "port remove" => ["hookctrl port remove web 443 5060/udp"],
        "machine add" =>
        [
            "hookctrl machine add web                              its address: by DHCP",
            "hookctrl machine add web --private-ip 192.168.122.2",
        ],
        "machine set" => ["hookctrl machine set web --source 10.0.0.0/8 --localhost true"],
        "machine remove" => ["hookctrl machine remove web --force"],
        "network add" => ["hookctrl network add default 192.168.122.0/24"],
        "set" =>
        [
            "hookctrl set public_ip 192.168.0.166",
            "hookctrl set backend nftables",
        ],
        "show" => ["hookctrl show web"],
        "list" => ["hookctrl list", "hookctrl list --port 8080"],
        "status" => ["hookctrl status", "hookctrl status --watch", "hookctrl status web:8080 --quiet"],
        "plan" => ["hookctrl plan --script"],
        "doctor" => ["hookctrl doctor web:8080"],
        "explain" => ["hookctrl explain web:8080"],
        "log" => ["hookctrl log web --since 2h --follow"],
        "edit" => ["EDITOR=nano hookctrl edit"],
        "undo" => ["hookctrl undo --dry-run"],
        "import" => ["hookctrl import /etc/libvirt/hooks/hooks.json"],
        "export" => ["hookctrl export > forwards.sh"],
        "check" => ["hookctrl check", "hookctrl check new.json"],
        "completion" => ["source <(hookctrl completion bash)"],
        _ => [],
    };
}
