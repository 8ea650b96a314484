namespace HookAot.Host;

/// <summary>
/// Whether only we have committed to nf_tables since a moment: every commit raises a number of the network namespace,
/// whoever makes it, iptables-nft included (net/netfilter/nf_tables_api.c, nft_net::base_seq). Tables that nobody else
/// has touched are exactly as we left them. iptables-legacy has no such number.
/// </summary>
/// <param name="start">The number at that moment; null: nobody knows.</param>
internal sealed class NfGeneration(uint? start)
{
    private uint? expected = start;

    /// <summary>From now on.</summary>
    public static NfGeneration FromNow() => new(NfTables.Generation());

    /// <summary>The number, if nobody else has committed; null: somebody has, or may have.</summary>
    public uint? Ours => expected is not null && NfTables.Generation() == expected ? expected : null;

    /// <summary>We have committed.</summary>
    /// <param name="times">How often.</param>
    public void Committed(int times) => expected = expected is { } number ? unchecked(number + (uint)times) : null;

    /// <summary>A tool of ours has failed: nobody knows how often it has committed.</summary>
    public void Lose() => expected = null;
}
