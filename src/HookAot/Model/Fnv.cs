namespace HookAot.Model;

/// <summary>
/// A hash that is the same in every process and version: FNV-1a, 64 bits (draft-eastlake-fnv). Not against an attacker.
/// </summary>
internal struct Fnv
{
    private const ulong Basis = 14695981039346656037, Prime = 1099511628211;

    /// <summary>Of nothing so far.</summary>
    public Fnv()
    {
    }

    /// <summary>The hash.</summary>
    public ulong Value { get; private set; } = Basis;

    /// <summary>Adds a text, with an end, so that "a", "b" is another thing than "ab".</summary>
    public void Add(string text)
    {
        AddCharacters(text);
        One(0x1_0000);
    }

    /// <summary>Adds the characters of a text.</summary>
    public void AddCharacters(string text)
    {
        foreach (var character in text) One(character);
    }

    /// <summary>Adds a number.</summary>
    public void Add(ulong number)
    {
        One(number & 0xffff_ffff);
        One(number >> 32);
    }

    /// <summary>Adds bytes, with an end.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes) One(value);
        One(0x1_0000);
    }

    private void One(ulong part) => Value = unchecked((Value ^ part) * Prime);
}
