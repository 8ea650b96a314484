namespace HookAot.Tests;

/// <summary>A line of code has 120 characters at the most, also in tests and scripts.</summary>
public sealed class LineLengthTests
{
    private const int Columns = 120;

    private static readonly string[] Kinds = [".cs", ".sh", ".c"];

    private static readonly string[] Made = ["obj", "bin", "artifacts"];

    [Test]
    public async Task No_line_is_longer_than_120_columns()
    {
        string[] folders = [Repository.File("src"), Repository.File("tests"), Repository.File("scripts")];
        string[] files = [Repository.File("install.sh"), .. folders.SelectMany(Files)];
        var tooLong = new List<string>();
        foreach (var file in files)
        {
            var lines = await File.ReadAllLinesAsync(file);
            for (var i = 0; i < lines.Length; i++)
            {
                if (lines[i].Length <= Columns) continue;

                tooLong.Add($"{Path.GetRelativePath(Repository.Root, file)}:{i + 1}: {lines[i].Length} columns");
            }
        }

        var because = $"{tooLong.Count} lines have more than {Columns} columns:\n{string.Join('\n', tooLong)}\n";
        await Assert.That(tooLong.Count).IsEqualTo(0).Because(because);
    }

    // Not what the build makes.
    private static IEnumerable<string> Files(string folder)
    {
        var files = Directory.EnumerateFiles(folder).Where(file => Kinds.Contains(Path.GetExtension(file)));
        var folders = Directory.EnumerateDirectories(folder).Where(child => !Made.Contains(Path.GetFileName(child)));
        return [.. files, .. folders.SelectMany(Files)];
    }
}
