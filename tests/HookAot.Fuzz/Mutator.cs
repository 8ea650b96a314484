using System.Text;
using HookAot.Tests;

namespace HookAot.Fuzz;

/// <summary>Makes an input that resembles others: a few random changes, of the kinds that AFL calls havoc.</summary>
/// <param name="dice">What is random.</param>
/// <param name="words">Words of the format.</param>
internal sealed class Mutator(Dice dice, IReadOnlyList<byte[]> words)
{
    private const int MostBytes = 4096, MostBytesRepeated = 100_000;

    private static readonly byte[] Interesting =
        [0, 1, 2, 4, 7, 8, 9, 10, 13, 16, 20, 27, 31, 32, 34, 35, 39, 44, 45, 46, 47, 48, 57, 58, 64, 91, 92, 93,
            123, 125, 127, 128, 192, 194, 224, 237, 239, 240, 254, 255];

    private static readonly string[] Numbers =
        ["0", "1", "-1", "65535", "65536", "4294967296", "2147483648", "9223372036854775807",
            "9223372036854775808", "18446744073709551616", "1e99", "00", "0x7f", "255", "256", "128", "129", "33"];

    /// <summary>A new input.</summary>
    /// <param name="parent">What it resembles.</param>
    /// <param name="other">What it may take pieces of.</param>
    public byte[] Mutate(byte[] parent, byte[] other)
    {
        var bytes = new List<byte>(parent);
        // Mostly few: many changes at once leave a text that is refused at its first bracket.
        var changes = 1 << dice.Next(1 + dice.Next(5));
        for (var i = 0; i < changes; i++) Change(bytes, other);
        if (bytes.Count > MostBytes) bytes.RemoveRange(MostBytes, bytes.Count - MostBytes);
        if (dice.Next(4) == 0) Close(bytes);
        if (dice.Next(5000) == 0) Repeat(bytes);
        return [.. bytes];
    }

    /// <summary>Closes the brackets that are open: what has no end is no JSON, and says nothing more.</summary>
    private static void Close(List<byte> bytes)
    {
        var open = new Stack<byte>();
        var isQuoted = false;
        for (var i = 0; i < bytes.Count; i++)
        {
            var b = bytes[i];
            if (isQuoted && b == (byte)'\\') i++;
            else if (b == (byte)'"') isQuoted = !isQuoted;
            else if (!isQuoted && b is (byte)'{' or (byte)'[') open.Push((byte)(b + 2));
            else if (!isQuoted && b is (byte)'}' or (byte)']' && open.Count > 0 && open.Peek() == b) _ = open.Pop();
        }

        if (isQuoted) bytes.Add((byte)'"');
        bytes.AddRange(open);
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        var at = dice.Next(bytes.Count + 1);
        var isEnd = at == bytes.Count;
        switch (dice.Next(17))
        {
            case 0 when !isEnd:
                bytes[at] ^= (byte)(1 << dice.Next(8));
                break;
            case 1 when !isEnd:
                bytes[at] = Interesting[dice.Next(Interesting.Length)];
                break;
            case 2 when !isEnd:
                bytes[at] = (byte)(bytes[at] + dice.Next(33) - 16);
                break;
            case 3:
                bytes.Insert(at, Interesting[dice.Next(Interesting.Length)]);
                break;
            case 4 or 5:
                bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + dice.Next(1 << dice.Next(7))));
                break;
            case 6 or 7:
                var own = Piece(bytes);
                bytes.InsertRange(at, own);
                break;
            case 8:
                bytes.InsertRange(at, Piece([.. other]));
                break;
            case 9:
                // The beginning of one, the end of the other.
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other.AsSpan(dice.Next(other.Length + 1)).ToArray());
                break;
            case 10:
                Replace(bytes, at, Encoding.ASCII.GetBytes(Numbers[dice.Next(Numbers.Length)]), dice.Next(4));
                break;
            case 11 when !isEnd:
                SwapWords(bytes, at);
                break;
            case 12 or 13:
                InsertBehindBracket(bytes, at);
                break;
            default:
                if (words.Count > 0) Replace(bytes, at, words[dice.Next(words.Count)], dice.Next(3) == 0 ? 1 : 0);
                break;
        }
    }

    /// <summary>Puts a word of the format in the place of the one that stands there.</summary>
    private void SwapWords(List<byte> bytes, int at)
    {
        if (words.Count == 0) return;
        var (start, end) = (at, at);
        while (start > 0 && IsOfWord(bytes[start - 1])) start--;
        while (end < bytes.Count && IsOfWord(bytes[end])) end++;
        // The quotes are there already.
        var word = words[dice.Next(words.Count)].AsSpan().Trim((byte)'"').ToArray();
        Replace(bytes, start, word, end - start);
    }

    /// <summary>Puts a member into an object, or an item into a list: a comma too many is allowed.</summary>
    private void InsertBehindBracket(List<byte> bytes, int at)
    {
        while (at < bytes.Count && bytes[at] is not ((byte)'{' or (byte)'[')) at++;
        if (at == bytes.Count || words.Count == 0) return;
        byte[] value = [.. words[dice.Next(words.Count)], (byte)',', (byte)' '];
        if (bytes[at] == (byte)'{') value = [.. words[dice.Next(words.Count)], (byte)':', (byte)' ', .. value];
        bytes.InsertRange(at + 1, value);
    }

    private static bool IsOfWord(byte b) =>
        char.IsAsciiLetterOrDigit((char)b) || b is (byte)'_' or (byte)'-' or (byte)'.';

    private byte[] Piece(List<byte> bytes)
    {
        if (bytes.Count == 0) return [];
        var start = dice.Next(bytes.Count);
        return [.. bytes.GetRange(start, Math.Min(bytes.Count - start, 1 + dice.Next(1 << dice.Next(9))))];
    }

    private static void Replace(List<byte> bytes, int at, byte[] word, int length)
    {
        bytes.RemoveRange(at, Math.Min(bytes.Count - at, length));
        bytes.InsertRange(at, word);
    }

    /// <summary>A piece very often: what takes time in the square of its length is slow then.</summary>
    private void Repeat(List<byte> bytes)
    {
        var piece = Piece(bytes);
        if (piece.Length == 0) return;
        var at = dice.Next(bytes.Count + 1);
        var many = new List<byte>();
        while (many.Count < MostBytesRepeated) many.AddRange(piece);
        bytes.InsertRange(at, many);
    }
}
