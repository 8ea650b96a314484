namespace HookAot.Tests.Netns;

/// <summary>Configurations with many guests.</summary>
internal static class Configs
{
    /// <summary>The port of the first guest; the others follow.</summary>
    public const int FirstPort = 3000;

    /// <summary>Guests from 192.168.122.100 on, each with one TCP port that is the same outside and inside.</summary>
    /// <param name="guests">Their names, which need no escape in JSON; at most 100.</param>
    public static string OnePortEach(IReadOnlyList<string> guests)
    {
        var machines = guests.Select(Machine);
        return $$"""{ "machines": { {{string.Join(", ", machines)}} } }""";
    }

    private static string Machine(string name, int i) =>
        $$"""  "{{name}}": { "private_ip": "192.168.122.{{100 + i}}", "port_map": [{{FirstPort + i}}] }  """;
}
