namespace HookAot.Host;

/// <summary>What forwards depend on and no event of libvirt's tells of.</summary>
[Flags]
internal enum Change
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The rules in the kernel.</summary>
    Rules = 1,

    /// <summary>config.json.</summary>
    Config = 2,

    /// <summary>The leases of libvirt's dnsmasq.</summary>
    Leases = 4,

    /// <summary>Which guests and networks libvirt says are active.</summary>
    Guests = 8,

    /// <summary>The host's links and addresses.</summary>
    Network = 16,

    /// <summary>/run/hookaot: whether it is there.</summary>
    Record = 32,

    /// <summary>Events that wait for a converge.</summary>
    Spool = 64,

    /// <summary>Connections through the host.</summary>
    Connections = 128,

    /// <summary>The time at which a forward ends, or the host's clock itself.</summary>
    Time = 256,

    /// <summary>
    /// Everything that a converge depends on: at the start, and where the kernel has lost some of what it had to tell.
    /// </summary>
    Everything = Rules | Config | Leases | Guests | Network | Record | Spool,
}

/// <summary>What was noticed since the host was looked at last.</summary>
internal sealed class Changes
{
    // Enough to name somebody. When it is full, only who has hit us is taken down.
    private const int MostCommits = 32;

    private readonly List<Commit> commits = [];

    /// <summary>What has changed.</summary>
    public Change Kinds { get; private set; }

    /// <summary>Who changed nf_tables, in that order.</summary>
    public IReadOnlyList<Commit> Commits => commits;

    /// <summary>Takes something down.</summary>
    public void Add(Change kinds) => Kinds |= kinds;

    /// <summary>Takes a commit to nf_tables down.</summary>
    public void Add(Commit commit)
    {
        Kinds |= Change.Rules;
        if (commits.Count < MostCommits || !commit.Hit.IsEmpty) commits.Add(commit);
        if (commits.Count > MostCommits) commits.RemoveAt(0);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Kinds = Change.None;
        commits.Clear();
    }
}
