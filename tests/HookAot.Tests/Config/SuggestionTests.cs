using HookAot.Config;

namespace HookAot.Tests.Config;

public class SuggestionTests
{
    [Test]
    [Arguments("wbe", "; did you mean \"web\"?")]
    [Arguments("WEB2", "")]
    [Arguments("x", "")] // one letter is like every other one
    [Arguments("data", "; did you mean \"data\\u001b\"?")]
    [Arguments("", "")]
    public async Task The_nearest_word_is_suggested_and_shown_as_a_terminal_can_bear_it(string word, string phrase) =>
        await Assert.That(Suggestion.Phrase(word, ["mail", "web", "data\u001b", "webs"])).IsEqualTo(phrase);

    [Test]
    [Arguments(256, true)]
    [Arguments(257, false)]
    public async Task A_word_that_is_longer_than_any_name_is_compared_with_none(int length, bool isCompared)
    {
        var near = Suggestion.For(new string('a', length), [new string('a', length - 1)]);
        await Assert.That(near is not null).IsEqualTo(isCompared);
    }
}
