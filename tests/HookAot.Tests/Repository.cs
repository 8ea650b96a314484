namespace HookAot.Tests;

/// <summary>Files of the repository.</summary>
internal static class Repository
{
    /// <summary>Its top.</summary>
    public static string Root { get; } = Find();

    /// <summary>The path of a file in it.</summary>
    public static string File(params string[] path) => Path.Combine([Root, .. path]);

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (System.IO.File.Exists(Path.Combine(folder, "HookAot.sln"))) return folder;
        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} has HookAot.sln");
    }
}
