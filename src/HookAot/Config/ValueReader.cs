using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>Reads the values that config.json is made of; what is wrong with one goes to the findings.</summary>
internal sealed class ValueReader(Findings findings)
{
    private const string Address = "an address of this host such as \"192.168.0.166\", a list of them, "
        + "or \"\" for every address";

    private const string LinkLocal = "is a link-local address, which is another one on each link; "
        + "expected an address that is routed, such as \"fd00::2\"";

    private const string SourceList = "a network such as \"10.0.0.0/8\", or a list of them; "
        + "leave the key out to let everybody in";

    private const string ProtocolList = "\"tcp\", \"udp\", \"sctp\" or \"tcp+udp\"";

    /// <summary>Networks whose own address and whose broadcast address nobody can have.</summary>
    public ImmutableArray<IPNetwork> Ranges { get; set; } = [];

    /// <summary>Whether a value has a type.</summary>
    public bool Is(JsonValue value, JsonTokenType type, string expected)
    {
        if (value.Type == type) return true;
        findings.Wrong(value, expected);
        return false;
    }

    /// <summary>true or false, or the same as a string, which the ancestor's own config holds.</summary>
    public bool Flag(JsonValue value)
    {
        if (value.Type is JsonTokenType.True or JsonTokenType.False) return value.Type == JsonTokenType.True;
        var word = value.Type == JsonTokenType.String ? value.Text.ToLowerInvariant() : "";
        if (word is "true" or "false") return word == "true";
        findings.Wrong(value, "true or false");
        return false;
    }

    /// <summary>The tool that writes the rules.</summary>
    public Backend Backend(JsonValue value)
    {
        switch (value.Type == JsonTokenType.String ? value.Text : null)
        {
            case "auto":
                return Model.Backend.Auto;
            case "iptables":
                return Model.Backend.Iptables;
            case "nftables":
                return Model.Backend.Nftables;
            default:
                findings.Wrong(value, "\"auto\", \"iptables\" or \"nftables\"");
                return Model.Backend.Auto;
        }
    }

    /// <summary>A time; null if it is none.</summary>
    public long? Until(JsonValue value)
    {
        if (value.Type == JsonTokenType.String && UtcTime.Parse(value.Text) is { } time) return time;
        findings.Wrong(value, "a time in UTC such as \"2026-11-28T18:00:00Z\"");
        return null;
    }

    /// <summary>What an entry is for; null if it says nothing.</summary>
    public string? Comment(JsonValue value)
    {
        if (value.Type == JsonTokenType.String && ConfigText.IsComment(value.Text))
            return value.Text.Length == 0 ? null : value.Text;
        findings.Wrong(value, ConfigText.CommentForm);
        return null;
    }

    /// <summary>The name of an interface; null if it is none.</summary>
    public string? Interface(JsonValue value)
    {
        if (value.Type == JsonTokenType.String && InterfaceName.IsValid(value.Text)) return value.Text;
        findings.Wrong(value, "the name of a network interface, such as \"virbr0\"");
        return null;
    }

    /// <summary>A port or a range of ports.</summary>
    public bool TryPorts(JsonValue value, out PortRange range)
    {
        range = default;
        var isText = value.Type is JsonTokenType.String or JsonTokenType.Number;
        if (isText && PortRange.TryParse(value.Text, out range)) return true;
        findings.Wrong(value, "a port from 1 to 65535, or a range \"8000-8010\"");
        return false;
    }

    /// <summary>Protocols: a name, several with "+" between them, or a list of such.</summary>
    public ImmutableArray<Protocol> Protocols(JsonValue value)
    {
        if (value.IsEmptyList) findings.Wrong(value, ProtocolList);
        var protocols = ImmutableArray.CreateBuilder<Protocol>();
        foreach (var item in value.OneOrMany)
        {
            var names = item.Type == JsonTokenType.String ? item.Text.ToLowerInvariant().Split('+') : [""];
            foreach (var name in names)
            {
                if (!ProtocolNames.TryParse(name, out var protocol)) findings.Wrong(item, ProtocolList);
                else if (!protocols.Contains(protocol)) protocols.Add(protocol);
            }
        }

        return protocols.ToImmutable();
    }

    /// <summary>The host's addresses; empty: every one.</summary>
    /// <param name="value">The value.</param>
    /// <param name="localhost">Whether 127.0.0.1 is forwarded.</param>
    public ImmutableArray<IPAddress> PublicAddresses(JsonValue value, bool localhost = false)
    {
        if (value is { Type: JsonTokenType.String, Text: "" or "0.0.0.0" }) return [];
        if (value.IsEmptyList) findings.Wrong(value, Address);

        var addresses = ReadAddresses(value, Address, IsOneHosts);
        foreach (var address in addresses)
        {
            if (!IPAddress.IsLoopback(address) || (localhost && address.Equals(IPAddress.Loopback))) continue;
            findings.Warning(value, address.IsIPv4()
                ? $"connections to {address} are not forwarded; \"localhost\": true forwards those to 127.0.0.1"
                : $"connections to {address} are not forwarded: the kernel has no route_localnet for IPv6");
        }

        return addresses;
    }

    /// <summary>A guest's own addresses.</summary>
    public ImmutableArray<IPAddress> PrivateAddresses(JsonValue value)
    {
        const string expected = "the guest's own address such as \"192.168.122.2\", or a list of them";
        return ReadAddresses(value, expected, a => IsOneHosts(a) && !IPAddress.IsLoopback(a));
    }

    /// <summary>Who may connect.</summary>
    public ImmutableArray<IPNetwork> Sources(JsonValue value)
    {
        if (value.IsEmptyList) findings.Wrong(value, SourceList);
        var sources = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var item in value.OneOrMany)
            if (Network(item) is { } network && !sources.Contains(network)) sources.Add(network);
        return sources.ToImmutable();
    }

    /// <summary>A network; null if it is none.</summary>
    public IPNetwork? Network(JsonValue value)
    {
        var text = value.Type == JsonTokenType.String ? value.Text : "";
        if (Addresses.TryParseNetwork(text, out var network)) return network;

        if (Addresses.SuggestNetwork(text) is { } meant)
        {
            findings.Error(value,
                $"found {value.Description}, an address within a network; expected the network itself: \"{meant}\"");
        }
        else
        {
            findings.Wrong(value, "a network such as \"192.168.122.0/24\"");
        }

        return null;
    }

    private ImmutableArray<IPAddress> ReadAddresses(JsonValue value, string expected, Func<IPAddress, bool> isAllowed)
    {
        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var item in value.OneOrMany)
        {
            var text = item.Type == JsonTokenType.String ? item.Text : "";
            if (!Addresses.TryParse(text, out var address) || !isAllowed(address)) findings.Wrong(item, expected);
            else if (address.IsIPv6LinkLocal) findings.Error(item, $"{address} {LinkLocal}");
            else if (Problem(address) is { } problem) findings.Error(item, $"{problem}; expected {expected}");
            else if (!addresses.Contains(address)) addresses.Add(address);
        }

        return addresses.ToImmutable();
    }

    private string? Problem(IPAddress address) => AddressProblems.Of(address, Ranges);

    private static bool IsOneHosts(IPAddress address) =>
        !address.IsAny() && !address.IsMulticast() && !address.Equals(IPAddress.Broadcast);
}
