using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>Everything that tells of changes, waited for in one poll(2).</summary>
internal sealed unsafe class WatchSources : IDisposable
{
    private readonly ILogger log;
    private readonly List<WatchSource> sources = [];
    private readonly RuleEvents? rules;
    private readonly FileEvents? files;
    private readonly NetworkEvents? network;
    private readonly ConnectionEvents? connections;
    private readonly TimeEvents? time;
    private string? filesProblem;

    /// <summary>Begins to listen. A source that cannot be had is logged, and done without.</summary>
    /// <param name="log">The log.</param>
    /// <param name="withConnections">Whether new connections count.</param>
    public WatchSources(ILogger log, bool withConnections = false)
    {
        this.log = log;
        rules = Add(() => new RuleEvents(), "changed rules");
        files = Add(() => new FileEvents(), "changed files");
        network = Add(() => new NetworkEvents(), "changed addresses");
        time = Add(() => new TimeEvents(), "forwards that end");
        if (withConnections) connections = Add(() => new ConnectionEvents(), "new connections");
    }

    /// <summary>Whether changes of rules are not told.</summary>
    public bool IsBlind => rules is null;

    /// <summary>Watches these files from now on, and no others.</summary>
    /// <param name="paths">Where things are.</param>
    public void Watch(HostPaths paths)
    {
        var problem = files?.Watch(Files(paths));
        if (problem is not null && problem != filesProblem) Log.Warned(log, problem);
        filesProblem = problem;
    }

    /// <summary>Counts a time as a change, once it has come.</summary>
    /// <param name="time">In seconds since 1970; null: none.</param>
    public void WakeAt(long? time) => this.time?.Set(time);

    /// <summary>Waits until something has changed.</summary>
    /// <param name="milliseconds">How long; -1: for ever.</param>
    /// <param name="others">Other descriptors to wait for.</param>
    /// <returns>Whether anything can be read from a source or one of the others; else the time is up.</returns>
    public bool Wait(int milliseconds, params ReadOnlySpan<Libc.PollFd> others)
    {
        var count = sources.Count + others.Length;
        var polled = stackalloc Libc.PollFd[count];
        for (var i = 0; i < sources.Count; i++) polled[i] = new() { Fd = sources[i].Fd, Events = Libc.POLLIN };
        for (var i = 0; i < others.Length; i++) polled[sources.Count + i] = others[i];
        return Libc.poll(polled, (nuint)count, milliseconds) > 0;
    }

    /// <summary>Waits until something but rules has changed.</summary>
    /// <param name="milliseconds">How long.</param>
    /// <returns>Whether it has; else the time is up.</returns>
    public bool WaitForOthers(int milliseconds)
    {
        var polled = stackalloc Libc.PollFd[sources.Count];
        // poll(2) passes over a negative one.
        for (var i = 0; i < sources.Count; i++)
            polled[i] = new() { Fd = sources[i] == rules ? -1 : sources[i].Fd, Events = Libc.POLLIN };
        return Libc.poll(polled, (nuint)sources.Count, milliseconds) > 0;
    }

    /// <summary>Takes down everything that has changed.</summary>
    public void Drain(Changes changes)
    {
        foreach (var source in sources) source.Drain(changes);
    }

    /// <summary>Forgets what is known of changed rules so far: they are our own.</summary>
    public void ForgetRules() => rules?.Drain(new Changes());

    /// <inheritdoc/>
    public void Dispose()
    {
        rules?.Dispose();
        files?.Dispose();
        network?.Dispose();
        connections?.Dispose();
        time?.Dispose();
    }

    private static List<WatchedPath> Files(HostPaths paths)
    {
        const string Xml = ".xml";
        var files = new List<WatchedPath>
        {
            new(paths.Config, Change.Config),
            new(paths.Dnsmasq, Change.Leases, ".status"),
            new(paths.WatchLock, Change.Record),
            new(paths.Events, Change.Spool, ""),
            new(Path.Combine(paths.LibvirtRun, HostEvent.NetworkDriver), Change.Guests, Xml),
        };
        foreach (var driver in LibvirtStatus.Drivers)
            files.Add(new(Path.Combine(paths.LibvirtRun, driver), Change.Guests, Xml));
        return files;
    }

    private T? Add<T>(Func<T> open, string what)
        where T : WatchSource
    {
        try
        {
            var source = open();
            sources.Add(source);
            return source;
        }
        catch (IOException e)
        {
            Log.Warned(log, $"{what} are not noticed: {e.Message}");
            return null;
        }
    }
}
