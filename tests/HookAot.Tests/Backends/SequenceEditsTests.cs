using CsCheck;
using HookAot.Backends;

namespace HookAot.Tests.Backends;

/// <summary>How one list becomes another.</summary>
public sealed class SequenceEditsTests
{
    private static readonly Gen<ulong[]> Lists = Gen.ULong[1, 12].Array[0, 14];

    [Test]
    [Arguments("", "", "")]
    [Arguments("1 2 3", "1 2 3", "")]
    [Arguments("1 2 3", "1 2 3 4", "3-0+1")]
    [Arguments("1 2 3", "9 1 2 3", "0-0+1")]
    [Arguments("1 2 3", "1 3", "1-1+0")]
    [Arguments("1 2 3", "", "0-3+0")]
    [Arguments("", "1 2", "0-0+2")]
    [Arguments("1 2 3 4", "1 9 4", "1-2+1")]
    [Arguments("1 2 3 4 5", "1 8 2 3 9 5", "3-1+1, 1-0+1")]
    [Arguments("1 1 2", "1 2", "1-1+0")]
    [Arguments("1 2", "1 1 2", "1-0+1")]
    public async Task As_much_as_possible_stays_where_it_is(string old, string now, string edits)
    {
        var seen = SequenceEdits.Between(Items(old), Items(now)).Select(e => $"{e.At}-{e.Removed}+{e.Added}");
        await Assert.That(string.Join(", ", seen)).IsEqualTo(edits);
    }

    [Test]
    public void Applied_from_the_back_they_make_the_new_list() => Gen.Select(Lists, Lists).Sample((old, now) =>
    {
        var list = old.ToList();
        foreach (var edit in SequenceEdits.Between(old, now))
        {
            list.RemoveRange(edit.At, edit.Removed);
            list.InsertRange(edit.At, now.AsSpan(edit.From, edit.Added).ToArray());
        }

        return list.SequenceEqual(now);
    });

    [Test]
    public void What_is_left_out_of_a_list_or_put_into_it_is_all_that_changes() =>
        Gen.Select(Lists, Gen.Int[0, 1].Array[14]).Sample((all, keeps) =>
        {
            var distinct = all.Distinct().ToArray();
            var some = distinct.Where((_, i) => keeps[i] == 1).ToArray();
            return SequenceEdits.Between(distinct, some).Sum(e => e.Added) == 0
                && SequenceEdits.Between(some, distinct).Sum(e => e.Removed) == 0;
        });

    private static ulong[] Items(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ulong.Parse)];
}
