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
    public static async Task<EmptyNamespace> Create() => new(await Add());

    /// <summary>Makes one, which <see cref="Delete"/> ends.</summary>
    /// <returns>Its name.</returns>
    public static async Task<string> Add()
    {
        var number = Interlocked.Increment(ref count);
        var name = string.Create(CultureInfo.InvariantCulture, $"hookaot-{Environment.ProcessId}-empty-{number}");
        await Tool.Succeed(["ip", "netns", "add", name]);
        return name;
    }

    /// <summary>Ends one.</summary>
    public static void Delete(string name) =>
        Tool.Succeed(["ip", "netns", "del", name]).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void Dispose()
    {
        Network.Dispose();
        Delete(Network.Name);
    }
}
