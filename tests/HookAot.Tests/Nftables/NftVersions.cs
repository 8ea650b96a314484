using HookAot.Tests.Netns;

namespace HookAot.Tests.Nftables;

/// <summary>The nft of Debian 11 (0.9.8), 12 (1.0.6) and 13 (1.1.3), side by side with their own libraries.</summary>
internal static class NftVersions
{
    /// <summary>The oldest, whose maps cannot count.</summary>
    public const string Oldest = "bullseye";

    private static readonly Lazy<Task<string>> Unpacked = new(Unpack);

    /// <summary>The path of the nft of a Debian suite.</summary>
    public static async Task<string> Of(string suite) => Path.Combine(await Unpacked.Value, suite, "nft");

    private static async Task<string> Unpack()
    {
        var directory = Repository.File("artifacts", "nft");
        await Tool.Succeed([Repository.File("scripts", "unpack-nft.sh"), directory]);
        return directory;
    }
}
