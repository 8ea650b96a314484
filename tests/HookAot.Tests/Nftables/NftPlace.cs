using HookAot.Backends;
using HookAot.Host;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Nftables;

/// <summary>A network namespace whose nf_tables an nft of some version writes, and which is read by netlink.</summary>
internal sealed class NftPlace(EmptyNamespace place, string nft, bool counts) : IDisposable
{
    /// <summary>libvirt's table as its nftables backend makes it for the network "default".</summary>
    public const string Libvirt = """
        table ip libvirt_network {
            chain guest_cross { iif "lo" oif "lo" counter accept; }
            chain guest_input { oif "lo" ip daddr 192.168.122.0/24 ct state established,related counter accept; }
            chain guest_output { iif "lo" counter reject; }
            chain forward {
                type filter hook forward priority filter; policy accept;
                jump guest_cross
                jump guest_input
                jump guest_output
            }
        }
        table ip6 libvirt_network {
            chain guest_cross { }
            chain forward {
                type filter hook forward priority filter; policy accept;
                jump guest_cross
            }
        }

        """;

    /// <summary>The namespace.</summary>
    public NetworkNamespace Network => place.Network;

    /// <summary>The nft that writes.</summary>
    public string Nft => nft;

    /// <summary>Makes one in which only libvirt's tables are.</summary>
    /// <param name="suite">The Debian suite whose nft writes.</param>
    public static async Task<NftPlace> Create(string suite)
    {
        var nft = await NftVersions.Of(suite);
        var made = new NftPlace(await EmptyNamespace.Create(), nft, suite != NftVersions.Oldest);
        await made.Run(Libvirt);
        return made;
    }

    /// <summary>Runs nft with a script.</summary>
    public Task<string> Run(string script) => Network.Run($"'{nft}' -f -", script);

    /// <summary>What nft lists.</summary>
    public Task<string> List(string what = "ruleset") => Network.Run($"'{nft}' list {what}");

    /// <summary>What of ours is there.</summary>
    public NftListing Read() => Network.Within(() =>
        NftReader.Read(out var problem) ?? throw new InvalidOperationException(problem));

    /// <summary>The script that leads to what is wanted.</summary>
    public string ScriptFor(WantedRules wanted)
    {
        var there = Read();
        var script = NftScript.For(wanted, there.Of(isIPv4: true), there.Of(isIPv4: false), counts);
        return IptablesScript.Print(script);
    }

    /// <summary>Puts what is wanted in place, by difference.</summary>
    public async Task Apply(WantedRules wanted)
    {
        if (ScriptFor(wanted) is { Length: > 0 } script) await Run(script);
    }

    /// <summary>Everything of ours, without counters and in an order of its own.</summary>
    public string Contents() => string.Join('\n', Read().Contents.Order(StringComparer.Ordinal));

    /// <inheritdoc/>
    public void Dispose() => place.Dispose();
}
