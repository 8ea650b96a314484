namespace HookAot.Backends;

/// <summary>A run of items of a list that is replaced.</summary>
/// <param name="At">Where it begins in the old list, from 0.</param>
/// <param name="Removed">How many items of the old list are taken out there.</param>
/// <param name="From">Where what is put in begins in the new list.</param>
/// <param name="Added">How many items are put in.</param>
internal sealed record SequenceEdit(int At, int Removed, int From, int Added);

/// <summary>How one list becomes another, with as much as possible left where it is.</summary>
internal static class SequenceEdits
{
    /// <summary>
    /// The edits, the last one first: what stands before an edit is then still where it was in the old list.
    /// </summary>
    public static IEnumerable<SequenceEdit> Between(ulong[] old, ulong[] now)
    {
        var (oldEnd, nowEnd) = (old.Length, now.Length);
        var kept = LongestRun(old, now);
        while (oldEnd > 0 || nowEnd > 0)
        {
            var (at, from) = kept is null ? (0, 0) : (kept.Old + 1, kept.Now + 1);
            if (at < oldEnd || from < nowEnd) yield return new(at, oldEnd - at, from, nowEnd - from);
            (oldEnd, nowEnd) = (at - 1, from - 1);
            kept = kept?.Before;
        }
    }

    /// <summary>An item that is in both lists, with its places and the one before it that is as well.</summary>
    private sealed record Kept(int Old, int Now, Kept? Before);

    /// <summary>
    /// The last item of the longest run that may stay. Each item of the new list has a place in the old one, or none;
    /// the run is the longest in which these places rise (patience sorting). Of equal items the second one is another
    /// item than the first.
    /// </summary>
    private static Kept? LongestRun(ulong[] old, ulong[] now)
    {
        // What both begin with stays; mostly that is nearly all.
        var first = old.AsSpan().CommonPrefixLength(now);
        Kept? prefix = null;
        for (var i = 0; i < first; i++) prefix = new(i, i, prefix);

        var places = new PlacesOf(old, first);
        var ends = new List<Kept>(); // by length of the run, the one that ends earliest in the old list
        for (var i = first; i < now.Length; i++)
        {
            if (places.Take(now[i]) is not { } place) continue;
            var length = RunsThatEndBefore(place, ends);
            var kept = new Kept(place, i, length == 0 ? prefix : ends[length - 1]);
            if (length == ends.Count) ends.Add(kept);
            else ends[length] = kept;
        }

        return ends.Count == 0 ? prefix : ends[^1];
    }

    private static int RunsThatEndBefore(int place, List<Kept> ends)
    {
        var (low, high) = (0, ends.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ends[middle].Old < place) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    /// <summary>The places of each item in a list, of which each is taken once.</summary>
    private sealed class PlacesOf
    {
        private const int None = -1;

        private readonly Dictionary<ulong, int> next;
        private readonly int[] later; // the next place of the same item

        public PlacesOf(ulong[] list, int from)
        {
            next = new(list.Length - from);
            later = new int[list.Length];
            for (var i = list.Length - 1; i >= from; i--)
            {
                later[i] = next.GetValueOrDefault(list[i], None);
                next[list[i]] = i;
            }
        }

        public int? Take(ulong item)
        {
            if (!next.TryGetValue(item, out var place) || place == None) return null;
            next[item] = later[place];
            return place;
        }
    }
}
