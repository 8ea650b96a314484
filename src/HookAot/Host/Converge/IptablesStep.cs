using System.Collections.Immutable;
using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// Our chains in the tables of iptables, or of ip6tables. One process where the assumption about what is there holds.
/// Where it does not, the transaction fails, changes nothing in that table, and names the line that was wrong; the next
/// attempt assumes better.
/// </summary>
/// <param name="ipv4">Whether it is for iptables; else for ip6tables.</param>
internal sealed class IptablesStep(bool ipv4) : ConvergeStep
{
    /// <inheritdoc/>
    public override string Name => ipv4 ? "iptables" : "ip6tables";

    /// <inheritdoc/>
    public override StepView? Look(StepContext context, out string? problem)
    {
        problem = null;
        if (Tool(context.Paths) is not { } tool) return new View(null, IptablesListing.Parse("", ipv4), ipv4);

        var listing = IptablesSave.Read(tool, ipv4, context.LockFd, context.Deadline, out problem);
        return listing is null ? null : new View(tool, listing, ipv4);
    }

    /// <inheritdoc/>
    public override StepOutcome Apply(StepContext context, Desired desired, StepView? seen)
    {
        var wanted = desired.Backend.ForIptables(desired.Ruleset, ipv4);
        if (Tool(context.Paths) is not { } tool)
        {
            return wanted.IsEmpty
                ? Nothing
                : new(desired.Backend.Problem ?? Missing, [], null);
        }

        var listing = (seen as View)?.Listing;
        var recorded = context.Record.PartsOf(Name);
        var parts = recorded ?? (listing is null ? IptablesForward.Parts(tool, ipv4) : null);
        if (wanted.IsEmpty && listing is null && parts is { Count: 0 }) return Nothing;

        if (listing is not null) CleanOtherVariant(context);
        else if (parts is null) listing = IptablesSave.Read(tool, ipv4, context.LockFd, context.Deadline, out _);

        var wasClean = recorded is { Count: 0 };
        var transaction = new IptablesTransaction(context, tool, ipv4, wasClean);
        if (Difference(context, tool, wanted, listing) is { } difference && transaction.TryDifference(difference))
            return InPlace(wanted, refused: []);

        transaction.Counted = listing ?? Counted(context, tool, wanted, parts);
        transaction.MayHaveBlocks = parts?.Contains(IptablesLayout.WithBlocks) ?? true;
        var (error, refused) = transaction.Run(
            wanted, part => parts?.Contains(part.Name) ?? wanted.IsEmpty, listing?.Plans(wanted));
        if (error is not null && transaction.IsInPlace(wanted)) error = null;
        if (error is not null || transaction.LeftChains) return new(error, refused, null);

        return InPlace(wanted, refused);
    }

    private static StepOutcome Nothing => StepOutcome.Done(installed: false) with { Chains = ChainContents.Nothing };

    private StepOutcome InPlace(WantedRules wanted, ImmutableArray<RefusedGuest> refused)
    {
        var parts = new List<string>();
        foreach (var part in IptablesLayout.Parts(ipv4))
            if (part.IsFor(wanted)) parts.Add(part.Name);
        if (PortBlocks.AreNeeded(wanted.Translated)) parts.Add(IptablesLayout.WithBlocks);
        return new(null, refused, !wanted.IsEmpty)
        {
            Parts = [.. parts],
            Chains = ChainContents.Of(refused.IsEmpty ? wanted : Taken(wanted, refused), ipv4),
        };
    }

    private static WantedRules Taken(WantedRules wanted, ImmutableArray<RefusedGuest> refused) => wanted.Only(
        wanted.GuestNames.Except(refused.Select(r => r.Guest)).ToHashSet(StringComparer.Ordinal));

    /// <summary>
    /// The script that only adds and takes out what differs; null where nobody knows exactly what is there, or nothing
    /// is.
    /// </summary>
    private ImmutableArray<ScriptLine>? Difference(
        StepContext context, string tool, WantedRules wanted, IptablesListing? listing)
    {
        if (context.Generation.Ours is null || !IptablesForward.WritesNftables(tool)) return null;
        return listing is not null ? listing.DifferenceTo(wanted)
            : context.Left is { } left ? IptablesDifference.From(left.Of(ipv4), wanted, ipv4)
            : null;
    }

    /// <summary>What the rules that translate have counted so far; null where there are none.</summary>
    private IptablesListing? Counted(
        StepContext context, string tool, WantedRules wanted, IReadOnlyCollection<string>? parts)
    {
        var mayCount = !wanted.Translated.IsEmpty && parts?.Contains(IptablesLayout.Translate) != false;
        return mayCount ? IptablesSave.ReadNat(tool, ipv4, context.LockFd, context.Deadline) : null;
    }

    private string Missing => ipv4
        ? IptablesRestore.Missing
        : "ip6tables is not installed beside iptables; IPv6 is not forwarded. Install it, or set \"backend\" to " +
            "\"nftables\"";

    private string? Tool(HostPaths paths) => ipv4 ? paths.Iptables : paths.Ip6tables;

    /// <summary>
    /// Where iptables was switched from one variant to the other while guests ran, rules of ours are left behind there,
    /// and forward on.
    /// </summary>
    private void CleanOtherVariant(StepContext context)
    {
        if (OtherFirewalls.OursElsewhere(context.Paths, ipv4) is not { } other) return;
        var transaction = new IptablesTransaction(context, other, ipv4, wasClean: false);
        var (error, _) = transaction.Run(WantedRules.Nothing, _ => true, seen: null);
        if (error is not null) Log.Failed(context.Log, $"rules of ours stay in {other}: {error}");
    }

    /// <summary>What iptables-save says.</summary>
    internal sealed class View(string? tool, IptablesListing listing, bool ipv4) : StepView
    {
        /// <summary>All rules, those of others among them.</summary>
        public IptablesListing Listing => listing;

        /// <inheritdoc/>
        public override IInstalledRules Rules => listing;

        /// <inheritdoc/>
        public override IEnumerable<Difference> DifferencesFrom(Desired desired) =>
            listing.DifferencesFrom(desired.Backend.ForIptables(desired.Ruleset, ipv4));

        /// <inheritdoc/>
        public override IEnumerable<ToolScript> ScriptsFor(Desired desired)
        {
            var wanted = desired.Backend.ForIptables(desired.Ruleset, ipv4);
            if (tool is null) yield break;

            var difference = IptablesForward.WritesNftables(tool) ? listing.DifferenceTo(wanted) : null;
            var whole = new IptablesAssumptions(wanted, listing.Plans(wanted), ipv4);
            var script = difference ?? listing.CarriedInto(whole.Script);
            if (script.IsEmpty) yield break;

            yield return new(
                tool + "-restore", IptablesRestore.ArgumentsFor(script), IptablesScript.Print(script));
        }
    }
}
