using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>An active guest.</summary>
/// <param name="Driver">qemu, lxc, libxl or bhyve.</param>
/// <param name="Name">libvirt's name of the domain.</param>
/// <param name="Interfaces">From its live XML.</param>
/// <param name="Isolated">Whether a network of its has no way out, so that it can answer nobody but the host.</param>
internal sealed record ActiveGuest(string Driver, string Name, ImmutableArray<GuestInterface> Interfaces, bool Isolated);

/// <summary>What became known about a guest or a network.</summary>
/// <param name="Driver">The driver of the hook that was called.</param>
/// <param name="Name">The guest's or the network's name.</param>
/// <param name="Active">Whether it is active now.</param>
/// <param name="Interfaces">A guest's interfaces, if it is active.</param>
/// <param name="Isolated">See <see cref="ActiveGuest"/>.</param>
internal sealed record HostEvent(string Driver, string Name, bool Active, ImmutableArray<GuestInterface> Interfaces, bool Isolated);

/// <summary>The record of what is active, kept from one hook call to the next.</summary>
/// <param name="Guests">Active guests.</param>
/// <param name="Networks">Active networks, by name.</param>
/// <param name="Installed">
/// Whether our chains are in the kernel; null: nobody knows, because there was no record, the kernel is being changed, or changing it failed.
/// </param>
/// <param name="Udp">The UDP forwards that are in the kernel.</param>
/// <param name="Called">Whether libvirt has called a hook of ours since boot, so that it knows of them.</param>
internal sealed record HostState(
    ImmutableArray<ActiveGuest> Guests, ImmutableArray<string> Networks, bool? Installed, ImmutableArray<UdpForward> Udp, bool Called = false)
{
    /// <summary>The state of a host about which nothing is known.</summary>
    public static HostState Unknown { get; } = new([], [], null, []);

    /// <summary>Whether nothing is active.</summary>
    [JsonIgnore]
    public bool IsIdle => Guests.IsEmpty && Networks.IsEmpty;

    /// <summary>Whether every part that a record has is there; JSON can leave out what C# cannot.</summary>
    [JsonIgnore]
    public bool IsWhole => !Udp.IsDefault && !Udp.Contains(null!) && !Guests.IsDefault && !Networks.IsDefault && !Networks.Contains(null!)
        && Guests.All(g => g is not null && !g.Interfaces.IsDefault && !g.Interfaces.Contains(null!));

    /// <summary>Whether the event says something new.</summary>
    public bool IsNews(HostEvent happened) => happened.Active
        || (happened.Driver == "network" ? Networks.Contains(happened.Name) : Guests.Any(g => g.Driver == happened.Driver && g.Name == happened.Name));

    /// <summary>The state after an event. The same event twice is the same as once.</summary>
    public HostState After(HostEvent happened)
    {
        if (happened.Driver == "network")
        {
            var others = Networks.Remove(happened.Name);
            return this with { Called = true, Networks = happened.Active ? others.Add(happened.Name) : others };
        }

        var guests = Guests.RemoveAll(g => g.Driver == happened.Driver && g.Name == happened.Name);
        return this with { Called = true, Guests = happened.Active ? guests.Add(new(happened.Driver, happened.Name, happened.Interfaces, happened.Isolated)) : guests };
    }
}

/// <summary>The record of what is active and the events that are not in it yet, as files in /run/hookaot.</summary>
internal static class StateFiles
{
    private const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>The record; null if there is none, or none that can be read, so that it has to be rebuilt.</summary>
    public static HostState? Read(HostPaths paths) => Read(paths.State, StateJson.Default.HostState) is { IsWhole: true } state ? state : null;

    /// <summary>Writes the record.</summary>
    public static void Write(HostPaths paths, HostState state) =>
        SmallFile.Replace(paths.State, JsonSerializer.SerializeToUtf8Bytes(state, StateJson.Default.HostState));

    /// <summary>
    /// Leaves an event for whoever converges next, which need not be us. The name sorts by time: events of one guest never overlap,
    /// libvirt waits for each.
    /// </summary>
    /// <returns>The file; it is gone once a converge has included the event.</returns>
    public static string Leave(HostPaths paths, HostEvent happened)
    {
        var name = $"{System.Diagnostics.Stopwatch.GetTimestamp():d20}-{Environment.ProcessId}";
        var file = Path.Combine(paths.Events, name);
        SmallFile.Replace(file, JsonSerializer.SerializeToUtf8Bytes(happened, StateJson.Default.HostEvent));
        return file;
    }

    /// <summary>The events that wait, oldest first. One that cannot be read is passed over, and goes away with the others.</summary>
    public static IReadOnlyList<(string File, HostEvent? Event)> Waiting(HostPaths paths)
    {
        var files = Directory.GetFiles(paths.Events);
        // What a hook that was killed while writing has left. A minute is far more than writing takes.
        foreach (var file in files.Where(IsTemporary))
            if (File.GetLastWriteTimeUtc(file) < DateTime.UtcNow.AddMinutes(-1)) File.Delete(file);
        return [.. files.Where(f => !IsTemporary(f)).Order(StringComparer.Ordinal)
            .Select(f => (f, Read(f, StateJson.Default.HostEvent) is { Interfaces.IsDefault: false } happened ? happened : null))];
    }

    private static bool IsTemporary(string file) => file.EndsWith(".tmp", StringComparison.Ordinal);

    private static T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        if (SmallFile.TryRead(path, MaxBytes) is not { } content) return null;
        try
        {
            return JsonSerializer.Deserialize(content, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(HostState))]
[JsonSerializable(typeof(HostEvent))]
internal sealed partial class StateJson : JsonSerializerContext;
