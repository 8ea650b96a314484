using HookAot.Host;

namespace HookAot.Tests.Host;

/// <summary>A host's files in a directory of their own, which goes when it is disposed.</summary>
internal sealed class HostFiles : IDisposable
{
    public HostFiles()
    {
        Root = Directory.CreateTempSubdirectory("hookaot-files-").FullName;
        Paths = new(
            Config: Path.Combine(Root, "config.json"),
            Hooks: Make("hooks"),
            Run: Make("run/hookaot"),
            LibvirtRun: Make("run/libvirt"),
            LibvirtEtc: Make("etc"),
            Dnsmasq: Make("dnsmasq"),
            LogSocket: Path.Combine(Root, "log"));
    }

    /// <summary>Where everything is.</summary>
    public string Root { get; }

    /// <summary>The paths of this host.</summary>
    public HostPaths Paths { get; }

    /// <summary>Makes a directory.</summary>
    /// <returns>Its path.</returns>
    public string Make(string directory) => Directory.CreateDirectory(Path.Combine(Root, directory)).FullName;

    /// <summary>Writes a file, and the directories above it.</summary>
    /// <returns>Its path.</returns>
    public string Write(string file, string content)
    {
        var path = Path.Combine(Root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
