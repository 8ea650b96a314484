using System.Globalization;

namespace HookAot.Tests.Netns;

/// <summary>A network namespace in which nothing is, gone when it is disposed.</summary>
internal sealed class EmptyNamespace : IDisposable
{
    private static int count;

    private EmptyNamespace(string name) => Network = new(name);

    /// <summary>The namespace.</summary>
    public NetworkNamespace Network { get; }

    /// <summary>Makes one.</summary>
    public static async Task<EmptyNamespace> Create()
    {
        var number = Interlocked.Increment(ref count);
        var name = string.Create(CultureInfo.InvariantCulture, $"hookaot-{Environment.ProcessId}-empty-{number}");
        await Tool.Succeed(["ip", "netns", "add", name]);
        return new(name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Network.Dispose();
        Tool.Succeed(["ip", "netns", "del", Network.Name]).GetAwaiter().GetResult();
    }
}
