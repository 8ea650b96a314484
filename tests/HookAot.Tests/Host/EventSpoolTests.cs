using HookAot.Host;

namespace HookAot.Tests.Host;

/// <summary>The events that wait for a converge.</summary>
public sealed class EventSpoolTests
{
    [Test]
    public async Task An_event_that_its_own_hook_cannot_read_back_is_known_to_it()
    {
        var run = Directory.CreateTempSubdirectory("hookaot-spool-").FullName;
        try
        {
            var paths = HostPaths.FromEnvironment() with { Run = run };
            Directory.CreateDirectory(paths.Events);
            var told = new HostEvent("qemu", "web", true, []);
            var file = EventSpool.Leave(paths, told, out _)!;
            await File.WriteAllTextAsync(file, "no event");
            await File.WriteAllTextAsync(file + "9", "no event either");

            var waiting = EventSpool.Waiting(paths, new(file, told), out _);

            await Assert.That(waiting.Select(w => w.Event)).IsEquivalentTo([told, null]);
            await Assert.That(EventSpool.Waiting(paths, own: null, out _)[0].Event).IsNull();
        }
        finally
        {
            Directory.Delete(run, recursive: true);
        }
    }
}
