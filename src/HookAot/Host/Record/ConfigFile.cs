using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>config.json as the hook uses it.</summary>
/// <param name="Config">The configuration in force: the file's, else the last good one, else null.</param>
/// <param name="LeftOut">The names of machines and networks whose entries have mistakes.</param>
/// <param name="Errors">What is wrong with the file, a line each.</param>
/// <param name="Broken">Whether the file as a whole cannot be used.</param>
internal sealed record ConfigFile(HookConfig? Config, ImmutableArray<string> LeftOut, ImmutableArray<string> Errors, bool Broken)
{
    /// <summary>The largest config.json that is read, in bytes; 10,000 machines need about 1 MB.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private byte[]? Content { get; init; }

    /// <summary>
    /// Whether the config, the last good one or the record of what is active can be about a name at all: a search for its bytes, which
    /// spares most calls the parsing. Wrong only towards yes: a file that cannot be read, is no JSON, or spells names with escapes may be
    /// about any.
    /// </summary>
    public static bool MayConcern(HostPaths paths, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        if (SmallFile.TryRead(paths.Config, MaxBytes) is not { } config || Mentions(config, bytes)) return true;
        if (SmallFile.TryRead(paths.State, MaxBytes) is { } state && Mentions(state, bytes)) return true;
        var lastGood = SmallFile.TryRead(paths.LastGoodConfig, MaxBytes);
        if (lastGood is not null && config.AsSpan().SequenceEqual(lastGood)) return false;
        return (lastGood is not null && Mentions(lastGood, bytes)) || !IsObject(config);
    }

    private static bool Mentions(byte[] file, ReadOnlySpan<byte> name) => file.AsSpan().IndexOf(name) >= 0 || file.AsSpan().Contains((byte)'\\');

    private static bool IsObject(ReadOnlySpan<byte> file)
    {
        try
        {
            return JsonValue.IsObject(file);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Reads the file, and the last good one where the file cannot be used.</summary>
    /// <param name="paths">Where both are.</param>
    /// <param name="earlier">What was read earlier; returned as it is if the file has not changed since.</param>
    public static ConfigFile Read(HostPaths paths, ConfigFile? earlier = null)
    {
        byte[] content;
        try
        {
            content = SmallFile.Read(paths.Config, MaxBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return LastGood(paths, [$"{e.Message}; {Advice(paths)}"]);
        }

        if (earlier?.Content is { } same && content.AsSpan().SequenceEqual(same)) return earlier;
        var result = ConfigReader.Read(content, paths.Config);
        ImmutableArray<string> errors = [.. result.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.ToString())];
        return result.Config is null
            ? LastGood(paths, [.. errors, Advice(paths)])
            : new ConfigFile(result.Config, result.LeftOut, errors, false) { Content = content };
    }

    /// <summary>Keeps the file as the last good one, if it can be used.</summary>
    public void Keep(HostPaths paths)
    {
        if (Content is null || SmallFile.TryRead(paths.LastGoodConfig, MaxBytes) is { } kept && kept.AsSpan().SequenceEqual(Content)) return;
        SmallFile.Replace(paths.LastGoodConfig, Content);
    }

    private static ConfigFile LastGood(HostPaths paths, ImmutableArray<string> errors)
    {
        var kept = SmallFile.TryRead(paths.LastGoodConfig, MaxBytes);
        return new ConfigFile(kept is null ? null : ConfigReader.Read(kept, paths.LastGoodConfig).Config, [], errors, true);
    }

    private static string Advice(HostPaths paths) => File.Exists(paths.LastGoodConfig)
        ? "the last good configuration stays in force"
        : "no forward is set up until it can be used";
}
