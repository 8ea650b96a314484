namespace HookAot.Tests.Fuzz;

/// <summary>What long searches by scripts/fuzz.sh have kept, and the tests' own data, once more.</summary>
public sealed class CorpusTests
{
    public static IEnumerable<string> Names() => FuzzTargets.All.Select(t => t.Name);

    [Test]
    [MethodDataSource(nameof(Names))]
    public async Task What_a_search_has_kept_is_read_without_harm(string name)
    {
        var target = FuzzTargets.Named(name);
        var inputs = target.Seeds.Concat(Corpus.Read(name)).ToList();
        await Assert.That(inputs).IsNotEmpty();
        foreach (var input in inputs) target.Run(input);
    }

    [Test]
    public async Task A_mistake_that_is_there_on_purpose_is_noticed()
    {
        const string Sctp = """
            { "machines": { "web": { "port_map": [
                { "public": 80, "protocol": "sctp"}
            ] } } }
            """;
        var planted = FuzzTargets.Named(PlantedTarget.Name);
        await Assert.That(() => planted.Run(System.Text.Encoding.UTF8.GetBytes(Sctp)))
            .Throws<BrokenPromiseException>();
        foreach (var input in planted.Seeds) planted.Run(input);
    }
}
