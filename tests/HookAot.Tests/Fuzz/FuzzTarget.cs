using System.Text;

namespace HookAot.Tests.Fuzz;

/// <summary>A parser, and what has to hold whatever it is given.</summary>
/// <param name="name">Its name, for the command line and for its corpus.</param>
/// <param name="run">Throws where something does not hold.</param>
/// <param name="seeds">Makes the inputs to begin with, from the tests' own data.</param>
/// <param name="words">Words of the format, with blanks between.</param>
internal sealed class FuzzTarget(string name, Action<byte[]> run, Func<IEnumerable<byte[]>> seeds, string words)
{
    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Inputs to begin with.</summary>
    public IEnumerable<byte[]> Seeds => seeds();

    /// <summary>Words of the format, with blanks between.</summary>
    public string Vocabulary => words;

    /// <summary>Words of the format.</summary>
    public IReadOnlyList<byte[]> Words { get; } = [.. words.Split(' ').Select(Encoding.UTF8.GetBytes)];

    /// <summary>Runs it once.</summary>
    public void Run(byte[] input) => run(input);
}
