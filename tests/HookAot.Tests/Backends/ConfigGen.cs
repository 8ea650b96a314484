using CsCheck;

namespace HookAot.Tests.Backends;

/// <summary>Random configurations in all forms, whose ports never collide, for guests "g0", "g1", ... that have 192.168.122.10 and up.</summary>
internal static class ConfigGen
{
    private static readonly Gen<string> Protocol = Any("tcp", "udp", "sctp", "tcp+udp");
    private static readonly Gen<string> Source = Any("", ", \"source\": \"10.0.0.0/8\"", ", \"source\": [\"10.0.0.0/8\", \"192.168.0.50\"]");
    private static readonly Gen<string> Public = Any("", ", \"public_ip\": \"\"", ", \"public_ip\": [\"192.168.0.166\", \"192.168.0.167\"]");

    private static Gen<string> Any(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    // Each entry has twenty public ports of its own.
    private static readonly Gen<Func<int, string>> Entry = Gen.OneOf<Func<int, string>>(
        Gen.Int[1, 65535].Select(vm => (Func<int, string>)(port => $"[\"{port}\", {vm}]")),
        Gen.Bool.Select(quoted => (Func<int, string>)(port => quoted ? $"\"{port}\"" : $"{port}")),
        Gen.Select(Gen.Int[1, 19], Gen.Int[1, 60000], Protocol, Source, Public).Select((more, vm, protocol, source, address) =>
            (Func<int, string>)(port => $$"""{ "public": "{{port}}-{{port + more}}", "vm": "{{vm}}-{{vm + more}}", "protocol": "{{protocol}}"{{source}}{{address}} }""")));

    /// <summary>The text of a config.json, and how many guests it names.</summary>
    public static Gen<(string Config, int Guests)> Configs { get; } =
        Gen.Select(Entry.List[0, 4].List[1, 6], Gen.Bool, Any("\"\"", "\"192.168.0.166\"")).Select((machines, networks, address) =>
        {
            var port = 1000;
            var texts = machines.Select((entries, i) =>
                $$"""{{'"'}}g{{i}}": { "private_ip": "192.168.122.{{10 + i}}", "port_map": [{{string.Join(", ", entries.Select(e => e(port += 20)))}}] }""");
            return ($$"""{ "public_ip": {{address}}, "machines": { {{string.Join(", ", texts)}} }{{(networks ? """, "networks": { "default": "192.168.122.0/24" }""" : "")}} }""", machines.Count);
        });
}
