using System.Collections.Immutable;
using HookAot.Backends;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// Brings what is wanted into nf_tables with one nft -f: our own tables, and our chain in libvirt's. It looks first,
/// which costs no process, and does nothing where nothing differs.
/// </summary>
/// <param name="context">Where and how.</param>
internal sealed class NftTransaction(StepContext context)
{
    // libvirt's table may come or go between the look and the commit.
    private const int MostLooks = 3;

    // Once may be the work of an administrator, or of the kernel when it is out of memory.
    private const int DeadlyDeaths = 2;

    private bool counts = true;
    private bool anew;
    private int deaths;

    /// <summary>What to say where there is no nft.</summary>
    public const string Missing = "nft is not installed, or not on PATH. Install the package nftables";

    /// <summary>
    /// An older nft dies on sets that a newer one has made (kubernetes #136786, calico #11750: nft 1.1.2 and later
    /// against 1.1.1 and earlier).
    /// </summary>
    public bool Died => deaths >= DeadlyDeaths;

    /// <summary>Whether anything of ours is there afterwards.</summary>
    public bool HasOurs { get; private set; }

    /// <summary>Puts what is wanted in place of whatever of ours is there, or takes that out.</summary>
    /// <param name="wanted">What has to be there, of both families.</param>
    /// <returns>Why the rules are not in place, null if they are; and who is left out.</returns>
    public (string? Error, ImmutableArray<RefusedGuest> Refused) Run(WantedRules wanted)
    {
        var selection = new GuestSelection(guests => Apply(wanted.Only(guests)), guests => Test(wanted.Only(guests)));
        return selection.Apply(wanted.GuestNames, context.Record.Served);
    }

    private Attempt Apply(WantedRules wanted)
    {
        RestoreResult result = default;
        for (var look = 0; look < MostLooks && !context.Deadline.HasPassed; look++)
        {
            if (Script(wanted, out var problem) is not { } script) return new(Verdict.ToolFailed, null, problem!);
            if (script.IsEmpty) return new(Verdict.InPlace);
            if (HostPaths.Nft is not { } nft) return new(Verdict.ToolFailed, null, Missing);

            result = Run(nft, script, test: false);
            if (result.Verdict == Verdict.InPlace) return new(Verdict.InPlace);
            var isSecondFailure = result.Verdict == Verdict.ToolFailed && look > 0;
            if (Died || isSecondFailure) return new(Verdict.ToolFailed, null, result.Message);
            // nft before 1.0 has no counters in a map.
            if (result.Refused is { Guest: null } line && line.Text.Contains("counter", StringComparison.Ordinal))
                counts = false;
            else if (result.Verdict == Verdict.TableRefused)
                anew = true;
        }

        var guest = result.Refused?.Guest;
        return guest is null
            ? new(result.Verdict, null, $"{result.Message}{TooOld(result)}")
            : new(Verdict.RuleRefused, guest, result.Message);
    }

    private bool Test(WantedRules wanted) => !context.Deadline.HasPassed
        && HostPaths.Nft is { } nft
        && Script(wanted, out _) is { } script
        && (script.IsEmpty || Run(nft, script, test: true).Verdict == Verdict.InPlace);

    private ImmutableArray<ScriptLine>? Script(WantedRules wanted, out string? problem)
    {
        if (NftReader.Read(out problem) is not { } there) return null;
        var (ipv4, ipv6) = (there.Of(isIPv4: true), there.Of(isIPv4: false));
        var libvirtListens = ipv4.LibvirtForward is not null || ipv6.LibvirtForward is not null;
        HasOurs = !wanted.Translated.IsEmpty || (libvirtListens && !wanted.Accepted.IsEmpty);
        return NftScript.For(wanted, ipv4, ipv6, counts, anew);
    }

    private RestoreResult Run(string nft, ImmutableArray<ScriptLine> script, bool test)
    {
        ImmutableArray<string> arguments = test ? ["-c", "-f", "-"] : ["-f", "-"];
        if (context.Log.IsEnabled(LogLevel.Debug))
        {
            Log.Command(context.Log, nft, string.Join(' ', arguments));
            foreach (var line in script) Log.ScriptLine(context.Log, line.Text);
        }

        var deadline = context.Deadline.AtMost(Limits.Tool);
        var ended = Child.Run(nft, arguments, IptablesScript.Print(script), context.LockFd, deadline);
        if (ended.Succeeded)
        {
            if (!test) context.Generation.Committed(times: 1);
            return new(Verdict.InPlace, null, "");
        }

        if (!test) context.Generation.Lose();

        if (ended.Outcome == ChildOutcome.Signalled) deaths++;
        if (ended.Outcome == ChildOutcome.NotStarted) deaths = DeadlyDeaths;
        var number = LineNumber(ended.Output);
        var refused = number >= 1 && number <= script.Length ? script[number - 1] : null;
        var verdict = ended.Outcome == ChildOutcome.Exited ? Verdict.TableRefused : Verdict.ToolFailed;
        return new(verdict, refused, Explain(nft, ended, refused));
    }

    private static string Explain(string nft, ChildResult ended, ScriptLine? line)
    {
        const int MostLines = 2;
        const StringSplitOptions NoBlanks = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        var words = string.Join("; ", ended.Output.Split('\n', NoBlanks).Take(MostLines));
        var place = line is null ? "" : $" at '{line.Text}'";
        var why = ended.Outcome == ChildOutcome.Signalled
            ? "; most likely a newer nft, in a container perhaps, has made a set that this one cannot read: " +
                "update the package nftables"
            : "";
        return $"{nft} {ended.Description}{place}{(words.Length == 0 ? "" : ": ")}{words}{why}";
    }

    /// <summary>" (nft is 0.9.3, ...)" where that is why; else nothing.</summary>
    private string TooOld(RestoreResult result)
    {
        if (result.Verdict != Verdict.TableRefused || HostPaths.Nft is not { } nft) return "";
        var told = Child.Run(nft, ["--version"], "", context.LockFd, context.Deadline.AtMost(Limits.Tool));
        var words = told.Output.Split(' ');
        if (!told.Succeeded || words.Length < 2)
            return "";
        if (!Version.TryParse(words[1].TrimStart('v'), out var version)) return "";
        return version < new Version(0, 9, 8) ? $" (nft is {version}; 0.9.8 or later is needed)" : "";
    }

    /// <summary>The number in "/dev/stdin:12:3-40: Error: ..."; 0 if there is none.</summary>
    internal static int LineNumber(string output)
    {
        const string Before = "/dev/stdin:";
        var at = output.IndexOf(Before, StringComparison.Ordinal);
        if (at < 0) return 0;
        var digits = output.AsSpan(at + Before.Length);
        var length = 0;
        while (length < digits.Length && char.IsAsciiDigit(digits[length])) length++;
        return int.TryParse(digits[..length], out var line) ? line : 0;
    }
}
