using HookAot.Backends;
using HookAot.Tests.Docs;

namespace HookAot.Tests.Nftables;

/// <summary>The scripts of all stories, as they were accepted: scripts/STORY.nft.</summary>
public sealed class NftScriptTests
{
    /// <summary>libvirt's chain, in which nothing of ours is.</summary>
    private static readonly InstalledNft Libvirt = InstalledNft.Nothing with
    {
        LibvirtForward = new("forward", [new(Handle: 5, "guest_input", "")]),
    };

    [Test]
    public async Task Every_story_is_printed_as_it_was_accepted()
    {
        foreach (var story in NftStories.Names)
        {
            var file = Repository.File("tests", "HookAot.Tests", "Nftables", "scripts", $"{story}.nft");
            await Accepted.Is(file, Print(NftStories.Wanted(story), Libvirt, Libvirt), nameof(NftScriptTests));
        }
    }

    [Test]
    public async Task Without_libvirts_table_nothing_is_accepted_in_it()
    {
        var script = Print(NftStories.Wanted("one forward"), InstalledNft.Nothing, InstalledNft.Nothing);
        await Assert.That(script).DoesNotContain("libvirt").And.Contains("add table ip hookaot\n");
    }

    [Test]
    public async Task Removal_takes_out_the_jump_the_chain_and_the_table()
    {
        var accept = new InstalledNftChain("hookaot", [new(Handle: 9, null, "0123")]);
        var installed = Libvirt with
        {
            HasOwn = true,
            LibvirtForward = new("forward", [new(7, "hookaot", ""), new(5, "guest_input", "")]),
            LibvirtAccept = accept,
        };
        await Assert.That(Print(WantedRules.Nothing, installed, Libvirt)).IsEqualTo("""
            delete rule ip libvirt_network forward handle 7
            flush chain ip libvirt_network hookaot
            delete chain ip libvirt_network hookaot
            delete table ip hookaot

            """);
        var kept = installed with { AcceptIsKept = true };
        await Assert.That(Print(WantedRules.Nothing, kept, Libvirt)).DoesNotContain("delete chain");
        var empty = kept with
        {
            HasOwn = false,
            LibvirtForward = Libvirt.LibvirtForward,
            LibvirtAccept = accept with { Rules = [] },
        };
        await Assert.That(Print(WantedRules.Nothing, empty, Libvirt)).IsEmpty();
        await Assert.That(empty.HasOurs).IsFalse();
    }

    [Test]
    [Arguments("/dev/stdin:12:3-40: Error: syntax error", 12)]
    [Arguments("nonsense\n/dev/stdin:7:1-5: Error: Could not process rule: File exists\n/dev/stdin:9:1-5:", 7)]
    [Arguments("netlink: Error: cache initialization failed: Operation not permitted", 0)]
    [Arguments("/dev/stdin:", 0)]
    [Arguments("/dev/stdin:99999999999:1-1: Error", 0)]
    [Arguments("", 0)]
    public async Task An_error_names_its_line(string output, int line) =>
        await Assert.That(HookAot.Host.NftTransaction.LineNumber(output)).IsEqualTo(line);

    private static string Print(WantedRules wanted, InstalledNft ipv4, InstalledNft ipv6) =>
        IptablesScript.Print(NftScript.For(wanted, ipv4, ipv6, counts: true));
}
