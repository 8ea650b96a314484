using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace HookAot.Host;

/// <summary>The record of what is active, a file in /run/hookaot.</summary>
internal static class HostRecord
{
    private const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>The record; null if there is none, or none that can be read, so that it has to be rebuilt.</summary>
    public static HostState? Read(HostPaths paths) =>
        ReadJson(paths.State, RecordJson.Default.HostState) is { IsWhole: true } state ? state : null;

    /// <summary>Writes the record.</summary>
    /// <returns>
    /// Why it cannot be written; null if it is. It is taken away then: one that is known to be old would be believed.
    /// </returns>
    public static string? Write(HostPaths paths, HostState state)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(state, RecordJson.Default.HostState);
        var problem = SmallFile.TryReplace(paths.State, json);
        if (problem is not null) Forget(paths);
        return problem;
    }

    /// <summary>Takes the record away, so that the next converge asks libvirt's files instead.</summary>
    public static void Forget(HostPaths paths) => _ = Libc.unlink(paths.State);

    /// <summary>Reads a file of ours; null if it is not there or not understood.</summary>
    internal static T? ReadJson<T>(string path, JsonTypeInfo<T> type) where T : class
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
internal sealed partial class RecordJson : JsonSerializerContext;
