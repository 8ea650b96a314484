using System.Globalization;

namespace HookAot.Model;

/// <summary>An inclusive range of ports, 1 to 65535; a single port is a range of one.</summary>
/// <param name="First">The lowest port.</param>
/// <param name="Last">The highest port, not below <paramref name="First"/>.</param>
internal readonly record struct PortRange(ushort First, ushort Last)
{
    /// <summary>How many ports the range covers, at least 1.</summary>
    public int Count => Last - First + 1;

    /// <summary>Whether both ranges have a port in common.</summary>
    public bool Overlaps(PortRange other) => First <= other.Last && other.First <= Last;

    /// <summary>Reads "80" or "8000-8010": decimal digits only, no sign, no white space.</summary>
    /// <returns>
    /// false if the text is anything else, a port is outside 1 to 65535, or the range runs backwards.
    /// </returns>
    public static bool TryParse(ReadOnlySpan<char> text, out PortRange range)
    {
        var dash = text.IndexOf('-');
        var first = dash < 0 ? text : text[..dash];
        var last = dash < 0 ? text : text[(dash + 1)..];
        range = default;
        if (!TryParsePort(first, out var low) || !TryParsePort(last, out var high) || high < low) return false;
        range = new PortRange(low, high);
        return true;
    }

    /// <summary>What is expected in the place of a text that is no port and no range, for a message.</summary>
    /// <param name="text">A text that <see cref="TryParse"/> refuses.</param>
    public static string Expected(string text)
    {
        const string usual = "a port from 1 to 65535, or a range 8000-8010";
        var ends = text.Split('-');
        if (ends is [var first, var last] && TryParse(first, out var low) && TryParse(last, out var high))
            return $"the lower port first, {high}-{low}";

        foreach (var end in ends)
        {
            var isNumber = end.Length > 0 && end.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
            if (isNumber && !TryParse(end, out _)) return "ports from 1 to 65535";
        }

        return usual;
    }

    // .NET reads "80\0" as 80.
    private static bool TryParsePort(ReadOnlySpan<char> text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && port > 0
        && char.IsAsciiDigit(text[^1]);

    /// <summary>"80" or "8000-8010", which <see cref="TryParse"/> reads back.</summary>
    public override string ToString() => Join('-');

    /// <summary>The range with another separator; iptables' --dport wants a colon.</summary>
    public string Join(char separator) => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}{separator}{Last}");
}
