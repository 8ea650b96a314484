namespace HookAot.Host;

/// <summary>Where things are on this host. Everything that the environment can change is read here.</summary>
/// <param name="Config">config.json: CONFIG_FILENAME, else in CONFIG_PATH, else beside the hooks.</param>
/// <param name="Hooks">Where libvirt looks for hooks: HOOKAOT_HOOKS_DIR (for tests), else /etc/libvirt/hooks.</param>
/// <param name="Run">
/// Lock, record of what is active, last good config: HOOKAOT_RUN_DIR (for tests), else /run/hookaot.
/// </param>
/// <param name="LibvirtRun">libvirt's live status files: HOOKAOT_LIBVIRT_RUN (for tests), else /run/libvirt.</param>
/// <param name="LibvirtEtc">libvirt's definitions: HOOKAOT_LIBVIRT_ETC (for tests), else /etc/libvirt.</param>
/// <param name="Dnsmasq">libvirt's leases: HOOKAOT_LIBVIRT_DNSMASQ (for tests), else /var/lib/libvirt/dnsmasq.</param>
/// <param name="LogSocket">The syslog socket: HOOKAOT_LOG_SOCKET (for tests), else /dev/log.</param>
internal sealed record HostPaths(
    string Config, string Hooks, string Run, string LibvirtRun, string LibvirtEtc, string Dnsmasq, string LogSocket)
{
    /// <summary>Where a syslog daemon writes its files, and journald a journal that survives a reboot.</summary>
    public const string UsualLogs = "/var/log";

    private const string HooksDirectory = "/etc/libvirt/hooks";

    // Where iptables lives is not on every PATH: systemd may start libvirtd without one, and root's crontab has
    // /usr/bin:/bin.
    private const string UsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly string? iptables;

    /// <summary>
    /// IPTABLES_BINARY, else the first iptables on PATH or in the usual directories; null if there is none. Searched
    /// when it is asked for: most calls of the hook need no tool.
    /// </summary>
    public string? Iptables
    {
        get => iptables ?? Variable("IPTABLES_BINARY") ?? Find("iptables");
        init => iptables = value;
    }

    /// <summary>
    /// ip6tables beside iptables, ip6tables-legacy beside iptables-legacy; null if there is none.
    /// </summary>
    public string? Ip6tables => Iptables is { } tool ? Ip6tablesBeside(tool) : null;

    /// <summary>The same with iptables as it is found now: where it is asked for several times.</summary>
    public HostPaths WithTools() => this with { Iptables = Iptables };

    /// <summary>The first nft on PATH or in the usual directories; null if there is none.</summary>
    public static string? Nft => Find("nft");

    /// <summary>The record of what is active.</summary>
    public string State => Path.Combine(Run, "state.json");

    /// <summary>Events that no converge has included yet.</summary>
    public string Events => Path.Combine(Run, "events");

    /// <summary>The last configuration that could be used.</summary>
    public string LastGoodConfig => Path.Combine(Run, "config.json");

    /// <summary>What is in force since the last converge, for the log.</summary>
    public string Forwards => Path.Combine(Run, "forwards");

    /// <summary>What the last converge left in the tables of iptables, see <see cref="RulesLeft"/>.</summary>
    public string Rules => Path.Combine(Run, "rules");

    /// <summary>Files of the log: HOOKAOT_LOG_DIR (for tests), else /var/log.</summary>
    public string Logs { get; init; } = Variable("HOOKAOT_LOG_DIR") ?? UsualLogs;

    /// <summary>What systemd starts: HOOKAOT_UNITS_DIR (for tests), else /etc/systemd/system.</summary>
    public string Units { get; init; } = Variable("HOOKAOT_UNITS_DIR") ?? "/etc/systemd/system";

    /// <summary>The lock around a converge.</summary>
    public string Lock => Path.Combine(Run, "lock");

    /// <summary>The lock of the one watcher.</summary>
    public string WatchLock => Path.Combine(Run, "watch");

    /// <summary>Reads the environment.</summary>
    public static HostPaths FromEnvironment() => new(
        ConfigIn(Variable),
        Variable("HOOKAOT_HOOKS_DIR") ?? HooksDirectory,
        Variable("HOOKAOT_RUN_DIR") ?? "/run/hookaot",
        Variable("HOOKAOT_LIBVIRT_RUN") ?? "/run/libvirt",
        Variable("HOOKAOT_LIBVIRT_ETC") ?? "/etc/libvirt",
        Variable("HOOKAOT_LIBVIRT_DNSMASQ") ?? "/var/lib/libvirt/dnsmasq",
        Variable("HOOKAOT_LOG_SOCKET") ?? "/dev/log");

    /// <summary>The first program of a name on PATH, else in the usual directories; null if there is none.</summary>
    public static string? Find(string program) => FindIn(Variable("PATH"), program) ?? FindIn(UsualPath, program);

    /// <summary>The config that an environment names.</summary>
    /// <param name="variable">The value of a variable; null or empty where it has none.</param>
    public static string ConfigIn(Func<string, string?> variable)
    {
        if (variable("CONFIG_FILENAME") is { Length: > 0 } file) return file;
        var directory = variable("CONFIG_PATH") is { Length: > 0 } path ? path : HooksDirectory;
        return Path.Combine(directory, "config.json");
    }

    private static string? Ip6tablesBeside(string iptables)
    {
        var name = Path.GetFileName(iptables);
        if (!name.StartsWith("iptables", StringComparison.Ordinal)) return Find("ip6tables");
        var beside = Path.Combine(Path.GetDirectoryName(iptables) ?? "/", $"ip6{name[2..]}");
        return File.Exists(beside) ? beside : null;
    }

    private static string? FindIn(string? path, string program)
    {
        foreach (var directory in path?.Split(':') ?? [])
        {
            // An empty or relative entry means the directory that we are in, which may be anybody's.
            if (!directory.StartsWith('/')) continue;
            var file = Path.Combine(directory, program);
            if (File.Exists(file)) return file;
        }

        return null;
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
