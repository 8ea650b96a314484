using System.Collections.Immutable;
using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// Our own tables in nf_tables, where nft translates, and our chain in the tables of libvirt's nftables backend, where
/// there are such, whoever translates: what those reject, nobody else can accept.
/// </summary>
internal sealed class NftStep : ConvergeStep
{
    /// <inheritdoc/>
    public override string Name => "nftables";

    /// <inheritdoc/>
    public override StepView? Look(StepContext context, out string? problem)
    {
        var listing = NftReader.Read(out problem);
        return listing is null ? null : new View(listing);
    }

    /// <inheritdoc/>
    public override StepOutcome Apply(StepContext context, Desired desired, StepView? seen)
    {
        var transaction = new NftTransaction(context);
        var (error, refused) = transaction.Run(desired.Backend.ForNft(desired.Ruleset));
        return error is null
            ? new(null, refused, transaction.HasOurs)
            : new(desired.Backend.Problem ?? error, refused, null) { NftDied = transaction.Died };
    }

    private sealed class View(NftListing listing) : StepView
    {
        public override IInstalledRules Rules => listing;

        public override IEnumerable<Difference> DifferencesFrom(Desired desired) =>
            listing.DifferencesFrom(desired.Backend.ForNft(desired.Ruleset));

        public override IEnumerable<ToolScript> ScriptsFor(Desired desired)
        {
            var wanted = desired.Backend.ForNft(desired.Ruleset);
            var script = NftScript.For(wanted, listing.Of(isIPv4: true), listing.Of(isIPv4: false), counts: true);
            if (script.IsEmpty) yield break;

            ImmutableArray<string> arguments = ["-f", "-"];
            yield return new(HostPaths.Nft ?? "nft", arguments, IptablesScript.Print(script));
        }
    }
}
