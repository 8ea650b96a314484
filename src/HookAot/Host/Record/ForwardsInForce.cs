using System.Text;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// What was in force after the last converge, a line each in /run/hookaot, so that the log can say what the next one
/// adds and removes without a look at the kernel. Where the file is lost everything counts as added; nothing but the
/// log depends on it.
/// </summary>
internal static class ForwardsInForce
{
    private const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>Replaces what is recorded by what is in force now.</summary>
    /// <param name="paths">Where the file is.</param>
    /// <param name="ruleset">What is in force now.</param>
    /// <returns>What is new and what is gone.</returns>
    public static ForwardChanges Replace(HostPaths paths, Ruleset ruleset)
    {
        var now = new StringBuilder();
        foreach (var translation in ruleset.Translations) now.Append(translation.Describe()).Append('\n');
        foreach (var network in ruleset.Networks)
            now.Append($"network {Printable.Escape(network.Name)}: every connection to {network.Range}\n");

        var content = Encoding.UTF8.GetBytes(now.ToString());
        ReadOnlySpan<byte> before = SmallFile.TryRead(paths.Forwards, MaxBytes) ?? [];
        if (before.SequenceEqual(content)) return new([], []);

        // Where it cannot be written the old one stays, and what is new is told again: still no lie about the kernel.
        _ = SmallFile.TryReplace(paths.Forwards, content);
        return Changes(before, content);
    }

    // Most converges are about one guest of many: what both have at their ends is passed over as it is.
    private static ForwardChanges Changes(ReadOnlySpan<byte> before, ReadOnlySpan<byte> now)
    {
        var start = before[..before.CommonPrefixLength(now)].LastIndexOf((byte)'\n') + 1;
        before = before[start..];
        now = now[start..];
        var same = 0;
        while (same < before.Length && same < now.Length && before[^(same + 1)] == now[^(same + 1)]) same++;

        // Both end with a line feed, and the first of these bytes may be in the middle of a line.
        var tail = same == 0 ? 0 : Math.Max(same - 1 - before[^same..].IndexOf((byte)'\n'), 0);
        var (old, current) = (Lines(before[..^tail]), Lines(now[..^tail]));
        return new([.. current.Except(old)], [.. old.Except(current)]);
    }

    private static string[] Lines(ReadOnlySpan<byte> text) =>
        Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>What a converge changed.</summary>
/// <param name="added">What is in force since, a description each.</param>
/// <param name="removed">What no longer is.</param>
internal sealed class ForwardChanges(string[] added, string[] removed)
{
    /// <summary>Whether nothing has changed.</summary>
    public bool IsEmpty => added.Length + removed.Length == 0;

    /// <summary>The fields for it behind a sentence of the log; empty if nothing changed.</summary>
    /// <param name="cause">What the converge was for.</param>
    public string Fields(ConvergeCause cause)
    {
        if (IsEmpty) return "";
        List<(string Name, string Value)> fields =
        [
            (StructuredData.Kind, "converge"),
            ("event", cause.Operation),
            ("guest", cause.Name),
        ];
        foreach (var forward in added) fields.Add((StructuredData.Added, forward));
        foreach (var forward in removed) fields.Add((StructuredData.Removed, forward));
        return StructuredData.Append("", fields);
    }
}
