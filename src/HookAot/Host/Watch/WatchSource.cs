namespace HookAot.Host;

/// <summary>A descriptor that becomes readable when something has changed.</summary>
internal abstract class WatchSource : IDisposable
{
    /// <summary>The descriptor, for poll(2).</summary>
    public abstract int Fd { get; }

    /// <summary>Reads everything that is there, and takes down what has changed. It does not wait.</summary>
    public abstract void Drain(Changes changes);

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.close(Fd);
}
