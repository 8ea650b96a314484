using System.Collections.Immutable;
namespace HookAot.Host;
internal sealed record NfTable(string Family, string Name);
internal sealed record NfChain(string Name, bool Drops);
internal sealed record NfRule(ulong Handle, string? JumpsTo, string? Comment);
internal static class NfTables
{
    public static ImmutableArray<NfTable>? Tables(out int error) { error = 0; return []; }
    public static ImmutableArray<NfChain>? Chains(string family, string table, out int error) { error = 0; return null; }
    public static ImmutableArray<NfRule>? Rules(string family, string table, string chain, out int error) { error = 0; return null; }
}
