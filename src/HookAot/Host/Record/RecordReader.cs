using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using HookAot.Config;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// Reads the files that we write into /run/hookaot ourselves. A value that is missing or of another type makes the
/// whole file unreadable: it is then as if it were not there. By hand, since the hook reads them in the middle of a
/// guest's start, where the serializer's metadata cost 0.9 ms, and 300 kB of the binary.
/// </summary>
internal static class RecordReader
{
    /// <summary>The record of what is active; null if that is not what the file has.</summary>
    public static HostState? State(ReadOnlySpan<byte> json)
    {
        if (Parse(json) is not { } file) return null;
        if (!List(file, "Guests", Guest, out var guests)) return null;
        if (!List(file, "Networks", Network, out var networks)) return null;
        if (!List(file, "Steps", Step, out var steps)) return null;
        if (!List(file, "Udp", Udp, out var udp)) return null;
        if (!List(file, "Learned", Address, out var learned)) return null;
        if (!List(file, "Accepted", Text, out var accepted)) return null;
        if (!List(file, "Refused", Refused, out var refused)) return null;
        if (Flag(file.Member("Called")) is not { } called) return null;

        // A record of version 0.1 has none.
        ImmutableArray<string> localnet = [];
        if (file.Member("Localnet") is not null && !List(file, "Localnet", Text, out localnet)) return null;

        var (backend, config) = (Text(file.Member("Backend")), Text(file.Member("ConfigPath")));
        return new(guests, networks, steps, udp, learned, accepted, refused, backend, config, called)
        {
            Localnet = localnet,
        };
    }

    /// <summary>An event that waits; null if that is not what the file has.</summary>
    public static HostEvent? Event(ReadOnlySpan<byte> json)
    {
        if (Parse(json) is not { } file) return null;
        if (Text(file.Member("Driver")) is not { } driver || Text(file.Member("Name")) is not { } name) return null;
        if (Flag(file.Member("Active")) is not { } active) return null;
        return List(file, "Interfaces", Interface, out var interfaces) ? new(driver, name, active, interfaces) : null;
    }

    private static JsonValue? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var file = JsonValue.Parse(json);
            return file.Type == JsonTokenType.StartObject ? file : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static RecordedGuest? Guest(JsonValue item)
    {
        if (Text(item.Member("Driver")) is not { } driver || Text(item.Member("Name")) is not { } name) return null;
        if (!List(item, "Interfaces", Interface, out var interfaces)) return null;
        if (Number(item.Member("Since")) is not { } since || Flag(item.Member("Shadowed")) is not { } shadowed)
            return null;
        return new(driver, name, interfaces, since, shadowed);
    }

    // What an interface does not have is null.
    private static GuestInterface? Interface(JsonValue item)
    {
        if (item.Type != JsonTokenType.StartObject) return null;
        return new(
            Text(item.Member("Mac")),
            Text(item.Member("Network")),
            Text(item.Member("Bridge")),
            Text(item.Member("Target")))
        {
            Kind = Text(item.Member("Kind")),
            Device = Text(item.Member("Device")),
        };
    }

    private static RecordedNetwork? Network(JsonValue item)
    {
        if (Text(item.Member("Name")) is not { } name) return null;
        return Number(item.Member("Since")) is { } since ? new(name, since) : null;
    }

    private static RecordedStep? Step(JsonValue item)
    {
        if (Text(item.Member("Name")) is not { } name || Flag(item.Member("Installed")) is not { } installed)
            return null;
        if (item.Member("Parts") is not { Type: not JsonTokenType.Null }) return new(name, installed);
        return List(item, "Parts", Text, out var parts) ? new(name, installed, [.. parts]) : null;
    }

    private static UdpForward? Udp(JsonValue item)
    {
        if (Text(item.Member("Target")) is not { } target) return null;
        if (Number(item.Member("First")) is not (>= 0 and <= ushort.MaxValue and var first)) return null;
        if (Number(item.Member("Last")) is not (>= 0 and <= ushort.MaxValue and var last)) return null;
        return new(Text(item.Member("Public")), (ushort)first, (ushort)last, Text(item.Member("Source")), target);
    }

    private static RecordedAddress? Address(JsonValue item)
    {
        if (Text(item.Member("Mac")) is not { } mac) return null;
        return Text(item.Member("Address")) is { } address ? new(mac, address) : null;
    }

    private static RefusedGuest? Refused(JsonValue item)
    {
        if (Text(item.Member("Guest")) is not { } guest) return null;
        return Text(item.Member("Reason")) is { } reason ? new(guest, reason) : null;
    }

    /// <summary>Reads a list; false if it is missing, or one of its items is not as it should be.</summary>
    private static bool List<T>(JsonValue owner, string name, Func<JsonValue, T?> read, out ImmutableArray<T> list)
        where T : class
    {
        list = [];
        if (owner.Member(name) is not { Type: JsonTokenType.StartArray } array) return false;

        var items = new T[array.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            if (read(array.Items[i]) is not { } item) return false;
            items[i] = item;
        }

        list = System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(items);
        return true;
    }

    private static string? Text(JsonValue? value) => value is { Type: JsonTokenType.String } ? value.Text : null;

    private static long? Number(JsonValue? value) =>
        value is { Type: JsonTokenType.Number }
        && long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static bool? Flag(JsonValue? value) => value?.Type switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => null,
    };
}
