using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>config.json as the hook uses it.</summary>
/// <param name="Config">The configuration in force: the file's, else the last good one, else null.</param>
/// <param name="LeftOutMachines">The names of machines whose entries have mistakes.</param>
/// <param name="LeftOutNetworks">The names of networks whose entries have mistakes.</param>
/// <param name="Broken">Whether the file as a whole cannot be used.</param>
internal sealed record ConfigFile(
    HookConfig? Config,
    ImmutableArray<string> LeftOutMachines,
    ImmutableArray<string> LeftOutNetworks,
    bool Broken)
{
    /// <summary>The largest config.json that is read, in bytes; 10,000 machines need about 1 MB.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>How many mistakes the log gets; 'hookctrl check' shows all of them.</summary>
    public const int MaxLogged = 20;

    private string Path { get; init; } = "";

    private byte[]? Content { get; init; }

    private ImmutableArray<Diagnostic> Mistakes { get; init; } = [];

    /// <summary>What is wrong with the file as a whole, or what follows from it.</summary>
    private string? Verdict { get; init; }

    /// <summary>What is wrong with the file, a line each.</summary>
    public ImmutableArray<string> Errors => Shown(Mistakes.Length);

    /// <summary>
    /// What is wrong with the file, for the log: at most <see cref="MaxLogged"/> mistakes, and a line with the number
    /// of the others.
    /// </summary>
    public ImmutableArray<string> ErrorsForLog => Shown(MaxLogged);

    private ImmutableArray<string> Shown(int most)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        foreach (var mistake in Mistakes.Take(most)) lines.Add(mistake.ToString());

        var others = Mistakes.Length - lines.Count;
        if (others > 0)
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{others} more mistakes in {Path}; 'hookctrl check' shows all of them"));
        }

        if (Verdict is not null) lines.Add(Verdict);
        return lines.ToImmutable();
    }

    /// <summary>
    /// Whether the config, the last good one or the record of what is active can be about a name at all: a search for
    /// its bytes, which spares most calls the parsing. Wrong only towards yes: a file that cannot be read, is cut off,
    /// or spells names with escapes may be about any.
    /// </summary>
    /// <param name="paths">Where they are.</param>
    /// <param name="name">A guest's name, or that of a key.</param>
    public static bool MayConcern(HostPaths paths, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var config = SmallFile.TryRead(paths.Config, MaxBytes, out var problem);
        if (problem is not null || (config is not null && Mentions(config, bytes))) return true;
        if (SmallFile.TryRead(paths.State, MaxBytes) is { } state && Mentions(state, bytes)) return true;
        var lastGood = SmallFile.TryRead(paths.LastGoodConfig, MaxBytes);
        if (config is null) return lastGood is not null && Mentions(lastGood, bytes);
        if (lastGood is not null && config.AsSpan().SequenceEqual(lastGood)) return false;
        return (lastGood is not null && Mentions(lastGood, bytes)) || !IsInBraces(config);
    }

    private static bool Mentions(byte[] file, ReadOnlySpan<byte> name) =>
        file.AsSpan().IndexOf(name) >= 0 || file.AsSpan().Contains((byte)'\\');

    // A mistake in between is told at the start of a guest that the file is about.
    private static bool IsInBraces(ReadOnlyMemory<byte> file)
    {
        var text = JsonFile.WithoutMark(file).Span.Trim(" \t\r\n"u8);
        return text.StartsWith("{"u8) && text.EndsWith("}"u8);
    }

    /// <summary>
    /// Reads a config for a command that shows, checks or completes it: no last good one in its place, and every
    /// diagnostic.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">
    /// It cannot be read (<see cref="FileNotFoundException"/>: it does not exist).
    /// </exception>
    public static ConfigResult Load(string path) => Parse(SmallFile.Read(path, MaxBytes), path);

    /// <summary>What a config says now: with the time a forward may have ended.</summary>
    /// <param name="content">Its content.</param>
    /// <param name="path">Its name, for the messages.</param>
    public static ConfigResult Parse(byte[] content, string path) => ConfigReader.Read(content, path, LocalTime.Now);

    /// <summary>
    /// Reads the file, and the last good one where the file cannot be used. One that has never been there is empty.
    /// </summary>
    /// <param name="paths">Where both are.</param>
    /// <param name="earlier">What was read earlier; returned as it is if the file has not changed since.</param>
    public static ConfigFile Read(HostPaths paths, ConfigFile? earlier = null)
    {
        var content = SmallFile.TryRead(paths.Config, MaxBytes, out var problem);
        if (problem is not null) return LastGood(paths, [], $"{problem}; {Advice(paths)}");
        if (content is null || ConfigReader.IsBlank(content))
        {
            // An editor on a full disk leaves no byte: that is no wish to end all forwards.
            var what = content is null ? "does not exist" : "is empty";
            if (File.Exists(paths.LastGoodConfig))
                return LastGood(paths, [], $"{paths.Config} {what}; {Advice(paths)}");

            return new ConfigFile(HookConfig.Empty, [], [], Broken: false) { Path = paths.Config };
        }

        if (earlier?.Content is { } same && content.AsSpan().SequenceEqual(same)) return earlier;

        var result = Parse(content, paths.Config);
        ImmutableArray<Diagnostic> mistakes = [.. result.Errors];
        if (result.Config is null) return LastGood(paths, mistakes, Advice(paths));
        return new ConfigFile(result.Config, result.LeftOutMachines, result.LeftOutNetworks, false)
        {
            Path = paths.Config,
            Content = content,
            Mistakes = mistakes,
        };
    }

    /// <summary>Keeps the file as the last good one, if it can be used.</summary>
    /// <returns>Why it cannot be written; null if it is, or need not be.</returns>
    public string? Keep(HostPaths paths)
    {
        if (Content is null) return null;
        var kept = SmallFile.TryRead(paths.LastGoodConfig, MaxBytes);
        if (kept is not null && kept.AsSpan().SequenceEqual(Content)) return null;
        return SmallFile.TryReplace(paths.LastGoodConfig, Content);
    }

    private static ConfigFile LastGood(HostPaths paths, ImmutableArray<Diagnostic> mistakes, string verdict)
    {
        var kept = SmallFile.TryRead(paths.LastGoodConfig, MaxBytes);
        var config = kept is null ? null : Parse(kept, paths.LastGoodConfig).Config;
        return new ConfigFile(config, [], [], true) { Path = paths.Config, Mistakes = mistakes, Verdict = verdict };
    }

    private static string Advice(HostPaths paths) => File.Exists(paths.LastGoodConfig)
        ? "the last good configuration stays in force"
        : "no forward is set up until it can be used";
}
