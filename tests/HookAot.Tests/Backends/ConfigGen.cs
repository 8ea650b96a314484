using CsCheck;

namespace HookAot.Tests.Backends;

/// <summary>
/// Random configurations in all forms, whose ports never collide, for guests "g0", "g1", ... that have 192.168.122.10
/// and up.
/// </summary>
internal static class ConfigGen
{
    /// <summary>The least public port that is used.</summary>
    private const int FirstPort = 1020;

    /// <summary>Each entry has so many public ports of its own.</summary>
    private const int PortsOfEntry = 20;

    private static readonly Gen<string> Protocol = Any("tcp", "udp", "sctp", "tcp+udp");

    private static readonly Gen<string> Source = Any(
        "",
        ", \"source\": \"10.0.0.0/8\"",
        ", \"source\": [\"10.0.0.0/8\", \"192.168.0.50\"]");

    private static readonly Gen<string> Public = Any(
        "",
        ", \"public_ip\": \"\"",
        ", \"public_ip\": [\"192.168.0.166\", \"192.168.0.167\"]");

    private static readonly Gen<string> Networks = Any(
        "",
        ", \"networks\": { \"default\": \"192.168.122.0/24\" }");

    /// <summary>Prints an entry of port_map, given the first of the public ports that are its own.</summary>
    private delegate string Entry(int port);

    private static readonly Gen<Entry> Pair =
        Gen.Int[1, 65535].Select(vm => (Entry)(port => $"[\"{port}\", {vm}]"));

    private static readonly Gen<Entry> Single =
        Gen.Bool.Select(quoted => (Entry)(port => quoted ? $"\"{port}\"" : $"{port}"));

    private static readonly Gen<Entry> Range =
        Gen.Select(Gen.Int[1, PortsOfEntry - 1], Gen.Int[1, 60000], Protocol, Source, Public).Select(
            (more, vm, protocol, source, address) => (Entry)(port =>
            {
                var ports = $"\"public\": \"{port}-{port + more}\", \"vm\": \"{vm}-{vm + more}\"";
                return $$"""{ {{ports}}, "protocol": "{{protocol}}"{{source}}{{address}} }""";
            }));

    private static readonly Gen<Entry> AnyEntry = Gen.OneOf(Pair, Single, Range);

    /// <summary>The text of a config.json, and how many guests it names.</summary>
    public static Gen<(string Config, int Guests)> Configs { get; } =
        Gen.Select(AnyEntry.List[0, 4].List[1, 6], Networks, Any("\"\"", "\"192.168.0.166\""))
            .Select((machines, networks, address) => (Print(machines, networks, address), machines.Count));

    private static Gen<string> Any(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Print(List<List<Entry>> machines, string networks, string address)
    {
        var port = FirstPort;
        var texts = new List<string>();
        foreach (var entries in machines)
        {
            var forwards = new List<string>();
            foreach (var entry in entries)
            {
                forwards.Add(entry(port));
                port += PortsOfEntry;
            }

            var host = 10 + texts.Count;
            var map = string.Join(", ", forwards);
            texts.Add($"\"g{texts.Count}\": {{ \"private_ip\": \"192.168.122.{host}\", \"port_map\": [{map}] }}");
        }

        return $$"""{ "public_ip": {{address}}, "machines": { {{string.Join(", ", texts)}} }{{networks}} }""";
    }
}
