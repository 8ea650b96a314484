namespace HookAot.Tests.Fuzz;

/// <summary>
/// The inputs that together reach all that a long search has reached, a file for each target with an input a line, in
/// base64: most are broken text, which no editor and no diff should touch.
/// </summary>
internal static class Corpus
{
    private static readonly string Folder = Repository.File("tests", "HookAot.Tests", "Fuzz", "corpus");

    /// <summary>The inputs of a target; none where there is no file yet.</summary>
    public static IEnumerable<byte[]> Read(string target) =>
        File.Exists(Path(target)) ? File.ReadLines(Path(target)).Select(Convert.FromBase64String) : [];

    /// <summary>Writes them.</summary>
    public static void Write(string target, IEnumerable<byte[]> inputs) =>
        File.WriteAllText(Path(target), string.Concat(inputs.Select(i => Convert.ToBase64String(i) + "\n")));

    private static string Path(string target) => System.IO.Path.Combine(Folder, target + ".txt");
}
