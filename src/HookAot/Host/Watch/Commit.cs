using System.Collections.Immutable;
using System.Globalization;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>One transaction of nf_tables, iptables-nft's among them.</summary>
/// <param name="Pid">The process that made it; 0 if the kernel does not tell.</param>
/// <param name="Name">The process's name; any text of at most 15 bytes.</param>
/// <param name="Hit">The chains and sets from which something of ours was taken.</param>
internal sealed record Commit(int Pid, string Name, ImmutableArray<string> Hit)
{
    /// <summary>"firewalld[812]", printable.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Printable.Escape(Name)}[{Pid}]");
}
