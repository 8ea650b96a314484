using System.Text.Json;
using System.Text.Json.Serialization;

namespace HookAot.Host;

/// <summary>The record of what is active, a file in /run/hookaot.</summary>
internal static class HostRecord
{
    /// <summary>More than that is no file of ours, in bytes.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>The record; null if there is none, or none that can be read, so that it has to be rebuilt.</summary>
    public static HostState? Read(HostPaths paths) =>
        SmallFile.TryRead(paths.State, MaxBytes) is { } content ? RecordReader.State(content) : null;

    /// <summary>Writes the record.</summary>
    /// <returns>
    /// Why it cannot be written; null if it is. It is taken away then: one that is known to be old would be believed.
    /// </returns>
    public static string? Write(HostPaths paths, HostState state)
    {
        var json = RecordJson.Bytes(state);
        var problem = SmallFile.TryReplace(paths.State, json);
        if (problem is not null) Forget(paths);
        return problem;
    }

    /// <summary>Takes the record away, so that the next converge asks libvirt's files instead.</summary>
    public static void Forget(HostPaths paths) => _ = Libc.unlink(paths.State);
}

/// <summary>Writes the record and the events; <see cref="RecordReader"/> reads them.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(HostState))]
[JsonSerializable(typeof(HostEvent))]
internal sealed partial class RecordJson : JsonSerializerContext
{
    // As in HookctrlJson: the generated code itself, without the metadata that JsonSerializer would want.
    private static readonly RecordJson Generated = new();

    /// <summary>The record as it is written.</summary>
    public static byte[] Bytes(HostState state) => Bytes(to => Generated.HostStateSerializeHandler(to, state));

    /// <summary>An event as it is written.</summary>
    public static byte[] Bytes(HostEvent told) => Bytes(to => Generated.HostEventSerializeHandler(to, told));

    private static byte[] Bytes(Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory)) write(writer);
        return memory.ToArray();
    }
}
